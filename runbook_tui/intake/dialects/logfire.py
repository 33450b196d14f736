"""Logfire's own integrations of model clients: `request_data` and `response_data`, whole."""

from __future__ import annotations

from runbook_tui.intake.draft import Draft
from runbook_tui.intake.exchange import answer_facts, answered, asked, offered_tools, opened
from runbook_tui.intake.raw import RawSpan
from runbook_tui.trace.jsontext import as_text

__all__ = ["read"]


def read(raw: RawSpan, draft: Draft) -> bool:
    """Offer what a recorded request and answer say; True when there is a request to a model."""
    request = opened(raw.attributes.get("request_data"))
    if not isinstance(request, dict) or "model" not in request:
        return False
    response = opened(raw.attributes.get("response_data"))
    usage, response_id, model, finish = answer_facts(response)
    message = response.get("message", response) if isinstance(response, dict) else response
    draft.offer(
        kind="llm",
        model=model or as_text(request["model"]),
        response_id=response_id,
        finish_reason=finish,
        input_tokens=usage[0],
        output_tokens=usage[1],
        input_messages=asked(request),
        output_messages=answered(message) if message else (),
        tool_definitions=offered_tools(request),
    )
    return True
