"""LangSmith: `langsmith.span.kind`, `langsmith.metadata.*`; inputs and outputs whole in `gen_ai.prompt`, `.completion`."""

from __future__ import annotations

from typing import Any, Final

from runbook_tui.intake.draft import Draft, as_float, as_int
from runbook_tui.intake.exchange import (
    answer_facts,
    answered,
    asked,
    call_arguments,
    offered_tools,
    opened,
)
from runbook_tui.intake.raw import RawSpan
from runbook_tui.intake.tool_results import ToolMessage, result_text, tool_message
from runbook_tui.trace.jsontext import as_text
from runbook_tui.trace.words import Kind

__all__ = ["read"]

_KINDS: Final[dict[str, Kind]] = {
    "llm": "llm",
    "tool": "tool",
    "retriever": "retrieval",
    "embedding": "retrieval",
}
_METADATA: Final = "langsmith.metadata."
_SESSION: Final = tuple(_METADATA + name for name in ("session_id", "conversation_id", "thread_id"))


def read(raw: RawSpan, draft: Draft) -> bool:
    """Offer what the LangSmith attributes say; True when the span names its kind."""
    kind = as_text(raw.attributes.get("langsmith.span.kind"))
    if kind is None:
        return False
    given, got = raw.attributes.get("gen_ai.prompt"), raw.attributes.get("gen_ai.completion")
    draft.offer(
        kind=_KINDS.get(kind.lower()) or _wrapper(raw),
        session_id=as_text(raw.first(*_SESSION)),
        agent=as_text(raw.attributes.get(_METADATA + "lc_agent_name")),
    )
    if draft.kind == "llm":
        usage, response_id, model, finish = answer_facts(got)
        draft.offer(
            model=model,
            provider=as_text(raw.attributes.get(_METADATA + "ls_provider")),
            response_id=response_id,
            finish_reason=finish,
            input_tokens=_count(raw, "input", usage[0]),
            output_tokens=_count(raw, "output", usage[1]),
            cost_usd=as_float(raw.attributes.get("langsmith.total_cost")),
            input_messages=asked(given),
            output_messages=answered(got),
            tool_definitions=offered_tools(given),
        )
    elif draft.kind in ("tool", "retrieval"):
        answer = _answer(opened(got))
        draft.offer(
            tool_name=as_text(raw.attributes.get("gen_ai.tool.name")) or raw.name,
            call_id=as_text(raw.attributes.get("gen_ai.tool.call.id")) or answer.call_id,
            arguments=call_arguments(given),
            result=answer.content,
            tool_status=answer.status,
        )
    return True


def _wrapper(raw: RawSpan) -> Kind:
    """A chain is an agent where the run it is in bears its name; every other chain is a wrapper."""
    return "agent" if raw.name and raw.name == raw.attributes.get(_METADATA + "lc_agent_name") else "other"


def _count(raw: RawSpan, side: str, answered_with: int | None) -> int | None:
    recorded = as_int(raw.attributes.get(f"gen_ai.usage.{side}_tokens"))
    return recorded if recorded is not None else answered_with


def _answer(got: Any) -> ToolMessage:
    """What a tool answered, out of what a bare return value was wrapped in: `output`, in JavaScript `outputs`."""
    for name in ("output", "outputs"):
        if isinstance(got, dict) and set(got) == {name}:
            got = opened(got[name]) if isinstance(got[name], dict | list) else got[name]
    if isinstance(got, dict) and set(got) == {"documents"}:
        got = got["documents"]
    message = tool_message(got)
    if message is not None:
        return message
    return ToolMessage(result_text(got) if isinstance(got, dict | list) else as_text(got), None)
