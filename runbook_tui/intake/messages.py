"""Conversations in the shapes libraries write them.

GenAI parts, OpenAI chat messages and response items, Anthropic blocks, Gemini parts, AI SDK parts, LangChain
objects: one reader for all, since a trace often mixes them and a new library mostly reuses one of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, Literal

from runbook_tui.intake.tool_results import TEXTS, is_failed, result_text, text_or_none
from runbook_tui.trace import Message, Part
from runbook_tui.trace.jsontext import as_text, decode

__all__ = ["read_message", "read_messages"]

Role = Literal["system", "user", "assistant", "tool"]

_ROLES: Final[dict[str, Role]] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "ai": "assistant",
    "model": "assistant",
    "tool": "tool",
    "function": "tool",
    "tool-response": "tool",
    "tool-call": "assistant",
}
_ITEMS: Final[dict[str, Role]] = {"function_call": "assistant", "function_call_output": "tool"}
"""Items of OpenAI's responses that are messages by themselves."""
_LANGCHAIN: Final = {
    "SystemMessage": "system",
    "HumanMessage": "human",
    "AIMessage": "ai",
    "AIMessageChunk": "ai",
    "ToolMessage": "tool",
}
_CALLS: Final = ("tool_call", "tool_use", "tool-call", "function_call", "toolCall")
_RESULTS: Final = ("tool_call_response", "tool_result", "tool-result", "function_call_output")
_CONTAINERS: Final = (list, dict)
_MESSAGES: Final = (dict, str)
_BLOCKS: Final = frozenset((*_CALLS, *_RESULTS, *TEXTS, "thinking", "reasoning", "image", "image_url")) - {""}


def read_messages(value: Any, default_role: Role = "user") -> tuple[Message, ...]:
    """Messages from a JSON text, a list or a single object; () when there are none."""
    if isinstance(value, str):
        decoded = decode(value)
        if not isinstance(decoded, _CONTAINERS):
            return (Message(default_role, (Part("text", value),)),) if value.strip() else ()
        value = decoded
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list):
        return ()
    value = [_unwrapped(item) for item in value]
    if value and all(_is_piece(item) and str(item["type"]) not in _ITEMS for item in value):
        value = [{"role": default_role, "parts": value}]
    messages = [read_message(item, default_role) for item in value if isinstance(item, _MESSAGES)]
    if len(messages) == len(value) and any(_has_own_role(item) for item in value):
        return tuple(_results_by_name(value, messages))
    return tuple(messages)


def _has_own_role(item: Any) -> bool:
    role = item.get("role") if isinstance(item, dict) else None
    return isinstance(role, str) and role.lower() not in _ROLES


def _results_by_name(items: list[Any], messages: list[Message]) -> Iterator[Message]:
    """The messages, those in the role of a tool that was called read as its results (Langfuse for LangChain)."""
    called: set[str | None] = set()
    for item, message in zip(items, messages, strict=True):
        called.update(part.name for part in message.tool_calls)
        is_result = _has_own_role(item) and item["role"] in called
        yield read_message({**item, "role": "tool", "name": item["role"]}) if is_result else message


def read_message(item: dict[str, Any] | str, default_role: Role = "user") -> Message:
    """One message."""
    item = _unwrapped(item)
    if isinstance(item, str):
        return Message(default_role, (Part("text", item),))
    if _is_piece(item):
        return Message(_ITEMS.get(str(item["type"]), default_role), tuple(_part(item)))
    role = _role(item, default_role)
    parts: list[Part] = []
    for piece in _pieces(item):
        parts.extend(_part(piece))
    calls = item.get("tool_calls") or item.get("toolCalls") or []
    invalid = item.get("invalid_tool_calls")  # LangChain keeps apart what it could not decode
    if isinstance(calls, list):
        calls = [*calls, *invalid] if isinstance(invalid, list) else calls
        known = {part.call_id for part in parts if part.type == "tool_call"} - {None}
        asked = [_tool_call(call) for call in calls if isinstance(call, dict)]
        parts.extend([part for part in asked if part.call_id not in known])
    if role == "tool" and not any(part.type == "tool_result" for part in parts):
        text = "\n".join(part.text for part in parts)
        parts = [
            Part(
                "tool_result",
                text,
                text_or_none(item.get("name")),
                _first(item, "tool_call_id", "toolCallId"),
                failed=is_failed(item),
            )
        ]
    return Message(role, tuple(parts))


def _unwrapped(item: Any) -> Any:
    """A message out of what LangChain's serialiser or an event puts around it."""
    if isinstance(item, dict):
        if "lc" in item and isinstance(item.get("kwargs"), dict):
            kwargs = item["kwargs"]
            name = item["id"][-1] if isinstance(item.get("id"), list) and item["id"] else ""
            return kwargs if "type" in kwargs else {**kwargs, "type": _LANGCHAIN.get(str(name), "")}
        if isinstance(item.get("data"), dict) and str(item.get("type")) in _ROLES:
            return {"type": item["type"], **item["data"]}
        if isinstance(item.get("message"), dict) and "role" not in item and "content" not in item:
            return _unwrapped(item["message"])
    return item


def _is_piece(item: Any) -> bool:
    """Whether it is a part of a message and not a message."""
    return (
        isinstance(item, dict) and "role" not in item and "type" in item and str(item["type"]) not in _ROLES
    )


def _role(item: dict[str, Any], default_role: Role) -> Role:
    for key in ("role", "type"):
        role = _ROLES.get(str(item.get(key, "")).lower())
        if role is not None:
            return role
    return default_role


def _pieces(item: dict[str, Any]) -> list[Any]:
    for key in ("parts", "content", "contents"):
        value = item.get(key)
        if isinstance(value, list):
            return value
        if isinstance(value, str) and value.startswith("[{"):
            return _blocks(value) or [value]
        if value is not None:
            return [value]
    return []


def _blocks(text: str) -> list[Any] | None:
    """Content blocks that were recorded as their JSON."""
    value = decode(text)
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        return None
    return value if all(str(item.get("type")) in _BLOCKS for item in value) else None


def _part(piece: Any) -> list[Part]:
    if isinstance(piece, str):
        return [Part("text", piece)]
    if not isinstance(piece, dict):
        return [Part("other", as_text(piece) or "")]
    kind = str(piece.get("type", ""))
    for key in ("function_call", "functionCall", "toolUse", "toolRequest", "tool_call"):
        if isinstance(piece.get(key), dict):
            return [_tool_call(piece[key])]
    for key in ("function_response", "functionResponse", "toolResult", "toolResponse", "tool_call_result"):
        if isinstance(piece.get(key), dict):
            return [_tool_result(piece[key])]
    if kind in _CALLS:
        return [_tool_call(piece)]
    if kind in _RESULTS:
        return [_tool_result(piece)]
    text = next((piece[key] for key in ("content", "text") if isinstance(piece.get(key), str)), None)
    if text is not None and kind in TEXTS:
        return [Part("text", text)]
    return [Part("other", text if text is not None else as_text(piece) or "")]


def _tool_result(piece: dict[str, Any]) -> Part:
    result = next((piece[key] for key in ("result", "response", "output", "content") if key in piece), None)
    call_id = _first(piece, "call_id", "tool_call_id", "tool_use_id", "toolCallId", "toolUseId", "id", "ref")
    name = _first(piece, "name", "toolName")
    origin = piece.get("origin")
    if isinstance(origin, dict):  # Haystack's result holds the call
        name, call_id = name or _first(origin, "tool_name", "name"), call_id or _first(origin, "id")
    failed = is_failed(piece) or is_failed(result)
    return Part("tool_result", result_text(result) or "", name, call_id, failed=failed)


def _tool_call(call: dict[str, Any]) -> Part:
    function = call.get("function")
    inner = function if isinstance(function, dict) else call
    arguments = next((inner[key] for key in ("arguments", "args", "input") if key in inner), None)
    name = function if isinstance(function, str) else _first(inner, "name", "toolName", "tool_name")
    return Part(
        "tool_call",
        as_text(arguments) or "",
        name,
        _first(call, "call_id", "tool_call_id", "toolCallId", "toolUseId", "id", "ref"),
    )


def _first(item: dict[str, Any], *keys: str) -> str | None:
    for key in keys:
        if value := item.get(key):
            return str(value)
    return None
