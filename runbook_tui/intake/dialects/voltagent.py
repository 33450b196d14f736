"""VoltAgent: `entity.*`, `span.type`, `llm.*`, and a tool's `input` and `output`.

One span stands for all the model calls of a run; its usage is that of the last, so only the run's own tells the whole.
"""

from __future__ import annotations

from typing import Final

from runbook_tui.intake.draft import Draft, as_int
from runbook_tui.intake.exchange import asked
from runbook_tui.intake.raw import RawSpan
from runbook_tui.intake.tool_results import result_text
from runbook_tui.trace.jsontext import as_text
from runbook_tui.trace.words import Kind

__all__ = ["MARKS", "read"]

MARKS: Final = ("entity.type",)
_KINDS: Final[dict[str, Kind]] = {"tool": "tool", "llm": "llm", "retriever": "retrieval", "agent": "agent"}


def read(raw: RawSpan, draft: Draft) -> bool:
    """Offer what the span's type says; True when it is one of VoltAgent's."""
    entity = as_text(raw.attributes.get("entity.type"))
    if entity is None or "operation.id" not in raw.attributes:
        return False
    kind = _KINDS.get(as_text(raw.attributes.get("span.type")) or entity, "other")
    draft.offer(
        kind=kind,
        agent=as_text(raw.attributes.get("entity.name")) if entity == "agent" else None,
        session_id=as_text(raw.first("conversation.id", "conversationId")),
    )
    if kind == "llm":
        draft.offer(
            model=as_text(raw.attributes.get("llm.model")),
            finish_reason=as_text(raw.attributes.get("llm.finish_reason")),
            input_tokens=as_int(raw.attributes.get("llm.usage.prompt_tokens")),
            output_tokens=as_int(raw.attributes.get("llm.usage.completion_tokens")),
            input_messages=asked(raw.attributes.get("llm.messages")),
        )
    elif kind in ("tool", "retrieval"):
        draft.offer(
            tool_name=as_text(raw.attributes.get("tool.name")),
            call_id=as_text(raw.attributes.get("tool.call.id")),
            arguments=as_text(raw.attributes.get("input")),
            result=result_text(raw.attributes.get("output")),
        )
    return True
