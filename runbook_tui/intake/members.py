"""The spans of one session while they are completed: their outlines at hand, themselves fetched when asked for."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from itertools import pairwise

from runbook_tui.intake.spill import SpanList
from runbook_tui.trace import Mark, Outline, PackedSpan, Span, parents_of, without_repeats

__all__ = ["Members"]


class Members:
    """One of each recorded span, by start; indices are into that order.

    Args:
        spans: the spans of a file.
        chosen: which of them belong to the session, repeats allowed.
    """

    def __init__(self, spans: SpanList, chosen: Iterable[int]) -> None:
        self._spans = spans
        outlines = spans.outlines

        def begins(at: int) -> int:
            return outlines[at].start_ns or 0

        given = array("i", chosen)
        if any(begins(one) > begins(other) for one, other in pairwise(given)):  # sorting takes memory
            given = array("i", sorted(given, key=begins))
        kept, self.repeated = without_repeats([outlines[at] for at in given])
        if self.repeated:
            given = array("i", (given[index] for index in kept))
        self._at = array("i", (at for at in given if not outlines[at].marks & Mark.UNRECORDED))
        self.outlines: list[Outline] = [outlines[at] for at in self._at]
        self.added = [spans[at] for at in given if outlines[at].marks & Mark.UNRECORDED]
        """Spans that no file held, from when the session was completed before."""
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

    def __setitem__(self, index: int, span: Span) -> None:
        at = self._at[index]
        self._spans[at] = span
        self.outlines[index] = self._spans.outlines[at]

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
