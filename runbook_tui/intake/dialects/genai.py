"""The OpenTelemetry GenAI semantic conventions, as of 2026 (`gen_ai.*` on spans and on their events)."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from runbook_tui.intake.draft import Draft, as_asked, as_float, as_int
from runbook_tui.intake.messages import read_messages
from runbook_tui.intake.raw import RawSpan
from runbook_tui.intake.tool_results import block_result, unwrapped_result
from runbook_tui.trace import Message
from runbook_tui.trace.jsontext import as_text, decode
from runbook_tui.trace.words import Kind

__all__ = ["read"]

_KINDS: Final[dict[str, Kind]] = {
    "chat": "llm",
    "generate_content": "llm",
    "text_completion": "llm",
    "execute_tool": "tool",
    "invoke_agent": "agent",
    "create_agent": "other",  # it is made, not run
    "invoke_workflow": "agent",
    "retrieval": "retrieval",
    "embeddings": "retrieval",
    "create_memory": "memory",
    "search_memory": "memory",
    "update_memory": "memory",
    "upsert_memory": "memory",
    "delete_memory": "memory",
}
_ARGUMENTS: Final = (
    "gen_ai.tool.call.arguments",
    "gen_ai.tool.arguments",
    "gen_ai.tool.input",
    "gen_ai.retrieval.query.text",
)
_RESULTS: Final = (
    "gen_ai.tool.call.result",
    "gen_ai.tool.result",
    "gen_ai.tool.output",
    "gen_ai.retrieval.documents",
)
"""The current name first, then what libraries wrote before there was one."""
_GOOGLE: Final = ("gcp.", "gemini", "vertex", "google")
"""How the names of Google's providers begin."""
_DETAILS: Final = "gen_ai.client.inference.operation.details"


def read(raw: RawSpan, draft: Draft) -> bool:
    """Offer what the GenAI attributes say; True when there were any."""
    content = _with_details(raw)
    operation = as_text(raw.attributes.get("gen_ai.operation.name")) or _named(raw, draft)
    draft.offer(kind=_KINDS.get(operation) or _implied_kind(raw, operation))
    draft.offer(
        agent=as_text(raw.first("gen_ai.agent.name", "gen_ai.workflow.name")),
        session_id=as_text(raw.attributes.get("gen_ai.conversation.id")),
        model=as_text(raw.first("gen_ai.response.model", "gen_ai.request.model")),
        provider=as_text(raw.first("gen_ai.provider.name", "gen_ai.system")),
        response_id=as_text(raw.attributes.get("gen_ai.response.id")),
        finish_reason=_reason(raw.first("gen_ai.response.finish_reasons", "gen_ai.response.finish_reason")),
        input_tokens=as_int(raw.attributes.get("gen_ai.usage.input_tokens")),
        output_tokens=as_int(raw.attributes.get("gen_ai.usage.output_tokens")),
        cost_usd=as_float(raw.first("operation.cost", "gen_ai.usage.cost", "gen_ai.cost.total_cost")),
        input_messages=_conversation(content),
        output_messages=read_messages(content.get("gen_ai.output.messages"), "assistant"),
        tool_definitions=_definitions(content.get("gen_ai.tool.definitions")),
        tool_name=as_text(raw.first("gen_ai.tool.name", "gen_ai.memory.store.name")),
        call_id=as_text(raw.attributes.get("gen_ai.tool.call.id")),
        arguments=as_asked(as_text(raw.first(*_ARGUMENTS))),
        tool_status="error" if raw.attributes.get("gen_ai.tool.status") == "error" else None,
        result=(block_result if _writes_blocks(raw) else as_text)(raw.first(*_RESULTS)),
    )
    if draft.input_messages and (draft.provider or "").startswith(_GOOGLE):
        draft.input_messages = tuple(map(_unwrapped, draft.input_messages))
    if draft.kind == "tool":
        _from_messages(draft)
    elif draft.kind == "llm" and draft.finish_reason is None:
        draft.offer(finish_reason=_reason_in(content.get("gen_ai.output.messages")))
    _is_user_message(raw, draft)
    return draft.kind is not None


def _with_details(raw: RawSpan) -> dict[str, Any]:
    """The attributes, with the content that newer libraries put on an event of the span."""
    content = raw.attributes
    for event in raw.events:
        if event.name == _DETAILS:
            content = {**content, **event.attributes}
    return content


def _named(raw: RawSpan, draft: Draft) -> str:
    """The operation in a span's name, where it failed before it had an attribute: `chat MODEL`, `execute_tool TOOL`."""
    operation, _, target = raw.name.partition(" ")
    if raw.attributes or raw.status != "error" or operation not in _KINDS or not target:
        return ""
    if _KINDS[operation] == "tool":
        draft.offer(tool_name=target)
    elif _KINDS[operation] == "llm":
        draft.offer(model=target)
    return operation


def _writes_blocks(raw: RawSpan) -> bool:
    return (raw.scope or "").startswith("strands")


def _implied_kind(raw: RawSpan, operation: str) -> Kind | None:
    """The kind where no operation is recorded, as older libraries leave it."""
    if operation:
        return None
    if "gen_ai.tool.name" in raw.attributes:
        return "tool"
    if "gen_ai.request.model" in raw.attributes:
        return "llm"
    if "gen_ai.agent.name" in raw.attributes:
        return "agent"
    return None


def _is_user_message(raw: RawSpan, draft: Draft) -> bool:
    """A span that carries a user's turn and nothing else: recorded dialogues have one a turn."""
    if draft.kind is not None or "gen_ai.operation.name" in raw.attributes:
        return False
    messages = read_messages(raw.attributes.get("gen_ai.input.messages"))
    if not messages or any(message.role != "user" for message in messages):
        return False
    draft.offer(kind="user", input_messages=messages)
    return True


def _conversation(content: dict[str, Any]) -> tuple[Message, ...]:
    system = read_messages(content.get("gen_ai.system_instructions"), "system")
    messages = read_messages(content.get("gen_ai.input.messages"), "user")
    return (*system, *messages)


def _unwrapped(message: Message) -> Message:
    """A message with its results as the tools returned them."""
    if not any(part.type == "tool_result" for part in message.parts):
        return message
    return Message(
        message.role,
        tuple(
            msgspec.structs.replace(part, text=unwrapped_result(part.text) or "")
            if part.type == "tool_result"
            else part
            for part in message.parts
        ),
    )


def _definitions(value: Any) -> tuple[Any, ...]:
    decoded = decode(value) if isinstance(value, str) else value
    return tuple(item for item in decoded if isinstance(item, dict)) if isinstance(decoded, list) else ()


def _from_messages(draft: Draft) -> None:
    """A tool's call and answer where they are recorded as messages of its own span (Strands)."""
    for message in (*draft.input_messages, *draft.output_messages):
        for part in message.parts:
            if part.type == "tool_call":
                draft.offer(tool_name=part.name, call_id=part.call_id, arguments=part.text)
            elif part.type == "tool_result":
                draft.offer(call_id=part.call_id, result=part.text)


def _reason(value: Any) -> str | None:
    """Why the model stopped; Python's name of it (`FinishReason.LENGTH`) without that of its list."""
    reason = _first_of(value)
    return reason.rsplit(".", 1)[-1].lower() if reason and "Reason." in reason else reason


def _reason_in(messages: Any) -> str | None:
    """Why the model stopped, where only its message tells."""
    messages = decode(messages) if isinstance(messages, str) else messages
    last = messages[-1] if isinstance(messages, list) and messages else None
    return as_text(last.get("finish_reason")) if isinstance(last, dict) else None


def _first_of(value: Any) -> str | None:
    if isinstance(value, str) and value.startswith("["):
        value = decode(value)  # stores that keep text only write the list as JSON
    if isinstance(value, list):
        return as_text(value[0]) if value else None
    return as_text(value)
