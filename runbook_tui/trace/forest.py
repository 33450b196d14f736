"""From a flat, possibly damaged list of spans to one tree in causal order.

Orphans become roots and cycles are cut at their first span in time; both are marked and counted, nothing
is dropped. A child never comes before its parent, whatever the clocks said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

from runbook_tui.trace.session import Defects, Place, SessionTrace, Step
from runbook_tui.trace.span import NOT_RECORDED, Span
from runbook_tui.trace.words import STEP_KINDS

__all__ = ["build_session"]

Key = tuple[str, str]

_NEVER: Final = 2**64
"""The end of a span that never ended, in nanoseconds."""


def build_session(session_id: str, format_name: str, spans: Iterable[Span]) -> SessionTrace:
    """Place and number the spans of one session.

    Args:
        session_id: the session's id.
        format_name: the convention they were recorded in, for the record.
        spans: in any order, duplicates allowed.

    Returns:
        The session, its spans in depth-first order, its steps in causal order.
    """
    unique, duplicates = _without_duplicates(spans)
    parents, orphans, cycles = _parents(unique)
    order = _Order(unique, parents)
    placed = _place(order, parents, orphans)
    ordered = tuple(unique[key] for key, _ in placed)
    places = tuple(place for _, place in placed)
    defects = Defects(
        orphans=len(orphans),
        duplicates=duplicates,
        cycles=cycles,
        reversed_times=sum(
            span.start_ns is not None and span.end_ns is not None and span.end_ns < span.start_ns
            for span in ordered
        ),
        missing_times=sum(span.start_ns is None for span in ordered),
        equal_times=_equal_times(unique, parents),
        cut_texts=sum(any(map(_is_cut, span.attributes.values())) for span in ordered),
        unrecorded_calls=sum(span.kind == "tool" and NOT_RECORDED in span.attributes for span in ordered),
    )
    steps = _steps(ordered, places, order)
    return SessionTrace(session_id, format_name, ordered, places, steps, defects)


def _equal_times(unique: dict[Key, Span], parents: dict[Key, Key | None]) -> int:
    together = Counter(
        (parents[key], span.start_ns) for key, span in unique.items() if span.start_ns is not None
    )
    return sum(count for count in together.values() if count > 1)


def _is_cut(value: Any) -> bool:
    return isinstance(value, str) and value[:1] in ("[", "{") and value.rstrip()[-1:] not in ("]", "}")


def _without_duplicates(spans: Iterable[Span]) -> tuple[dict[Key, Span], int]:
    """One span a key: the finished one, else the one that says more; and how many were repeated."""
    unique: dict[Key, Span] = {}
    duplicates = 0
    for span in spans:
        known = unique.get(span.key)
        if known is None:
            unique[span.key] = span
            continue
        duplicates += 1
        said = (known.end_ns is not None, len(known.attributes))
        if (span.end_ns is not None, len(span.attributes)) > said:
            unique[span.key] = span
    return unique, duplicates


def _parents(unique: dict[Key, Span]) -> tuple[dict[Key, Key | None], set[Key], int]:
    parents: dict[Key, Key | None] = {}
    orphans: set[Key] = set()
    for key, span in unique.items():
        parent = (span.trace_id, span.parent_id) if span.parent_id else None
        if parent is not None and parent not in unique:
            orphans.add(key)
            parent = None
        parents[key] = parent
    return parents, orphans, _cut_cycles(unique, parents)


def _cut_cycles(unique: dict[Key, Span], parents: dict[Key, Key | None]) -> int:
    """Make the earliest span of each cycle a root; returns how many cycles there were."""
    settled: set[Key] = set()
    cycles = 0
    for start in unique:
        trail: list[Key] = []
        seen: set[Key] = set()
        node: Key | None = start
        while node is not None and node not in settled and node not in seen:
            trail.append(node)
            seen.add(node)
            node = parents[node]
        if node is not None and node in seen:
            loop = trail[trail.index(node) :]
            parents[min(loop, key=lambda key: unique[key].start_ns or 0)] = None
            cycles += 1
        settled.update(trail)
    return cycles


class _Order:
    """The causal sort key of a span: start, depth, place among the calls asked for, own times, given order.

    A span starts no earlier than its parent; its own times decide only among those that then start together.
    """

    def __init__(self, unique: dict[Key, Span], parents: dict[Key, Key | None]) -> None:
        self.given = {key: index for index, key in enumerate(unique)}
        self.own = {key: (span.start_ns or 0, span.end_ns or _NEVER) for key, span in unique.items()}
        self.start: dict[Key, int] = {}
        self.depth: dict[Key, int] = {}
        for key in unique:
            self._settle(key, unique, parents)
        asked = (
            part.call_id
            for key in sorted(unique, key=self.start.__getitem__)
            for part in unique[key].requested_calls
            if part.call_id is not None
        )
        self.call = {call_id: index for index, call_id in enumerate(dict.fromkeys(asked))}
        self.call_of = {key: span.tool.call_id for key, span in unique.items() if span.tool is not None}

    def _settle(self, key: Key, unique: dict[Key, Span], parents: dict[Key, Key | None]) -> None:
        chain: list[Key] = []
        node: Key | None = key
        while node is not None and node not in self.start:
            chain.append(node)
            node = parents[node]
        for item in reversed(chain):
            parent = parents[item]
            floor, depth = (self.start[parent], self.depth[parent] + 1) if parent else (0, 0)
            own = unique[item].start_ns
            self.start[item] = floor if own is None else max(own, floor)
            self.depth[item] = depth

    def __call__(self, key: Key) -> tuple[int, int, int, tuple[int, int], int]:
        call = self.call.get(self.call_of.get(key) or "", len(self.call))
        return (self.start[key], self.depth[key], call, self.own[key], self.given[key])


def _place(order: _Order, parents: dict[Key, Key | None], orphans: set[Key]) -> list[tuple[Key, Place]]:
    children: dict[Key | None, list[Key]] = {}
    for key in sorted(parents, key=order):
        children.setdefault(parents[key], []).append(key)
    rows: list[tuple[Key, int, int]] = []
    position: dict[Key, int] = {}
    stack = [(key, 0) for key in reversed(children.get(None, []))]
    while stack:
        key, depth = stack.pop()
        parent = parents[key]
        position[key] = len(rows)
        rows.append((key, depth, position[parent] if parent else -1))
        stack.extend((child, depth + 1) for child in reversed(children.get(key, [])))
    last = list(range(len(rows)))
    for index in range(len(rows) - 1, -1, -1):
        parent_at = rows[index][2]
        if parent_at >= 0:
            last[parent_at] = max(last[parent_at], last[index])
    return [
        (key, Place(index, depth, parent_at, last[index], key in orphans))
        for index, (key, depth, parent_at) in enumerate(rows)
    ]


def _steps(spans: Sequence[Span], places: Sequence[Place], order: _Order) -> tuple[Step, ...]:
    rows = [place.position for place in places if _is_step(spans, places, place.position)]
    rows.sort(key=lambda row: (*order(spans[row].key)[:-1], row))
    recorded = [spans[row].recorded_step for row in rows]
    use_recorded = sum(number is not None for number in recorded) * 2 > len(rows)
    steps: list[Step] = []
    number = 0
    for index, row in enumerate(rows):
        given = recorded[index]
        if not use_recorded:
            number = index + 1
        elif given is not None:
            number = given
        steps.append(Step(index, number, row, spans[row]))
    return tuple(steps)


def _is_step(spans: Sequence[Span], places: Sequence[Place], row: int) -> bool:
    """Whether a span is a step: wrappers around the same call, one library inside another, are not."""
    span = spans[row]
    if span.kind not in STEP_KINDS:
        return False
    below = range(row + 1, places[row].last + 1)
    if span.kind == "llm":
        return not any(spans[child].kind == "llm" and places[child].parent == row for child in below)
    if span.tool is not None and len(below) > 0:
        return not any(
            (inner := spans[child].tool) is not None
            and inner.name == span.tool.name
            and places[child].parent == row
            for child in below
        )
    return True
