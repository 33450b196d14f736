"""Google ADK where content capture is on: `gcp.vertex.agent.*` carries requests, answers and tool calls whole.

A call that fails, and in older versions an agent, has no attribute: there the span's name tells what it is.
"""

from __future__ import annotations

from typing import Any, Final

from runbook_tui.intake.draft import Draft, as_int
from runbook_tui.intake.exchange import asked, opened
from runbook_tui.intake.messages import read_messages
from runbook_tui.intake.raw import RawSpan
from runbook_tui.intake.tool_results import unwrapped_result
from runbook_tui.trace.jsontext import as_text

__all__ = ["MARKS", "SCOPE", "read"]

MARKS: Final = ("gcp.vertex.agent.", "gen_ai.tool.call.id")
"""Beginnings of the names it reads."""
SCOPE: Final = "gcp.vertex.agent"
_PREFIX: Final = "gcp.vertex.agent."
_NONE: Final = ("<not specified>", "<not serializable>", "N/A", "{}")
"""What ADK writes where it has nothing to say."""
_MERGED: Final = "(merged tools)"
"""The tool of a span that only puts the results of parallel calls together; each of them has its own."""
_AGENT: Final = "agent_run ["
_CALL: Final = "call_llm"
_TOOL: Final = "execute_tool "


def read(raw: RawSpan, draft: Draft) -> bool:
    """Offer what ADK's own attributes say; True when there were any."""
    if raw.attributes.get("gen_ai.tool.call.id") in _NONE:
        del raw.attributes["gen_ai.tool.call.id"]
    if raw.attributes.get("gen_ai.tool.name") == _MERGED:
        draft.offer(kind="other")
    elif raw.scope == SCOPE:
        _read_name(raw, draft)
    if _PREFIX + "event_id" not in raw.attributes and _PREFIX + "session_id" not in raw.attributes:
        return False
    draft.offer(
        session_id=_said(raw, "session_id"),
        arguments=_said(raw, "tool_call_args"),
        result=unwrapped_result(opened(_said(raw, "tool_response"))),
    )
    request, answer = opened(_said(raw, "llm_request")), opened(_said(raw, "llm_response"))
    if raw.name == _CALL or isinstance(request, dict):
        draft.offer(kind="llm")
    if isinstance(request, dict):
        config = request.get("config")
        system = config.get("system_instruction") if isinstance(config, dict) else None
        draft.offer(
            model=as_text(request.get("model")),
            input_messages=(*read_messages(system, "system"), *asked(request)),
        )
    if isinstance(answer, dict):
        usage = answer.get("usage_metadata")
        usage = usage if isinstance(usage, dict) else {}
        draft.offer(
            output_messages=read_messages(answer.get("content"), "assistant"),
            finish_reason=as_text(answer.get("finish_reason")),
            input_tokens=as_int(usage.get("prompt_token_count")),
            output_tokens=as_int(usage.get("candidates_token_count")),
        )
    return True


def _read_name(raw: RawSpan, draft: Draft) -> None:
    """What a span without attributes is."""
    if raw.name == _CALL:
        draft.offer(kind="llm")
    elif raw.name.startswith(_TOOL):
        draft.offer(kind="tool", tool_name=raw.name.removeprefix(_TOOL))
    elif raw.name.startswith(_AGENT):
        draft.offer(kind="agent", agent=raw.name.removeprefix(_AGENT).removesuffix("]"))


def _said(raw: RawSpan, name: str) -> Any:
    value = as_text(raw.attributes.get(_PREFIX + name))
    return None if value in _NONE else value
