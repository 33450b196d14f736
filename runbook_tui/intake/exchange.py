"""The input and output of a model call where a library records them whole, as the request and the answer.

LangSmith runs, MLflow spans and Langfuse observations all do: what lies inside is whatever the traced client
sent and got, most often OpenAI's chat form or LangChain's `generations`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from runbook_tui.intake.draft import as_int
from runbook_tui.intake.messages import read_message, read_messages
from runbook_tui.trace import Message
from runbook_tui.trace.jsontext import as_text, decode

__all__ = [
    "Usage",
    "answer_facts",
    "answered",
    "asked",
    "call_arguments",
    "offered_tools",
    "only_reason",
    "opened",
    "usage_in",
]

Usage = tuple[int | None, int | None]

_INPUT: Final = ("input_tokens", "prompt_tokens", "inputTokens", "promptTokens", "input", "prompt")
_OUTPUT: Final = (
    "output_tokens",
    "completion_tokens",
    "outputTokens",
    "completionTokens",
    "output",
    "completion",
)
_USAGE: Final = ("usage_metadata", "usage", "token_usage", "tokenUsage")
_WITHIN: Final = (
    "llm_output",
    "response_metadata",
    "message",
    "kwargs",
    "generations",
    "choices",
    "output",
    "messages",
)
_DEPTH: Final = 8
_REASON: Final = re.compile(
    r"""(?:"(?:finish|stop)_reason": ?"|"incomplete_details": ?\{"reason": ?"|\b(?:finish|stop)_reason=')(\w+)["']"""
)
"""In JSON, or in the `repr` of a client's object."""


def opened(value: Any) -> Any:
    """The JSON value of a text that holds an object or a list; anything else as it is."""
    if isinstance(value, str):
        decoded = decode(value)
        return decoded if isinstance(decoded, dict | list) else value
    return value


def asked(value: Any) -> tuple[Message, ...]:
    """The messages sent to a model."""
    value = opened(value)
    if isinstance(value, dict):
        for key in ("messages", "contents", "input", "prompts", "prompt"):
            if key in value:
                system = read_messages(value.get("system") or value.get("instructions"), "system")
                return (*system, *read_messages(_flat(value[key]), "user"))
    return read_messages(_flat(value), "user")


def answered(value: Any) -> tuple[Message, ...]:
    """The messages a model answered with."""
    value = opened(value)
    if isinstance(value, dict):
        for key in ("generations", "choices", "messages", "output", "candidates"):
            listed = _flat(value.get(key))
            if isinstance(listed, list) and listed:
                if key == "candidates":
                    listed = [item.get("content") for item in listed if isinstance(item, dict)]
                return tuple(
                    read_message(item, "assistant") for item in listed if isinstance(item, dict | str)
                )
        if isinstance(value.get("output"), str | dict):
            return read_messages(value["output"], "assistant")
    return read_messages(_flat(value), "assistant")


def offered_tools(value: Any) -> tuple[Any, ...]:
    """The tool definitions sent along."""
    value = opened(value)
    tools = opened(value.get("tools")) if isinstance(value, dict) else None
    return tuple(item for item in tools if isinstance(item, dict)) if isinstance(tools, list) else ()


def usage_in(value: Any) -> Usage:
    """(input, output) tokens of one record of usage, whichever client's names it uses."""
    value = opened(value)
    if not isinstance(value, dict):
        return (None, None)

    def first(names: tuple[str, ...]) -> int | None:
        counts = (as_int(value.get(name)) for name in names)
        return next((count for count in counts if count is not None), None)

    parted = _parted(value)
    return parted if parted is not None else (first(_INPUT), first(_OUTPUT))


def _parted(usage: dict[str, Any]) -> Usage | None:
    """The sums of a record whose `input` leaves out what `input_cache_read` and such count; its total tells."""
    counts = {
        name: as_int(count) or 0 for name, count in usage.items() if name.startswith(("input", "output"))
    }
    given = sum(count for name, count in counts.items() if name.startswith("input"))
    got = sum(counts.values()) - given
    known = "input" in usage and "output" in usage and len(counts) > 2
    return (given, got) if known and given + got == as_int(usage.get("total")) else None


def answer_facts(value: Any) -> tuple[Usage, str | None, str | None, str | None]:
    """(usage, response id, model, finish reason) as the answer itself tells them."""
    usage: Usage = (None, None)
    found: dict[str, str | None] = {"id": None, "model": None, "finish": None}
    for item in _within(opened(value), _DEPTH):
        for key in _USAGE:
            usage = usage if usage != (None, None) else usage_in(item.get(key))
        if "choices" in item or "model_name" in item or item.get("object") in ("response", "chat.completion"):
            found["id"] = found["id"] or as_text(item.get("id"))
            found["model"] = found["model"] or as_text(item.get("model_name") or item.get("model"))
        cut = item.get("incomplete_details")
        reason = item.get("finish_reason") or item.get("stop_reason")
        reason = cut.get("reason") if isinstance(cut, dict) else reason
        found["finish"] = found["finish"] or as_text(reason)
    return usage, found["id"], found["model"], found["finish"]


def only_reason(value: Any) -> str | None:
    """The one reason to stop in what a model call or a wrapper of it recorded, where there is one and no other."""
    found = set(_REASON.findall(as_text(value) or ""))
    return found.pop() if len(found) == 1 else None


def call_arguments(value: Any) -> str | None:
    """A tool's arguments, out of the envelope of a recorded Python call (`{"args": [], "kwargs": {...}}`)."""
    given = opened(value)
    if isinstance(given, dict):
        for key in ("kwargs", "inputs"):
            if isinstance(given.get(key), dict) and given[key] and not given.get("args"):
                return as_text(given[key])
        text = given.get("input")
        if set(given) <= {"input", "input_str"} and isinstance(text, str):
            return text
    return as_text(value)


def _flat(value: Any) -> Any:
    """A batch of one is that one: LangChain records a list of conversations."""
    value = opened(value)
    while isinstance(value, list) and len(value) == 1 and isinstance(value[0], list):
        value = value[0]
    return value


def _within(value: Any, depth: int) -> Iterator[dict[str, Any]]:
    """The objects of an answer where usage and reasons are kept, outermost first."""
    if isinstance(value, list):
        for item in value[:4]:
            yield from _within(item, depth - 1)
    elif isinstance(value, dict) and depth > 0:
        yield value
        for key in _WITHIN:
            if isinstance(value.get(key), dict | list):
                yield from _within(value[key], depth - 1)
