"""Genkit: `genkit:type`, `genkit:metadata:subtype`, and whole requests and answers as JSON.

A flow is the run of an agent. What Genkit puts around its models and tools, the `generate` utility, repeats them.
"""

from __future__ import annotations

from typing import Any, Final

from runbook_tui.intake.draft import Draft
from runbook_tui.intake.exchange import asked, offered_tools, opened, usage_in
from runbook_tui.intake.messages import read_message
from runbook_tui.intake.raw import RawSpan
from runbook_tui.intake.tool_results import result_text
from runbook_tui.trace.jsontext import as_text
from runbook_tui.trace.words import Kind

__all__ = ["read"]

_KINDS: Final[dict[str, Kind]] = {
    "model": "llm",
    "tool": "tool",
    "tool.v2": "tool",
    "flow": "agent",
    "prompt": "other",
    "executable-prompt": "agent",
    "retriever": "retrieval",
    "embedder": "retrieval",
    "reranker": "retrieval",
}


def read(raw: RawSpan, draft: Draft) -> bool:
    """Offer what an action recorded; True when the span is Genkit's."""
    if "genkit:type" not in raw.attributes:
        return False
    kind = _KINDS.get(as_text(raw.attributes.get("genkit:metadata:subtype")) or "", "other")
    name = as_text(raw.attributes.get("genkit:name"))
    given, got = raw.attributes.get("genkit:input"), raw.attributes.get("genkit:output")
    draft.offer(kind=kind, session_id=as_text(raw.attributes.get("genkit:sessionId")))
    if kind == "llm":
        answer = _mapping(got)
        tokens = usage_in(answer.get("usage"))
        message = answer.get("message")
        draft.offer(
            model=(name or "").rpartition("/")[2] or None,
            provider=(name or "").rpartition("/")[0] or None,
            finish_reason=as_text(answer.get("finishReason")),
            input_tokens=tokens[0],
            output_tokens=tokens[1],
            input_messages=asked(given),
            output_messages=(read_message(message, "assistant"),) if isinstance(message, dict) else (),
            tool_definitions=offered_tools(given),
        )
    elif kind == "agent":
        draft.offer(agent=name)
    else:
        draft.offer(tool_name=name, arguments=as_text(given), result=result_text(got))
    return True


def _mapping(value: Any) -> dict[str, Any]:
    value = opened(value)
    return value if isinstance(value, dict) else {}
