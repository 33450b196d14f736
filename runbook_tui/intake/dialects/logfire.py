"""Logfire's own integrations: `request_data` and `response_data` of model clients, whole; OpenAI's agents by field.

What it records of OpenAI's agents are the fields of their SDK's own spans, under their own names.
"""

from __future__ import annotations

from typing import Any, Final

from runbook_tui.intake.draft import Draft
from runbook_tui.intake.exchange import answer_facts, answered, asked, offered_tools, opened
from runbook_tui.intake.messages import read_messages
from runbook_tui.intake.raw import RawSpan
from runbook_tui.trace.jsontext import as_text

__all__ = ["MARKS", "read"]

MARKS: Final = ("request_data", "logfire.msg_template")
_AGENTS: Final = "logfire.openai_agents"
_NAME: Final = 400
"""Characters of a message that are taken for a name."""
_ASKED: Final = ("messages", "input", "prompt", "contents")


def read(raw: RawSpan, draft: Draft) -> bool:
    """Offer what a recorded request and answer say, or a span of OpenAI's agents; True when it is one of them."""
    _fill_name(raw)
    if raw.scope == _AGENTS:
        return _read_agents(raw, draft)
    request = opened(raw.attributes.get("request_data"))
    if not isinstance(request, dict) or "model" not in request:
        return False
    response = opened(raw.attributes.get("response_data"))
    usage, response_id, model, finish = answer_facts(response)
    message = response.get("message", response) if isinstance(response, dict) else response
    draft.offer(
        kind="llm",
        model=model or as_text(raw.attributes.get("gen_ai.response.model")) or as_text(request["model"]),
        response_id=response_id,
        finish_reason=finish,
        input_tokens=usage[0],
        output_tokens=usage[1],
        input_messages=asked(request) if any(name in request for name in _ASKED) else (),
        output_messages=answered(message) if message else (),
        tool_definitions=offered_tools(request),
    )
    return True


def _fill_name(raw: RawSpan) -> None:
    """Logfire names a span by its template, `Guardrail {name!r}`; what that says of this span is its message."""
    template, message = raw.attributes.get("logfire.msg_template"), raw.attributes.get("logfire.msg")
    if raw.name == template and "{" in raw.name and isinstance(message, str) and message.strip():
        raw.name = " ".join(message[:_NAME].split())


def _read_agents(raw: RawSpan, draft: Draft) -> bool:
    said = raw.attributes
    error = opened(said.get("error"))
    if isinstance(error, dict) and raw.status != "error":
        raw.status, raw.status_message = "error", as_text(error.get("message"))
    name = as_text(said.get("name"))
    if "response" in said or "gen_ai.request.model" in said:
        _read_call(said, draft)
    elif "mcp_data" in said or {"name", "input", "output"} <= said.keys():
        draft.offer(
            kind="tool",
            tool_name=name,
            arguments=as_text(said.get("input")),
            result=as_text(said.get("output")),
        )
    elif "to_agent" in said:
        to_agent = as_text(said["to_agent"])
        draft.offer(
            kind="handoff",
            tool_name=f"handoff to {to_agent or 'an agent'}",
            arguments=as_text(said.get("from_agent")),
            result=to_agent,
        )
    elif "triggered" in said:
        draft.offer(kind="guardrail")
        raw.attributes.setdefault("guardrail.triggered", said["triggered"])
    elif "handoffs" in said:
        draft.offer(kind="agent", agent=name)
    else:
        draft.offer(session_id=as_text(said.get("group_id")))
        return False
    return True


def _read_call(said: dict[str, Any], draft: Draft) -> None:
    response = opened(said.get("response"))
    response = response if isinstance(response, dict) else {}
    _, response_id, model, finish = answer_facts(response)
    cut = response.get("incomplete_details")
    system = read_messages(response.get("instructions"), "system")
    draft.offer(
        kind="llm",
        model=model,
        response_id=response_id or as_text(said.get("response_id")),
        finish_reason=as_text(cut.get("reason")) if isinstance(cut, dict) else finish,
        input_messages=(*system, *read_messages(said.get("raw_input", said.get("input")), "user")),
        output_messages=answered(response or opened(said.get("output"))),
        tool_definitions=offered_tools(response),
    )
