"""One call recorded twice: by two libraries, or by a library and what it wraps. It becomes one step.

Twins are told by what they carry, never by time alone: the same response id while both were open, or one model
call around another. The one that says more stays a step and takes over what only the other knows.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from runbook_tui.trace import Span

__all__ = ["without_twins"]

Key = tuple[str, str]

_SHARED: Final = (
    *("model", "provider", "response_id", "finish_reason", "input_tokens", "output_tokens", "cost_usd"),
    *("input_messages", "output_messages", "tool_definitions"),
)
_CALL: Final = (
    "call_id",
    "arguments",
    "result",
    "status",
    "output_fields",
    "unexpected_fields",
    "latency_ms",
)
_WRAPPERS: Final = ("other", "llm")


def without_twins(spans: list[Span]) -> list[Span]:
    """The same spans; of each pair of twins one is no step any more."""
    by_key = {span.key: span for span in spans}
    calls = [span for span in spans if span.kind == "llm"]
    for keep, leave in (*_nested(calls, by_key), *_by_response(calls)):
        _merge(by_key, keep, leave)
    for inner in list(_inner_retrievals(spans, by_key)):
        by_key[inner] = msgspec.structs.replace(by_key[inner], kind="other", tool=None)
    for inner, outer in list(_nested_tools(spans, by_key)):
        _lend(by_key, inner, outer)
    return [by_key[span.key] for span in spans]


def _merge(by_key: dict[Key, Span], keep: Key, leave: Key) -> None:
    kept, left = by_key[keep], by_key[leave]
    if kept.kind != "llm" or left.kind != "llm":
        return
    missing = {
        name: getattr(left, name)
        for name in _SHARED
        if getattr(kept, name) in (None, ()) and getattr(left, name) not in (None, ())
    }
    by_key[keep] = msgspec.structs.replace(kept, **missing) if missing else kept
    by_key[leave] = msgspec.structs.replace(left, kind="other")


def _lend(by_key: dict[Key, Span], inner: Key, outer: Key) -> None:
    """The inner call of one tool stays the step; what only the outer one recorded goes to it."""
    within, around = by_key[inner].tool, by_key[outer].tool
    if within is None or around is None:
        return
    missing = {
        name: value
        for name in _CALL
        if getattr(within, name) is None and (value := getattr(around, name)) is not None
    }
    if missing:
        tool = msgspec.structs.replace(within, **missing)
        by_key[inner] = msgspec.structs.replace(by_key[inner], tool=tool)


def _nested_tools(spans: list[Span], by_key: dict[Key, Span]) -> Iterable[tuple[Key, Key]]:
    """(inner, outer) of tool spans of one name directly inside each other: a client's span in a framework's."""
    for span in spans:
        around = by_key.get((span.trace_id, span.parent_id or ""))
        if around is None or span.tool is None or around.tool is None:
            continue
        if span.kind == around.kind == "tool" and span.tool.name == around.tool.name:
            yield span.key, around.key


def _nested(calls: list[Span], by_key: dict[Key, Span]) -> Iterable[tuple[Key, Key]]:
    """(inner, outer) of model calls inside model calls, wrappers between them left out of account."""
    inside: dict[Key, list[Span]] = {}
    for call in calls:
        outer = _above(call, by_key)
        if outer is not None and _says(call):
            inside.setdefault(outer.key, []).append(call)
    for outer_key, inner in inside.items():
        if len(inner) == 1:
            yield inner[0].key, outer_key
        else:
            by_key[outer_key] = msgspec.structs.replace(by_key[outer_key], kind="other")


def _above(call: Span, by_key: dict[Key, Span]) -> Span | None:
    """The model call around this one, with nothing but wrappers between."""
    seen: set[Key] = {call.key}
    node = by_key.get((call.trace_id, call.parent_id or ""))
    while node is not None and node.key not in seen and node.kind in _WRAPPERS:
        if node.kind == "llm":
            return node
        seen.add(node.key)
        node = by_key.get((node.trace_id, node.parent_id or ""))
    return None


def _says(span: Span) -> bool:
    return span.input_tokens is not None or bool(span.output_messages)


def _by_response(calls: list[Span]) -> Iterable[tuple[Key, Key]]:
    """(richer, other) of model calls that carry one response id and were open at the same time."""
    named: dict[str, Span] = {}
    for call in calls:
        if call.response_id is None:
            continue
        other = named.setdefault(call.response_id, call)
        if other is call or not _together(other, call):
            continue
        keep, leave = (call, other) if _rank(call) > _rank(other) else (other, call)
        named[call.response_id] = keep
        yield keep.key, leave.key


def _together(one: Span, other: Span) -> bool:
    if one.start_ns is None or one.end_ns is None or other.start_ns is None or other.end_ns is None:
        return False
    return one.start_ns <= other.end_ns and other.start_ns <= one.end_ns


def _rank(span: Span) -> tuple[bool, bool, bool]:
    return (bool(span.output_messages), bool(span.input_messages), span.input_tokens is not None)


def _inner_retrievals(spans: list[Span], by_key: dict[Key, Span]) -> Iterable[Key]:
    """Retrievals inside retrievals: the embedding of a query, a retriever's own method."""
    for span in spans:
        if span.kind != "retrieval":
            continue
        seen: set[Key] = {span.key}
        node = by_key.get((span.trace_id, span.parent_id or ""))
        while node is not None and node.key not in seen and node.kind in ("other", "retrieval"):
            if node.kind == "retrieval":
                yield span.key
                break
            seen.add(node.key)
            node = by_key.get((node.trace_id, node.parent_id or ""))
