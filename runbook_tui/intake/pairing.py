"""Results told which call they answer, where a library recorded a conversation without ids or with others.

A result is only worth something with its call. Some clients know no ids (Gemini, Ollama) and some recorders leave
them out or mix up the two that OpenAI's responses give a call; the order of a conversation still tells.
"""

from __future__ import annotations

from collections.abc import Iterator
from zlib import crc32

import msgspec

from runbook_tui.trace import Message, Part

__all__ = ["paired"]

Conversation = tuple[Message, ...]


def paired(asked: Conversation, answered: Conversation) -> tuple[Conversation, Conversation]:
    """What a model was sent and what it answered, with ids on both sides of every call where they can be told."""
    calls = [part.call_id for part in _parts(asked, "tool_call")]
    new = [part.call_id for part in _parts(answered, "tool_call")]
    results = [part.call_id for part in _parts(asked, "tool_result")]
    if new and not any(new) and not any(calls):
        counted = iter(range(len(calls) + len(new)))
        asked = tuple(_numbered(message, counted) for message in asked)
        answered = tuple(_numbered(message, counted) for message in answered)
    elif calls and not any(calls):
        counted = iter(range(len(calls)))
        asked = tuple(_numbered(message, counted) for message in asked)
    if not results or set(results) <= set(calls) - {None}:
        return _in_order(asked), answered
    calls = [part.call_id for part in _parts(asked, "tool_call")]
    left = [call_id for call_id in calls if call_id and call_id not in results]
    strays = [call_id for call_id in results if call_id is None or call_id not in calls]
    if len(strays) != len(left):
        return asked, answered
    names = iter(left)
    return _in_order(tuple(_answering(message, calls, names) for message in asked)), answered


def _in_order(asked: Conversation) -> Conversation:
    """Results in the order of their calls, where a recorder made up the ids of both: `lookup_1`, `lookup_2`.

    The client knew none, so the order is all there was to go by. Where text stands before the calls, Google's
    recorder counts them from another number than their results.
    """
    made_up: dict[str | None, str] = {}
    for part in _parts(asked, "tool_call"):
        head, _, number = (part.call_id or "").rpartition("_")
        if head and head == part.name and number.isdecimal():
            made_up[part.call_id] = head
    if len(set(made_up.values())) == len(made_up):
        return asked
    return tuple(_straightened(message, made_up) for message in asked)


def _straightened(message: Message, made_up: dict[str | None, str]) -> Message:
    told: dict[str, list[str]] = {}
    for part in message.parts:
        if part.type == "tool_result" and part.call_id in made_up:
            told.setdefault(made_up[part.call_id], []).append(part.call_id or "")
    if all(len(call_ids) < 2 for call_ids in told.values()):
        return message
    order = {
        name: iter(sorted(ids, key=lambda item: int(item.rpartition("_")[2]))) for name, ids in told.items()
    }
    return Message(
        message.role,
        tuple(
            msgspec.structs.replace(part, call_id=next(order[made_up[part.call_id]]))
            if part.type == "tool_result" and part.call_id in made_up
            else part
            for part in message.parts
        ),
    )


def _parts(messages: Conversation, kind: str) -> Iterator[Part]:
    return (part for message in messages for part in message.parts if part.type == kind)


def _numbered(message: Message, counted: Iterator[int]) -> Message:
    """Its calls named by their place and content: the same call has one name wherever it is repeated."""
    if not any(part.type == "tool_call" for part in message.parts):
        return message
    return Message(
        message.role,
        tuple(
            Part(
                part.type,
                part.text,
                part.name,
                f"{part.name}-{next(counted)}-{crc32(part.text.encode('utf-8', 'replace')):08x}",
            )
            if part.type == "tool_call"
            else part
            for part in message.parts
        ),
    )


def _answering(message: Message, calls: list[str | None], names: Iterator[str]) -> Message:
    if not any(part.type == "tool_result" for part in message.parts):
        return message
    return Message(
        message.role,
        tuple(
            Part(part.type, part.text, part.name, next(names))
            if part.type == "tool_result" and (part.call_id is None or part.call_id not in calls)
            else part
            for part in message.parts
        ),
    )
