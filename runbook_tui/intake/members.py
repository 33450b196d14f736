"""The spans of one session while they are completed: their outlines at hand, themselves fetched when asked for."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any, Final

from runbook_tui.intake.spill import SpanList
from runbook_tui.trace import Mark, Outline, PackedSpan, Span, changed, parents_of, without_repeats

__all__ = ["Members"]

_NEVER: Final = 2**64


class Members:
    """One of each recorded span, by start; indices are into that order.

    Args:
        spans: the spans of a file.
        chosen: which of them belong to the session, repeats allowed.
    """

    def __init__(self, spans: SpanList, chosen: Iterable[int]) -> None:
        self._spans = spans
        self._at = _in_order(spans.outlines, chosen)
        kept, self.repeated = without_repeats([spans.outlines[at] for at in self._at])
        if self.repeated:
            self._at = array("i", (self._at[index] for index in kept))
        self.outlines: list[Outline] = [spans.outlines[at] for at in self._at]
        self.changed: set[int] = set()
        """Those that others made something else."""
        self.above = parents_of(self.outlines)
        """The index of each one's parent, -1 where it is not here."""

    def __len__(self) -> int:
        return len(self._at)

    def __iter__(self) -> Iterator[Outline]:
        return iter(self.outlines)

    def __getitem__(self, index: int) -> Span:
        return self._spans[self._at[index]]

    def packed(self, index: int) -> PackedSpan:
        """One of them, as it is stored."""
        return self._spans.packed(self._at[index])

    def change(self, index: int, **fields: Any) -> None:
        """Others make one of them something else in these fields."""
        at = self._at[index]
        self._spans[at] = changed(self._spans[at], **fields)
        self.outlines[index] = self._spans.outlines[at]
        self.changed.add(index)

    def add(self, spans: Iterable[Span]) -> None:
        """Add spans that no file held, after all others; they may be found one by one among those that are here."""
        added: list[Outline] = []
        for span in spans:
            self._at.append(len(self._spans))
            self._spans.append(span)
            added.append(self._spans.outlines[-1])
        if added:
            self.outlines += added
            self.above = parents_of(self.outlines)

    def around(self, index: int) -> Iterator[int]:
        """The spans around one, innermost first; a cycle ends where it begins again."""
        seen = {index}
        index = self.above[index]
        while index >= 0 and index not in seen:
            yield index
            seen.add(index)
            index = self.above[index]


def _in_order(outlines: list[Outline], chosen: Iterable[int]) -> array[int]:
    """Those of the spans that were recorded, by start, whatever order they came in; outer ones before inner ones.

    Where no times were recorded the order in which they came is all there is.
    """
    given = array("i", (at for at in chosen if not outlines[at].marks & Mark.UNRECORDED))

    def begins(at: int) -> int:
        return outlines[at].start_ns or 0

    def place(at: int) -> tuple[int, int, str, bytes]:
        span = outlines[at]
        start, end = span.start_ns, span.end_ns
        if start is None:
            return 0, 0, "", b""
        return start, -(_NEVER if end is None else end), span.trace_id, span.code

    for one, other in pairwise(given):
        first, second = begins(one), begins(other)
        if first > second or (first == second and place(one) > place(other)):
            return array("i", sorted(given, key=place))  # rarely: sorting takes memory
    return given
