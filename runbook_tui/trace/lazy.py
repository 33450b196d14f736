"""A session whose spans stay where they are stored: each is fetched when it is looked at, so that its size does not
matter to whoever goes through it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Protocol, TypeVar, cast, overload

from runbook_tui.trace.layout import Layout
from runbook_tui.trace.session import Place, SessionTrace, Step
from runbook_tui.trace.span import Span
from runbook_tui.trace.words import Kind

__all__ = ["KeptSpans", "LazyTrace", "lazily"]

Item = TypeVar("Item")


class KeptSpans(Protocol):
    """Where the spans of a session are kept, by position."""

    def span_at(self, position: int, /) -> Span:
        """The span there."""

    def position_of(self, span_id: str, /) -> int | None:
        """Where a span is; None where it is not."""

    def holding(self, pieces: Sequence[str], /) -> Collection[int]:
        """As `SessionTrace.holding`."""


class LazyTrace(SessionTrace, frozen=True, kw_only=True):
    """A `SessionTrace` that holds nothing but places; valid as long as what keeps the spans is open."""

    kept: KeptSpans
    layout: Layout

    def step_of(self, span_id: str) -> Step | None:
        """The step of that span, if it is one."""
        position = self.kept.position_of(span_id)
        if position is None or position not in self.layout.steps:
            return None
        return self.steps[self.layout.steps.index(position)]

    def holding(self, pieces: Sequence[str]) -> Collection[int] | None:
        """Positions of the spans that may hold one of these pieces."""
        return self.kept.holding(pieces)


def lazily(session_id: str, format_name: str, layout: Layout, kept: KeptSpans) -> LazyTrace:
    """A session of these places, with the spans that are kept elsewhere.

    Args:
        session_id: the session's id.
        format_name: the convention it was recorded in.
        layout: where its spans stand.
        kept: the spans.
    """

    def place(at: int) -> Place:
        return Place(at, layout.depth[at], layout.parent[at], layout.last[at], layout.orphan[at] == 1)

    def step(index: int) -> Step:
        # A Step holds its span; this fetches it, and is a Step to whoever reads it.
        return cast("Step", _LazyStep(index, layout.numbers[index], layout.steps[index], kept.span_at))

    every = range(len(layout.order))
    return LazyTrace(
        session_id,
        format_name,
        _Made(kept.span_at, every),
        _Made(place, every),
        _Made(step, range(len(layout.steps))),
        layout.defects,
        kept=kept,
        layout=layout,
    )


class _Made(Sequence[Item]):
    """A sequence whose items are made anew each time they are asked for."""

    def __init__(self, make: Callable[[int], Item], indexes: Sequence[int]) -> None:
        self._make = make
        self._indexes = indexes

    def __len__(self) -> int:
        return len(self._indexes)

    def __iter__(self) -> Iterator[Item]:
        return map(self._make, self._indexes)

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Item]: ...
    def __getitem__(self, index: int | slice) -> Item | Sequence[Item]:
        if isinstance(index, slice):
            return _Made(self._make, self._indexes[index])
        return self._make(self._indexes[index])


class _LazyStep:
    __slots__ = ("_fetch", "index", "number", "position")

    def __init__(self, index: int, number: int, position: int, fetch: Callable[[int], Span]) -> None:
        self.index, self.number, self.position = index, number, position
        self._fetch = fetch

    @property
    def span(self) -> Span:
        return self._fetch(self.position)

    @property
    def kind(self) -> Kind:
        return self.span.kind

    @property
    def label(self) -> str:
        return self.span.label
