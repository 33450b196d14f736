"""Langfuse: `langfuse.observation.*` and `langfuse.trace.*`, as its SDK exports them over OTLP."""

from __future__ import annotations

from typing import Any, Final

from runbook_tui.intake.draft import Draft, as_float
from runbook_tui.intake.exchange import (
    answer_facts,
    answered,
    asked,
    call_arguments,
    offered_tools,
    only_reason,
    opened,
    usage_in,
)
from runbook_tui.intake.raw import RawSpan
from runbook_tui.intake.tool_results import result_text, tool_message
from runbook_tui.trace.jsontext import as_text
from runbook_tui.trace.words import Kind

__all__ = ["read"]

_PREFIX: Final = "langfuse.observation."
_KINDS: Final[dict[str, Kind]] = {
    "generation": "llm",
    "agent": "agent",
    "tool": "tool",
    "retriever": "retrieval",
    "embedding": "retrieval",
    "guardrail": "guardrail",
}


def read(raw: RawSpan, draft: Draft) -> bool:
    """Offer what the Langfuse attributes say; True when the span is an observation."""
    kind = as_text(raw.attributes.get(_PREFIX + "type"))
    if kind is None:
        return False
    if str(raw.attributes.get(_PREFIX + "level")).upper() == "ERROR" and raw.status != "error":
        raw.status = "error"
        raw.status_message = raw.status_message or as_text(raw.attributes.get(_PREFIX + "status_message"))
    draft.offer(
        kind=_KINDS.get(kind.lower(), "other"),
        agent=raw.name if kind.lower() == "agent" else None,
        session_id=as_text(raw.first("langfuse.session.id", "session.id")),
    )
    given, got = (raw.attributes.get(_PREFIX + side) for side in ("input", "output"))
    if draft.kind == "llm":
        _read_generation(raw, draft, given, got)
    elif draft.kind == "other":
        draft.offer(finish_reason=only_reason(got))
    elif draft.kind in ("tool", "retrieval"):
        message = tool_message(opened(got))
        draft.offer(
            tool_name=raw.name,
            call_id=message.call_id if message else None,
            arguments=call_arguments(given),
            result=message.content if message else result_text(opened(got)) if _wraps(got) else as_text(got),
            tool_status=message.status if message else None,
        )
    return True


def _wraps(value: Any) -> bool:
    return isinstance(opened(value), dict | list)


def _read_generation(raw: RawSpan, draft: Draft, given: Any, got: Any) -> None:
    recorded = usage_in(raw.attributes.get(_PREFIX + "usage_details"))
    usage, response_id, model, finish = answer_facts(got)
    spent = opened(raw.attributes.get(_PREFIX + "cost_details"))
    draft.offer(
        model=as_text(raw.attributes.get(_PREFIX + "model.name")) or model,
        response_id=response_id,
        finish_reason=finish,
        input_tokens=recorded[0] if recorded[0] is not None else usage[0],
        output_tokens=recorded[1] if recorded[1] is not None else usage[1],
        cost_usd=as_float(spent.get("total")) if isinstance(spent, dict) else None,
        input_messages=asked(given),
        output_messages=answered(got),
        tool_definitions=offered_tools(given),
    )
