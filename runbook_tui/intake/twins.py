"""One call recorded twice: by two libraries, or by a library and what it wraps. It becomes one step.

Twins are told by what they carry, never by time alone: the same response id while both were open, or one model
call around another. The one that says more stays a step and takes over what only the other knows.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Final

import msgspec

from runbook_tui.intake.members import Members
from runbook_tui.trace import Mark, Outline, Span

__all__ = ["join_twins"]

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
_SERVED: Final = "tools/call "
_LAST_WORD: Final = re.compile(r"__|[./:]")
"""What agents put between the name of a server and that of its tool."""
_WRAPPERS: Final = ("other", "llm")


def join_twins(members: Members) -> None:
    """Of each pair of twins make one no step any more."""
    calls = [index for index, outline in enumerate(members) if outline.kind == "llm"]
    for keep, leave in (*_nested(calls, members), *_by_response(calls, members)):
        _merge(members, keep, leave)
    for keep, leave in list(_answered_later(members)):
        _merge(members, keep, leave)
    for call, wrapper in list(_unreasoned(calls, members)):
        reason = members[wrapper].finish_reason
        if reason is not None:
            members.change(call, finish_reason=reason)
    inner = list(_inner_retrievals(members))
    for index in inner:
        members.change(index, kind="other", tool=None)
    for index in list(_served(members)):
        members.change(index, kind="other", tool=None)
    for within, around in list(_nested_tools(members)):
        _lend(members, within, around)


def _merge(members: Members, keep: int, leave: int) -> None:
    if members.outlines[keep].kind != "llm" or members.outlines[leave].kind != "llm":
        return
    kept, left = members[keep], members[leave]
    missing = {
        name: getattr(left, name)
        for name in _SHARED
        if getattr(kept, name) in (None, ()) and getattr(left, name) not in (None, ())
    }
    if len(members.outlines[leave].hears) > len(members.outlines[keep].hears):
        missing["input_messages"] = left.input_messages  # the other one recorded no results
        missing["output_messages"] = left.output_messages or kept.output_messages
    if missing:
        members.change(keep, **missing)
    members.change(leave, kind="other")


def _lend(members: Members, inner: int, outer: int) -> None:
    """The inner call of one tool stays the step; what only the outer one recorded goes to it."""
    within, around = members[inner].tool, members[outer].tool
    if within is None or around is None:
        return
    missing = {
        name: value
        for name in _CALL
        if getattr(within, name) is None and (value := getattr(around, name)) is not None
    }
    if missing:
        tool = msgspec.structs.replace(within, **missing)
        members.change(inner, tool=tool)


def _nested_tools(members: Members) -> Iterable[tuple[int, int]]:
    """(inner, outer) of tool spans of one name directly inside each other: a client's span in a framework's."""
    for index, (span, above) in enumerate(zip(members, members.above, strict=True)):
        if above >= 0 and span.kind == "tool" and span.tool is not None:
            around = members.outlines[above]
            if around.kind == "tool" and around.tool == span.tool:
                yield index, above


def _served(members: Members) -> Iterable[int]:
    """Calls as MCP's own spans tell them, while a span of the same tool around them in time tells them too.

    The span of a server has no other tie to the one of an agent, which calls the tool by a longer name.
    """
    served = {
        index: span.tool
        for index, span in enumerate(members)
        if span.kind == "tool" and span.name.startswith(_SERVED) and span.tool
    }
    latest: dict[tuple[str, str], int] = {}
    names = set(served.values())
    tools = [(span.start_ns or 0, index) for index, span in enumerate(members) if span.kind == "tool"]
    for _, index in sorted(tools) if served else ():
        span = members.outlines[index]
        name = span.tool or ""
        name = name if name in names else _LAST_WORD.split(name)[-1]
        if index in served and (span.end_ns or 0) <= latest.get((span.trace_id, name), -1):
            yield index
        elif name in names:
            at = (span.trace_id, name)
            latest[at] = max(latest.get(at, -1), span.end_ns or 0)


def _nested(calls: list[int], members: Members) -> Iterable[tuple[int, int]]:
    """(inner, outer) of model calls inside model calls, wrappers between them left out of account."""
    inside: dict[int, list[int]] = {}
    for call in calls:
        outer = _above(call, members)
        if outer is not None and members.outlines[call].says:
            inside.setdefault(outer, []).append(call)
    innermost: dict[int, int] = {}
    for outer in sorted(inside, reverse=True):
        inner = inside[outer]
        if len(inner) == 1:
            innermost[outer] = innermost.get(inner[0], inner[0])
            yield innermost[outer], outer
        else:
            members.change(outer, kind="other")


def _above(call: int, members: Members) -> int | None:
    """The model call around this one, with nothing but wrappers between."""
    for index in members.around(call):
        kind = members.outlines[index].kind
        if kind == "llm":
            return index
        if kind not in _WRAPPERS:
            break
    return None


def _by_response(calls: list[int], members: Members) -> Iterable[tuple[int, int]]:
    """(richer, other) of model calls that carry one response id and were open at the same time."""
    named: dict[str, int] = {}
    for call in calls:
        span = members.outlines[call]
        if span.response_id is None:
            continue
        known = named.setdefault(span.response_id, call)
        other = members.outlines[known]
        if known == call or not other.overlaps(span):
            continue
        keep, leave = (call, known) if _rank(span) > _rank(other) else (known, call)
        named[span.response_id] = keep
        yield keep, leave


def _answered_later(members: Members) -> Iterable[tuple[int, int]]:
    """(answer, question) of model calls whose streamed answer was recorded apart, when it was complete.

    It is the next call of the trace, was asked the very same and does not contradict what is known of the first.
    """
    waiting: dict[str, int] = {}
    for index, outline in enumerate(members):
        if outline.kind != "llm":
            continue
        question = waiting.pop(outline.trace_id, None)
        if (
            question is not None
            and outline.marks & Mark.ANSWERED
            and _same(members[question], members[index])
        ):
            yield index, question
        elif outline.marks & (Mark.ANSWERED | Mark.ASKED | Mark.FAILED) == Mark.ASKED:
            waiting[outline.trace_id] = index


def _unreasoned(calls: list[int], members: Members) -> Iterable[tuple[int, int]]:
    """(call, wrapper) of model calls that alone are in a wrapper which tells why the model stopped, as they do not."""
    within = Counter(members.above[call] for call in calls if members.outlines[call].kind == "llm")
    for call in calls:
        above = members.above[call]
        if above < 0 or within[above] != 1 or members.outlines[call].marks & (Mark.IDENTIFIED | Mark.FAILED):
            continue
        wrapper = members.outlines[above]
        if wrapper.kind == "other" and wrapper.marks & Mark.IDENTIFIED:
            yield call, above


def _same(asked: Span, answered: Span) -> bool:
    return asked.input_messages == answered.input_messages and all(
        getattr(asked, name) in (None, getattr(answered, name)) for name in ("input_tokens", "output_tokens")
    )


def _rank(span: Outline) -> tuple[int, ...]:
    return tuple(span.marks & mark for mark in (Mark.ANSWERED, Mark.ASKED, Mark.COUNTED))


def _inner_retrievals(members: Members) -> Iterable[int]:
    """Retrievals inside retrievals: the embedding of a query, a retriever's own method."""
    for index, span in enumerate(members):
        if span.kind != "retrieval":
            continue
        for around in members.around(index):
            kind = members.outlines[around].kind
            if kind == "retrieval":
                yield index
            if kind != "other":
                break
