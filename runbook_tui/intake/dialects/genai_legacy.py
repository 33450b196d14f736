"""Older GenAI names: prompt and completion attributes, message events, pydantic-ai's first formats."""

from __future__ import annotations

import re
from typing import Any, Final

from runbook_tui.intake.draft import Draft, as_asked, as_int
from runbook_tui.intake.messages import read_message, read_messages
from runbook_tui.intake.raw import RawSpan
from runbook_tui.trace import Message
from runbook_tui.trace.jsontext import as_text, decode

__all__ = ["MARKS", "read"]

MARKS: Final = (
    *("gen_ai.prompt", "gen_ai.completion", "gen_ai.usage.prompt_tokens", "gen_ai.usage.completion_tokens"),
    *("agent_name", "tool_arguments", "tool_response", "events"),
)
"""Beginnings of the names it reads."""

_PREFIXES: Final = ("gen_ai.prompt.", "gen_ai.completion.")
_INDEXED: Final = re.compile(r"gen_ai\.(prompt|completion)\.(\d{1,5})\.(.+)")
_TOOL_CALL: Final = re.compile(r"tool_calls\.(\d{1,5})\.(id|name|arguments)")
_EVENT_ROLES: Final = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}
_BLOCKS: Final = frozenset(
    ("text", "toolUse", "toolResult", "image", "document", "video", "json", "reasoningContent")
)
"""Amazon's names of what a message is made of."""


def read(raw: RawSpan, draft: Draft) -> bool:
    """Offer what the older names say; True when there were any."""
    prompt, completion = _indexed(raw.attributes)
    asked, answered = _from_events(raw)
    if draft.kind == "tool":
        _offer_tool(draft, asked, answered)
    elif draft.kind not in ("retrieval", "other"):  # LangSmith keeps a tool's input there, whole
        prompt = prompt or asked or _whole(raw, "gen_ai.prompt", "user")
        completion = completion or answered or _whole(raw, "gen_ai.completion", "assistant")
    if draft.kind == "llm" and draft.finish_reason is None:
        draft.offer(finish_reason=_reason(raw))
    draft.offer(
        agent=as_text(raw.attributes.get("agent_name")),
        input_tokens=as_int(raw.attributes.get("gen_ai.usage.prompt_tokens")),
        output_tokens=as_int(raw.attributes.get("gen_ai.usage.completion_tokens")),
        arguments=as_asked(as_text(raw.attributes.get("tool_arguments"))),
        result=as_text(raw.attributes.get("tool_response")),
        input_messages=prompt,
        output_messages=completion,
    )
    if "agent_name" in raw.attributes:
        draft.offer(kind="agent")
    return bool(prompt or completion or asked or answered) or "tool_arguments" in raw.attributes


def _reason(raw: RawSpan) -> str | None:
    """Why the model stopped: with the completion, or with the event of its choice."""
    chosen = (event.attributes for event in raw.events if event.name == "gen_ai.choice")
    recorded = raw.attributes.get("gen_ai.completion.0.finish_reason")
    return as_text(
        recorded or next((item["finish_reason"] for item in chosen if item.get("finish_reason")), None)
    )


def _offer_tool(draft: Draft, asked: tuple[Message, ...], answered: tuple[Message, ...]) -> None:
    """A tool's span may carry its input as a tool's message and its output as a choice (Strands)."""
    given = [part for message in asked for part in message.parts if part.type == "tool_result"]
    got = "\n".join(part.text for message in answered for part in message.parts if part.text)
    if given and answered:
        draft.offer(call_id=given[0].call_id, arguments=given[0].text, result=got)


def _whole(raw: RawSpan, name: str, role: Any) -> tuple[Message, ...]:
    value = raw.attributes.get(name)
    return read_messages(value, role) if value is not None else ()


def _indexed(attributes: dict[str, Any]) -> tuple[tuple[Message, ...], tuple[Message, ...]]:
    """`gen_ai.prompt.N.role` and friends, as flat as they were recorded."""
    found: dict[str, dict[int, dict[str, Any]]] = {"prompt": {}, "completion": {}}
    for key, value in attributes.items():
        match = _INDEXED.fullmatch(key) if key.startswith(_PREFIXES) else None
        if match is None:
            continue
        message = found[match[1]].setdefault(int(match[2]), {})
        call = _TOOL_CALL.fullmatch(match[3])
        if call is None:
            message[match[3]] = value
        else:
            message.setdefault("calls", {}).setdefault(int(call[1]), {})[call[2]] = value
    for messages in found.values():
        for message in messages.values():
            calls = message.pop("calls", {})
            message["tool_calls"] = [calls[index] for index in sorted(calls)]
    return (
        tuple(read_message(found["prompt"][index], "user") for index in sorted(found["prompt"])),
        tuple(read_message(found["completion"][index], "assistant") for index in sorted(found["completion"])),
    )


def _from_events(raw: RawSpan) -> tuple[tuple[Message, ...], tuple[Message, ...]]:
    """Messages recorded one an event, on the span or as a JSON list in an `events` attribute."""
    pairs = [(event.name, _body(event.attributes)) for event in raw.events]
    listed = decode(as_text(raw.attributes.get("events")))
    if isinstance(listed, list):
        pairs += [(str(item.get("event.name", "")), item) for item in listed if isinstance(item, dict)]
    asked: list[Message] = []
    answered: list[Message] = []
    for name, body in pairs:
        if name == "gen_ai.choice":
            answered.append(read_message(_choice(body), "assistant"))
        elif name == "gen_ai.content.prompt":
            asked.extend(read_messages(body.get("gen_ai.prompt"), "user"))
        elif name == "gen_ai.content.completion":
            answered.extend(read_messages(body.get("gen_ai.completion"), "assistant"))
        elif name in _EVENT_ROLES:
            body.setdefault("role", _EVENT_ROLES[name])
            if "id" in body and body["role"] == "tool":
                body.setdefault("tool_call_id", body["id"])
            if str(body.get("content", "")).startswith("[{"):  # Strands' blocks as JSON
                pieces = decode(as_text(body["content"]))
                body["content"] = pieces if _are_blocks(pieces) else body["content"]
            calls = decode(as_text(body.get("tool_calls")))
            body["tool_calls"] = calls if isinstance(calls, list) else []
            asked.append(read_message(body))
    return tuple(asked), tuple(answered)


def _are_blocks(value: Any) -> bool:
    """Whether a decoded list is made of blocks, each under its kind; a tool may well return a list of objects."""
    return isinstance(value, list) and all(
        isinstance(item, dict) and len(item) == 1 and not _BLOCKS.isdisjoint(item) for item in value
    )


def _choice(body: dict[str, Any]) -> dict[str, Any]:
    """The message of a choice: an object, a list of its pieces, or its text."""
    recorded = as_text(body.get("message"))
    inner = decode(recorded)
    if isinstance(inner, dict):
        return inner
    if recorded is None:
        return body
    return {"role": "assistant", "content": inner if isinstance(inner, list) else recorded}


def _body(attributes: dict[str, Any]) -> dict[str, Any]:
    """An event's attributes, with the message that some libraries put into one of them as JSON."""
    content = decode(as_text(attributes.get("gen_ai.event.content")))
    return {**attributes, **content} if isinstance(content, dict) else dict(attributes)
