"""Conversations in the shapes libraries write them: GenAI parts, OpenAI chat messages, LangChain objects."""

from __future__ import annotations

from typing import Any, Final, Literal

from runbook_tui.trace import Message, Part
from runbook_tui.trace.jsontext import as_text, decode

__all__ = ["read_message", "read_messages", "tool_message"]

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


def read_messages(value: Any, default_role: Role = "user") -> tuple[Message, ...]:
    """Messages from a JSON text, a list or a single object; () when there are none."""
    if isinstance(value, str):
        decoded = decode(value)
        if not isinstance(decoded, list | dict):
            return (Message(default_role, (Part("text", value),)),) if value.strip() else ()
        value = decoded
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list):
        return ()
    if value and all(isinstance(item, dict) and "role" not in item and "type" in item for item in value):
        value = [{"role": default_role, "parts": value}]
    return tuple(read_message(item, default_role) for item in value if isinstance(item, dict | str))


def read_message(item: dict[str, Any] | str, default_role: Role = "user") -> Message:
    """One message."""
    if isinstance(item, str):
        return Message(default_role, (Part("text", item),))
    role = _ROLES.get(str(item.get("role", "")).lower(), default_role)
    parts: list[Part] = []
    for piece in _pieces(item):
        parts.extend(_part(piece))
    calls = item.get("tool_calls")
    parts.extend(
        _tool_call(call) for call in (calls if isinstance(calls, list) else ()) if isinstance(call, dict)
    )
    call_id = item.get("tool_call_id")
    if role == "tool" and not any(part.type == "tool_result" for part in parts):
        text = "\n".join(part.text for part in parts)
        parts = [Part("tool_result", text, _text(item.get("name")), _text(call_id))]
    return Message(role, tuple(parts))


def tool_message(value: Any) -> tuple[str | None, str | None] | None:
    """(content, call id) of a LangChain tool message in its JSON forms; None when it is not one."""
    if not isinstance(value, dict):
        return None
    body = value.get("data") if value.get("type") == "tool" else None
    body = body or (value.get("kwargs") if "lc" in value else None)
    if not isinstance(body, dict) and "tool_call_id" in value and "content" in value:
        body = value
    if not isinstance(body, dict) or "tool_call_id" not in body:
        return None
    return as_text(body.get("content")), _text(body.get("tool_call_id"))


def _pieces(item: dict[str, Any]) -> list[Any]:
    for key in ("parts", "content", "contents"):
        value = item.get(key)
        if isinstance(value, list):
            return value
        if value is not None:
            return [value]
    return []


def _part(piece: Any) -> list[Part]:
    if isinstance(piece, str):
        return [Part("text", piece)]
    if not isinstance(piece, dict):
        return [Part("other", as_text(piece) or "")]
    kind = str(piece.get("type", ""))
    if kind in ("tool_call", "tool_use", "tool-call", "function_call"):
        return [_tool_call(piece)]
    if kind in ("tool_call_response", "tool_result", "tool-result"):
        result = next(
            (piece[key] for key in ("result", "response", "output", "content") if key in piece), None
        )
        call_id = _first(piece, "id", "tool_call_id", "tool_use_id", "toolCallId")
        return [Part("tool_result", as_text(result) or "", _text(piece.get("name")), call_id)]
    text = next((piece[key] for key in ("content", "text") if isinstance(piece.get(key), str)), None)
    if text is not None and kind in ("text", "", "input_text", "output_text"):
        return [Part("text", text)]
    return [Part("other", text if text is not None else as_text(piece) or "")]


def _tool_call(call: dict[str, Any]) -> Part:
    function = call.get("function")
    inner = function if isinstance(function, dict) else call
    arguments = next((inner[key] for key in ("arguments", "args", "input") if key in inner), None)
    return Part(
        "tool_call",
        as_text(arguments) or "",
        _first(inner, "name", "toolName"),
        _first(call, "id", "call_id", "tool_call_id", "toolCallId"),
    )


def _first(item: dict[str, Any], *keys: str) -> str | None:
    return next((str(item[key]) for key in keys if item.get(key)), None)


def _text(value: Any) -> str | None:
    return str(value) if value else None
