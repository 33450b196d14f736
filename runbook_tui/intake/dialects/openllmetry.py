"""OpenLLMetry: `traceloop.span.kind`, `traceloop.entity.*`, `traceloop.association.properties.*`.

Its LangChain spans wrap a tool's arguments and result in the callback's own envelope; this takes them out.
"""

from __future__ import annotations

from typing import Any, Final

from runbook_tui.intake.draft import Draft
from runbook_tui.intake.exchange import only_reason
from runbook_tui.intake.raw import RawSpan
from runbook_tui.intake.tool_results import ToolMessage, result_text, tool_message, unwrapped_result
from runbook_tui.trace.jsontext import as_text, decode
from runbook_tui.trace.words import Kind

__all__ = ["read"]

_KINDS: Final[dict[str, Kind]] = {"workflow": "agent", "agent": "agent", "tool": "tool", "task": "other"}
_MCP_CALL: Final = frozenset(("tool_name", "arguments"))
"""What an MCP client is recorded to be given."""
_AGENT: Final = "traceloop.association.properties.lc_agent_name"
"""The agent LangChain says that a step is of."""
_SESSION: Final = tuple(
    f"traceloop.association.properties.{name}" for name in ("session_id", "thread_id", "conversation_id")
)


def read(raw: RawSpan, draft: Draft) -> bool:
    """Offer what the OpenLLMetry attributes say; True when the span names its kind."""
    kind = as_text(raw.attributes.get("traceloop.span.kind"))
    draft.offer(session_id=as_text(raw.first(*_SESSION)), agent=as_text(raw.attributes.get(_AGENT)))
    if kind is None:
        return False
    is_tool = raw.attributes.get("gen_ai.operation.name") == "execute_tool"  # LangChain's is of kind `task`
    draft.offer(
        kind="tool" if is_tool else _KINDS.get(kind, "other"),
        agent=as_text(raw.first("gen_ai.agent.name", "traceloop.workflow.name")),
    )
    if draft.kind == "tool":
        given = decode(as_text(raw.attributes.get("traceloop.entity.input")))
        output = as_text(raw.attributes.get("traceloop.entity.output"))
        answer = _answer(decode(output))
        named = as_text(raw.attributes.get("traceloop.entity.name"))
        draft.offer(
            tool_name=as_text(raw.attributes.get("gen_ai.tool.name")) or answer.name or named,
            arguments=as_text(_arguments(given)),
            call_id=answer.call_id,
            result=answer.content if answer.content is not None else _returned(given, output),
            tool_status=answer.status,
        )
    elif draft.kind == "other":
        draft.offer(finish_reason=only_reason(raw.attributes.get("traceloop.entity.output")))
    return True


def _returned(given: Any, output: str | None) -> str | None:
    """What a tool gave back, without the envelope of LlamaIndex or of an MCP client."""
    value = decode(output)
    if isinstance(given, dict) and set(given) == _MCP_CALL:
        return unwrapped_result(value)
    return result_text(value) if isinstance(value, dict) and "tool_name" in value else output


def _arguments(given: Any) -> Any:
    """The keyword arguments of a decorated function, of a LangChain tool or of an MCP client's call."""
    if isinstance(given, dict) and set(given) == _MCP_CALL:
        return given["arguments"]
    if isinstance(given, dict):
        for name in ("inputs", "kwargs"):
            if isinstance(given.get(name), dict) and given[name]:
                return given[name]
        only = given.get("args")
        if set(given) == {"args"} and isinstance(only, list) and len(only) == 1:
            return only[0]  # JavaScript has no arguments by name: LangChain's tools take one object
    return given


def _answer(output: Any) -> ToolMessage:
    inner = output.get("output") if isinstance(output, dict) else None
    return tool_message(inner if inner is not None else output) or ToolMessage(None, None)
