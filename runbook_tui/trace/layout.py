"""Where the spans of a session stand, apart from the spans: a session too large for memory is placed as any other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import msgspec

from runbook_tui.trace.packed import PackedSpan, pack
from runbook_tui.trace.session import Defects, Place, SessionTrace, Step
from runbook_tui.trace.span import NOT_RECORDED, Span

__all__ = ["HeldSpans", "Layout", "PlacedSession"]


class Layout(msgspec.Struct, frozen=True):
    """The places and numbers of a session's spans in columns; the index of the first five is a position."""

    order: Sequence[int]
    """Which of the given spans stands there, by its index among them."""
    parent: Sequence[int]
    """Position of the parent, -1 for a root."""
    depth: Sequence[int]
    last: Sequence[int]
    """Position of the last descendant, its own position for a leaf."""
    orphan: Sequence[int]
    """1 where the recorded parent is not in the session."""
    steps: Sequence[int]
    """Positions of the steps, in causal order."""
    numbers: Sequence[int]
    """The numbers of the steps, in causal order."""
    numbered: int
    """How many different ones there are."""
    defects: Defects
    recorded: int
    """How many of the spans a file held."""


class Spans(Protocol):
    """Spans by index."""

    def __getitem__(self, index: int, /) -> Span:
        """One of them."""

    def packed(self, index: int, /) -> PackedSpan:
        """One of them, as it is stored."""


class HeldSpans(tuple[Span, ...]):
    """Spans that are in memory."""

    __slots__ = ()

    def packed(self, index: int) -> PackedSpan:
        """One of them, as it is stored."""
        return pack(self[index])


class PlacedSession(msgspec.Struct, frozen=True):
    """One session, complete, of which no more than one span need be in memory."""

    id: str
    format: str
    layout: Layout
    given: Spans
    """The spans in the order that `layout.order` speaks of."""

    def __len__(self) -> int:
        return len(self.layout.order)

    def __iter__(self) -> Iterator[Span]:
        """The spans in depth-first order."""
        return map(self.given.__getitem__, self.layout.order)

    def packed(self) -> Iterator[PackedSpan]:
        """The spans as they are stored, in depth-first order."""
        return map(self.given.packed, self.layout.order)

    def places(self) -> Iterator[Place]:
        """Where each span stands, in depth-first order."""
        layout = self.layout
        columns = zip(layout.depth, layout.parent, layout.last, layout.orphan, strict=True)
        for position, (depth, parent, last, orphan) in enumerate(columns):
            yield Place(position, depth, parent, last, orphan == 1)

    def whole(self) -> SessionTrace:
        """The session with all of its spans."""
        spans = tuple(self)
        steps = tuple(
            [
                Step(index, number, position, spans[position])
                for index, (number, position) in enumerate(
                    zip(self.layout.numbers, self.layout.steps, strict=True)
                )
            ]
        )
        return SessionTrace(self.id, self.format, spans, tuple(self.places()), steps, self.layout.defects)

    @staticmethod
    def of(session: SessionTrace) -> PlacedSession:
        """A session that is in memory."""
        places = session.places
        layout = Layout(
            order=range(len(places)),
            parent=[place.parent for place in places],
            depth=[place.depth for place in places],
            last=[place.last for place in places],
            orphan=[place.orphan for place in places],
            steps=[step.position for step in session.steps],
            numbers=[step.number for step in session.steps],
            numbered=len({step.number for step in session.steps}),
            defects=session.defects,
            recorded=sum(NOT_RECORDED not in span.attributes for span in session.spans),
        )
        return PlacedSession(session.id, session.format, layout, HeldSpans(session.spans))
