"""From a flat, possibly damaged list of spans to one tree in causal order.

Orphans become roots and cycles are cut at their first span in time; both are marked and counted, nothing
is dropped. What another process called is a root where its caller is not here, and no orphan. A child never
comes before its parent, whatever the clocks said.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final

from runbook_tui.trace.layout import HeldSpans, Layout, PlacedSession
from runbook_tui.trace.outline import Mark, Outline, Outliner, parents_of, without_repeats
from runbook_tui.trace.session import Defects, SessionTrace
from runbook_tui.trace.span import Span
from runbook_tui.trace.words import STEP_KINDS

__all__ = ["build_session", "lay_out"]

_NEVER: Final = 2**64
"""The end of a span that never ended, in nanoseconds."""
_ROOT: Final = -1
_INDEX: Final = "i"
_INDEX_BYTES: Final = array(_INDEX).itemsize


def build_session(session_id: str, format_name: str, spans: Iterable[Span]) -> SessionTrace:
    """Place and number the spans of one session.

    Args:
        session_id: the session's id.
        format_name: the convention they were recorded in, for the record.
        spans: in any order, duplicates allowed.

    Returns:
        The session, its spans in depth-first order, its steps in causal order.
    """
    given = list(spans)
    outline = Outliner().of
    outlines = [outline(span) for span in given]
    kept, repeated = without_repeats(outlines)
    if repeated:
        given = [given[index] for index in kept]
        outlines = [outlines[index] for index in kept]
    layout = lay_out(outlines, parents_of(outlines), repeated)
    return PlacedSession(session_id, format_name, layout, HeldSpans(given)).whole()


def lay_out(outlines: Sequence[Outline], parents: Sequence[int], repeated: int) -> Layout:
    """Place and number spans by their outlines.

    Args:
        outlines: one a span.
        parents: the index of each one's parent, -1 where there is none.
        repeated: how many spans came more than once, for the record.
    """
    orphans = bytearray(
        bool(outline.parent_id) and parent == _ROOT and outline.marks & Mark.CALLED_IN == 0
        for outline, parent in zip(outlines, parents, strict=True)
    )
    above = array(_INDEX, parents)
    cycles = _cut_cycles(outlines, above)
    equal_times = _equal_times(outlines, above)
    order = _Order(outlines, above)
    rows, depths = _depth_first(order, above)
    at = array(_INDEX, bytes(_INDEX_BYTES * len(rows)))
    for position, index in enumerate(rows):
        at[index] = position
    parent = array(_INDEX, (_ROOT if above[index] == _ROOT else at[above[index]] for index in rows))
    last = array(_INDEX, range(len(rows)))
    for position in range(len(rows) - 1, -1, -1):
        over = parent[position]
        if over >= 0 and last[position] > last[over]:
            last[over] = last[position]
    steps, numbers, numbered = _steps(outlines, rows, parent, at, order)
    return Layout(
        order=rows,
        parent=parent,
        depth=depths,
        last=last,
        orphan=bytes(orphans[index] for index in rows),
        steps=steps,
        numbers=numbers,
        numbered=numbered,
        recorded=sum(item.marks & Mark.UNRECORDED == 0 for item in outlines),
        defects=Defects(
            orphans=sum(orphans),
            duplicates=repeated,
            cycles=cycles,
            reversed_times=sum(
                item.start_ns is not None and item.end_ns is not None and item.end_ns < item.start_ns
                for item in outlines
            ),
            missing_times=sum(item.start_ns is None for item in outlines),
            equal_times=equal_times,
            cut_texts=sum(item.marks & Mark.CUT != 0 for item in outlines),
            unrecorded_calls=sum(
                item.kind == "tool" and item.marks & Mark.UNRECORDED != 0 for item in outlines
            ),
        ),
    )


def _equal_times(outlines: Sequence[Outline], above: Sequence[int]) -> int:
    """How many spans start together with a sibling."""
    timed = [index for index, outline in enumerate(outlines) if outline.start_ns is not None]
    timed.sort(key=lambda index: outlines[index].start_ns or 0)
    timed.sort(key=above.__getitem__)
    together = 0
    was_equal = False
    for one, other in pairwise(timed):
        equal = above[one] == above[other] and outlines[one].start_ns == outlines[other].start_ns
        together += (2 - was_equal) * equal
        was_equal = equal
    return together


def _cut_cycles(outlines: Sequence[Outline], above: array[int]) -> int:
    """Make the earliest span of each cycle a root; returns how many cycles there were."""
    settled = bytearray(len(outlines))
    cycles = 0
    for start in range(len(outlines)):
        if settled[start]:
            continue
        trail: list[int] = []
        seen: set[int] = set()
        node = start
        while node != _ROOT and not settled[node] and node not in seen:
            trail.append(node)
            seen.add(node)
            node = above[node]
        if node in seen:
            loop = trail[trail.index(node) :]
            above[min(loop, key=lambda index: outlines[index].start_ns or 0)] = _ROOT
            cycles += 1
        for item in trail:
            settled[item] = 1
    return cycles


class _Order:
    """The causal order of spans: start, depth, place among the calls asked for, own times, id.

    A span starts no earlier than its parent; its own times decide only among those that then start together, and its
    id so that one session has one order, however its spans came. Those without times stay in the order given.
    """

    def __init__(self, outlines: Sequence[Outline], above: Sequence[int]) -> None:
        self._outlines = outlines
        self._start = array("q", [-1]) * len(outlines)
        self._depth = array(_INDEX, bytes(_INDEX_BYTES * len(outlines)))
        for index in range(len(outlines)):
            self._settle(index, above)
        self._call = self._calls()

    def _settle(self, index: int, above: Sequence[int]) -> None:
        start, depth = self._start, self._depth
        chain: list[int] = []
        node = index
        while node != _ROOT and start[node] < 0:
            chain.append(node)
            node = above[node]
        floor, deep = (0, 0) if node == _ROOT else (start[node], depth[node] + 1)
        for item in reversed(chain):
            own = self._outlines[item].start_ns
            floor = floor if own is None or own < floor else own
            start[item], depth[item] = floor, deep
            deep += 1

    def _calls(self) -> array[int]:
        """The place of each span's call among those asked for; behind all of them where it is none."""
        asking = [index for index, outline in enumerate(self._outlines) if outline.asks]
        asking.sort(key=self._start.__getitem__)
        asked: dict[str | None, int] = {}
        for index in asking:
            for call_id in self._outlines[index].asks:
                if call_id is not None:
                    asked.setdefault(call_id, len(asked))
        behind = len(asked)
        return array(_INDEX, (asked.get(outline.call_id, behind) for outline in self._outlines))

    def sort(self, indices: list[int]) -> None:
        """Bring spans, by index, into causal order; those that nothing tells apart stay as they are."""
        start = self._start
        if any(start[one] > start[other] for one, other in pairwise(indices)):  # rarely; sorting takes memory
            indices.sort(key=start.__getitem__)
        begin = 0
        for end in range(1, len(indices) + 1):
            if end == len(indices) or start[indices[end]] != start[indices[begin]]:
                if end - begin > 1:
                    indices[begin:end] = sorted(indices[begin:end], key=self._among_equals)
                begin = end

    def _among_equals(self, index: int) -> tuple[int, int, int, int, bytes]:
        """What decides between spans that start together."""
        span = self._outlines[index]
        start = span.start_ns
        code = b"" if start is None else span.code
        return self._depth[index], self._call[index], start or 0, span.end_ns or _NEVER, code


def _depth_first(order: _Order, above: Sequence[int]) -> tuple[array[int], array[int]]:
    """Indices of the spans in the order in which they stand, and how deep."""
    causal = list(range(len(above)))
    order.sort(causal)
    # Siblings as a chain, the first of each parent and the next of each child, the roots under an extra last entry.
    first = array(_INDEX, [_ROOT]) * (len(above) + 1)
    following = array(_INDEX, [_ROOT]) * len(above)
    for index in reversed(causal):
        parent = above[index]
        following[index] = first[parent]
        first[parent] = index
    rows, depths = array(_INDEX), array(_INDEX)
    node, depth = first[_ROOT], 0
    while node != _ROOT:
        rows.append(node)
        depths.append(depth)
        if first[node] != _ROOT:
            node, depth = first[node], depth + 1
            continue
        while node != _ROOT and following[node] == _ROOT:
            node, depth = above[node], depth - 1
        node = node if node == _ROOT else following[node]
    return rows, depths


def _steps(
    outlines: Sequence[Outline],
    rows: Sequence[int],
    parent: Sequence[int],
    at: Sequence[int],
    order: _Order,
) -> tuple[array[int], array[int], int]:
    """Positions and numbers of the steps, in causal order, and how many numbers these are."""
    wrappers = _wrappers(outlines, rows, parent)
    steps = [
        index
        for position, index in enumerate(rows)
        if not wrappers[position] and outlines[index].kind in STEP_KINDS
    ]
    order.sort(steps)
    positions = array(_INDEX, (at[index] for index in steps))
    recorded = [outlines[index].recorded_step for index in steps]
    if sum(number is not None for number in recorded) * 2 <= len(steps):
        return positions, array("q", range(1, len(steps) + 1)), len(steps)
    numbers = array("q", _carried(recorded))
    return positions, numbers, len(set(numbers))


def _carried(recorded: Iterable[int | None]) -> Iterator[int]:
    """The number of each step; one that carries none has that of the step before."""
    number = 0
    for given in recorded:
        number = number if given is None else given
        yield number


def _wrappers(outlines: Sequence[Outline], rows: Sequence[int], parent: Sequence[int]) -> bytearray:
    """1 at the positions of spans around the same call, one library inside another; these are no steps."""
    found = bytearray(len(rows))
    for position, index in enumerate(rows):
        if parent[position] == _ROOT:
            continue
        inner, outer = outlines[index], outlines[rows[parent[position]]]
        same_call = inner.tool is not None and inner.tool == outer.tool
        if inner.kind == "llm" if outer.kind == "llm" else same_call:
            found[parent[position]] = 1
    return found
