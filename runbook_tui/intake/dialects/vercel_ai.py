"""Vercel AI SDK up to version 6: `ai.operationId`, `ai.prompt*`, `ai.response.*`, `ai.toolCall.*`.

The outer span of a call repeats the usage and the last answer of its `doGenerate` spans: it is an agent, and
agents are never summed. Version 7 speaks plain GenAI.
"""

from __future__ import annotations

from typing import Any, Final

from runbook_tui.intake.draft import Draft, as_int
from runbook_tui.intake.exchange import opened
from runbook_tui.intake.messages import read_message, read_messages
from runbook_tui.intake.raw import RawSpan
from runbook_tui.intake.tool_results import result_text
from runbook_tui.trace import Message
from runbook_tui.trace.jsontext import as_text
from runbook_tui.trace.words import Kind

__all__ = ["read"]

_METADATA: Final = "ai.telemetry.metadata."
_SESSION: Final = tuple(
    _METADATA + name
    for name in (
        *("sessionId", "session_id", "session.id", "conversationId", "conversation_id"),
        *("threadId", "thread_id", "chatId", "chat_id"),
    )
)


def read(raw: RawSpan, draft: Draft) -> bool:
    """Offer what the `ai.*` attributes say; True when the span names its operation."""
    operation = as_text(raw.attributes.get("ai.operationId"))
    if operation is None:
        return False
    asked = raw.first("ai.prompt.messages", "ai.prompt")
    draft.offer(
        kind=_kind(operation),
        agent=as_text(raw.attributes.get("ai.telemetry.functionId")),
        session_id=as_text(raw.first(*_SESSION)),
        model=as_text(raw.first("ai.response.model", "ai.model.id")),
        provider=as_text(raw.attributes.get("ai.model.provider")),
        response_id=as_text(raw.attributes.get("ai.response.id")),
        finish_reason=as_text(raw.attributes.get("ai.response.finishReason")),
        input_tokens=as_int(raw.first("ai.usage.inputTokens", "ai.usage.promptTokens", "ai.usage.tokens")),
        output_tokens=as_int(raw.first("ai.usage.outputTokens", "ai.usage.completionTokens")),
        tool_name=as_text(raw.attributes.get("ai.toolCall.name")),
        call_id=as_text(raw.attributes.get("ai.toolCall.id")),
        arguments=as_text(raw.first("ai.toolCall.args", "ai.toolCall.input")),
        result=result_text(raw.first("ai.toolCall.result", "ai.toolCall.output")),
        input_messages=_asked(asked),
        output_messages=_answered(raw),
        tool_definitions=_tools(raw.attributes.get("ai.prompt.tools")),
    )
    return True


def _kind(operation: str) -> Kind:
    if operation == "ai.toolCall":
        return "tool"
    last = operation.rsplit(".", 1)[-1]
    if last in ("doGenerate", "doStream"):
        return "llm"
    if last in ("doEmbed", "doRerank"):
        return "retrieval"
    return "agent" if last.startswith(("generate", "stream")) else "other"


def _asked(value: Any) -> tuple[Message, ...]:
    value = opened(value)
    if isinstance(value, dict) and ("messages" in value or "prompt" in value):
        system = read_messages(value.get("system"), "system")
        return (*system, *read_messages(value.get("messages") or value.get("prompt"), "user"))
    return read_messages(value, "user")


def _answered(raw: RawSpan) -> tuple[Message, ...]:
    text = raw.first("ai.response.text", "ai.result.text", "ai.response.object", "ai.result.object")
    calls = opened(raw.first("ai.response.toolCalls", "ai.result.toolCalls"))
    if text is None and not calls:
        return ()
    message = {"role": "assistant", "content": as_text(text), "tool_calls": calls}
    return (read_message(message, "assistant"),)


def _tools(value: Any) -> tuple[Any, ...]:
    listed = opened(value)
    tools = [opened(item) for item in listed] if isinstance(listed, list) else []
    return tuple(item for item in tools if isinstance(item, dict))
