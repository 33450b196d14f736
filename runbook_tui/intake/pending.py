"""Calls that no span was recorded for and that the messages show all the same.

A run that was killed asked for a call in its last message: the process died while the tool ran, so what it did to
the world is unknown. And where only the model's client is traced, every call is in the messages and nowhere
else. Leaving them out would hide the actions that matter most; each becomes a span, marked as not recorded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Final

import msgspec

from runbook_tui.intake.draft import as_json
from runbook_tui.intake.members import Members
from runbook_tui.trace import NOT_RECORDED, TOLD, Mark, Span, ToolCall

__all__ = ["pending_calls", "told_calls", "unrecorded_calls"]

_CALLED: Final = ("tool", "handoff")

Fetch = Callable[[int], Span]
"""A span as it will be stored, by its index."""


def unrecorded_calls(members: Members, fetch: Fetch) -> Iterator[Span]:
    """The calls without a record, as far as can be told from these spans.

    Nothing is known of those that were told of before: a call whose record has come has a span of its own now.
    """
    told: set[tuple[str, str]] = set()
    for span in chain(told_calls(members, fetch), pending_calls(members, fetch)):
        if span.key not in told:
            told.add(span.key)
            yield span


def pending_calls(members: Members, fetch: Fetch) -> Iterator[Span]:
    """A span for each call of a killed run that has neither a span nor an answer.

    A run counts as killed where the span around its last model call never arrived or never ended: a run that
    ended may well ask for a call last, such as the one that carries its structured answer.
    """
    last: dict[tuple[str, str], int] = {}
    for index, span in enumerate(members):
        if span.kind == "llm":
            around = (span.trace_id, span.parent_id or "")
            known = last.get(around)
            if known is None or (span.start_ns or 0) >= (members.outlines[known].start_ns or 0):
                last[around] = index
    killed = [
        index for index in last.values() if members.outlines[index].asks and _never_ended(index, members)
    ]
    if not killed:
        return
    answered = {span.call_id for span in members} | {call_id for span in members for call_id in span.hears}
    for index in killed:
        asking = fetch(index)
        for number, call in enumerate(asking.requested_calls):
            if call.call_id is not None and call.name and call.call_id not in answered:
                yield _pending(asking, number, call.name, call.call_id, call.text or None)


def told_calls(members: Members, fetch: Fetch) -> Iterator[Span]:
    """A span for each call that was asked for and answered, where no tool was recorded.

    Where one has a span, a call without was none. Nor was one that ended the run of its agent, whose next run was
    then told an answer: it carried a structured answer.
    """
    if any(span.kind in _CALLED for span in members):
        return
    asked: dict[str, list[int]] = {}
    found: set[tuple[int | None, str, int]] = set()
    answered: set[tuple[int, str]] = set()
    before: int | None = None
    for index, span in enumerate(members):
        if span.kind != "llm":
            continue
        agent = _agent_around(index, members) if span.hears else None
        for call_id, nth in _counted(span.hears):
            if (agent, call_id, nth) in found:
                continue
            found.add((agent, call_id, nth))
            asking = [at for at in asked.get(call_id, ()) if _agent_around(at, members) == agent]
            if not asking and call_id not in asked and before is not None:
                asking = [before] if _agent_around(before, members) == agent else []
            if asking:
                at = asking[min(nth, len(asking) - 1)]
                answered.add((at, call_id))
                yield from _told(fetch(at), call_id, nth, fetch(index))
        if before is not None and not span.marks & Mark.ASKED:
            yield from _unheard(before, answered, index, members, fetch)
        before = index
        for wanted in span.asks:
            if wanted:
                asked.setdefault(wanted, []).append(index)


def _counted(call_ids: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Each id with how often it came before: some servers begin to count anew with each answer."""
    before: Counter[str] = Counter()
    for call_id in call_ids:
        yield call_id, before[call_id]
        before[call_id] += 1


def _agent_around(index: int, members: Members) -> int | None:
    return next((above for above in members.around(index) if members.outlines[above].kind == "agent"), None)


def _unheard(
    before: int, found: set[tuple[int, str]], index: int, members: Members, fetch: Fetch
) -> Iterator[Span]:
    """The calls asked for last where the next model call of that agent came, but what it was sent was not recorded."""
    asks = members.outlines[before].asks
    wanted = {call_id for call_id in asks if call_id and (before, call_id) not in found}
    if not wanted or members.outlines[before].trace_id != members.outlines[index].trace_id:
        return
    if _agent_around(before, members) != _agent_around(index, members):
        return
    asking = fetch(before)
    for number, call in enumerate(asking.requested_calls):
        if call.call_id in wanted and call.name:
            found.add((before, call.call_id))
            yield msgspec.structs.replace(
                _pending(asking, number, call.name, call.call_id, call.text or None),
                attributes={
                    NOT_RECORDED: "asked for in the model's messages; what came of it was not recorded"
                },
            )


def _told(asking: Span, call_id: str, nth: int, answered: Span) -> Iterator[Span]:
    """The call between a model call that asked for it and the one that was sent its result.

    Where answers were not recorded it is in the conversation that came next.
    """
    parts = [part for message in answered.input_messages for part in message.parts]
    # All that was asked for is counted, so that two calls of one answer have two ids.
    requested = (*asking.requested_calls, *(part for part in parts if part.type == "tool_call"))
    call = next(((at, part) for at, part in enumerate(requested) if part.call_id == call_id), None)
    results = [part for part in parts if part.type == "tool_result" and part.call_id == call_id]
    if call is None or nth >= len(results):
        return
    result = results[nth]
    number, part = call
    name = part.name or result.name or "unknown"
    yield msgspec.structs.replace(
        _pending(asking, number, name, call_id, None),
        tool=ToolCall(
            name=name,
            call_id=call_id,
            arguments=part.text or None,
            result=as_json(result.text),
            status="error" if result.failed else None,
        ),
        end_ns=answered.start_ns,
        attributes={NOT_RECORDED: "asked for and answered in the model's messages"},
    )


def _never_ended(index: int, members: Members) -> bool:
    above = members.above[index]
    if above < 0:
        return members.outlines[index].parent_id is not None
    return members.outlines[above].end_ns is None


def _pending(asking: Span, index: int, name: str, call_id: str | None, arguments: str | None) -> Span:
    return Span(
        trace_id=asking.trace_id,
        span_id=f"{asking.span_id}{TOLD}{index + 1}",
        parent_id=asking.span_id,
        name=f"execute_tool {name}",
        kind="tool",
        agent=asking.agent,
        session_id=asking.session_id,
        start_ns=asking.end_ns,
        tool=ToolCall(name=name, call_id=call_id, arguments=arguments),
        attributes={NOT_RECORDED: "asked for in the last message before the run was cut off"},
        scope=asking.scope,
    )
