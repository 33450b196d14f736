"""Cause edges: what a step rests on, and what rests on it. By call id, else by the value it took over, else by order.

A value ties two steps only where it is no coincidence (see `ties`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Final, Literal

import msgspec

from runbook_tui.diagnosis.presence import presences
from runbook_tui.diagnosis.ties import piece_of, telling, ties
from runbook_tui.trace import SessionTrace, Span, Step

__all__ = ["Edge", "causes_of", "uses_of"]

Via = Literal["call_id", "value", "order"]

_SOUGHT: Final = 8
"""Pieces up to which it pays to ask which spans hold one of them."""
_GIVEN: Final = ("user", "result", "output", "request")
"""What a step brings into the session; its prompt and its arguments were there."""


class Edge(msgspec.Struct, frozen=True):
    """From one step to another."""

    step: int
    span_id: str
    via: Via
    value: str | None
    """The call id or the value that ties them; None for order."""


def causes_of(session: SessionTrace, span_id: str) -> tuple[Edge, ...]:
    """What a step rests on, the strongest edge first; empty for the first step and for what is no step."""
    step = session.step_of(span_id)
    if step is None or step.index == 0:
        return ()
    earlier = session.steps[: step.index]
    found = [
        *_by_call(step, _holding(session, reversed(earlier), _ids(step))),
        *_first_statements(session, step),
    ]
    if not found:
        before = earlier[-1]
        found = [Edge(before.number, before.span.span_id, "order", None)]
    return tuple(_each_once(found))


def uses_of(session: SessionTrace, span_id: str) -> tuple[Edge, ...]:
    """What rests on a step, in causal order; only what the trace evidences, so order alone is none."""
    step = session.step_of(span_id)
    if step is None:
        return ()
    new = set(ties(_gave(step.span)))
    for other, where, text in presences(session, _among(session, new)):
        if other.index == step.index and where in _GIVEN:
            break
        if where in _GIVEN:
            new -= ties(text)
    found = []
    own = {part.call_id for part in step.span.requested_calls} | _ids(step)
    for later in _holding(session, session.steps[step.index + 1 :], {*own, *new}):
        tie = next(iter(_by_call(later, [step])), None)
        shared = new & ties(_took(later.span))
        if tie is not None:
            found.append(Edge(later.number, later.span.span_id, "call_id", tie.value))
        elif shared:
            found.append(Edge(later.number, later.span.span_id, "value", max(shared, key=telling)))
    return tuple(_each_once(found))


def _among(session: SessionTrace, values: Collection[str | None]) -> Collection[int] | None:
    """Positions of the spans that may hold one of these; None where any may, or looking for them is no gain."""
    pieces = {piece_of(value) for value in values if value}
    if len(pieces) > _SOUGHT or "" in pieces:
        return None
    return session.holding(sorted(pieces)) if pieces else ()


def _holding(session: SessionTrace, steps: Iterable[Step], values: Collection[str | None]) -> Iterator[Step]:
    """Those of the steps that may hold one of these values."""
    among = _among(session, values)
    return (step for step in steps if among is None or step.position in among)


def _ids(step: Step) -> set[str | None]:
    """Ids of the calls that a step rests on."""
    tool = step.span.tool
    return {tool.call_id} - {None} if tool is not None else _handed_last(step.span)


def _by_call(step: Step, others: Iterable[Step]) -> Iterator[Edge]:
    """A tool call rests on the model call that asked for it; a model call on the results it was handed last."""
    if step.span.tool is not None:
        wanted = {step.span.tool.call_id} - {None}
        if not wanted:
            return
        for other in others:
            if any(part.call_id in wanted for part in other.span.requested_calls):
                yield Edge(other.number, other.span.span_id, "call_id", step.span.tool.call_id)
        return
    handed = _handed_last(step.span)
    for other in others if handed else ():
        tool = other.span.tool
        if tool is not None and tool.call_id in handed:
            yield Edge(other.number, other.span.span_id, "call_id", tool.call_id)


def _handed_last(span: Span) -> set[str | None]:
    """Ids of the results that came after the model's own last words."""
    found: set[str | None] = set()
    for message in reversed(span.input_messages):
        if message.role == "assistant":
            break
        found |= {part.call_id for part in message.parts if part.type == "tool_result" and part.call_id}
    return found


def _first_statements(session: SessionTrace, step: Step) -> Iterator[Edge]:
    """The step that first stated each value this one uses, the most telling value first."""
    wanted = ties(_gave(step.span) if step.span.tool is None else step.span.tool.arguments or "")
    first: dict[str, Step] = {}
    for other, where, text in presences(session, _among(session, wanted)) if wanted else ():
        if other.index >= step.index:
            break
        if where in _GIVEN:
            for value in wanted & ties(text):
                first.setdefault(value, other)
    for value in sorted(first, key=telling, reverse=True):
        yield Edge(first[value].number, first[value].span.span_id, "value", value)


def _each_once(edges: list[Edge]) -> Iterator[Edge]:
    seen: set[str] = set()
    for edge in edges:
        if edge.span_id not in seen:
            seen.add(edge.span_id)
            yield edge


def _gave(span: Span) -> str:
    """What a step brought into the session."""
    if span.tool is not None:
        return span.tool.result or ""
    if span.kind == "user":
        return "\n".join(message.text for message in span.input_messages)
    return "\n".join((span.output_text, *(part.text for part in span.requested_calls)))


def _took(span: Span) -> str:
    """What a step used: a tool its arguments, a model what it then said."""
    return (span.tool.arguments or "") if span.tool is not None else _gave(span)
