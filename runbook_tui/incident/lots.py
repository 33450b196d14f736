"""Spans that wait to be written together, and when it is their turn.

Writing to a session means writing all of it again, for a span that comes late may move every row. So a session is
written when it pauses, when twice as much waits as it has, or when its last writing has been paid for several times over:
a large session that goes on growing then costs a share of the time, not all of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from runbook_tui.intake.raw import RawEvent
from runbook_tui.trace import Span

__all__ = ["Lot", "by_trace"]

Key = tuple[str, str]

_PAUSE_S: Final = 0.3
_AT_MOST_S: Final = 1.0
"""A session that never pauses is written so often, where it is cheap."""
_SHARE: Final = 5
"""Of the time, at most one part in so many and one goes into writing a session that never pauses."""
_MUCH: Final = 128 << 20
"""Bytes that wait from which their number alone decides."""


class Lot(msgspec.Struct):
    """What waits of one session, as far as it can be told now what one session is."""

    spans: list[Span] = msgspec.field(default_factory=list)
    logs: dict[Key, list[RawEvent]] = msgspec.field(default_factory=dict)
    """Events for spans, by span."""
    numbers: set[int] = msgspec.field(default_factory=set)
    """The requests it came in."""
    format: str = ""
    waiting: int = 0
    """Bytes of requests, shared ones counted for each lot."""
    first: float = 0.0
    """When the first of what waits was read, in seconds."""
    last: float = 0.0
    logs_tried: bool = False
    """The logs found no span last time; they wait for one to come."""
    written: float = float("-inf")
    cost: float = 0.0
    """Seconds the last writing took."""
    size: int = 0
    """Bytes of requests that were written."""

    def put(self, number: int, size: int, now: float) -> None:
        """Count a request in."""
        if not self.numbers:
            self.first = now
        self.last = now
        if number not in self.numbers:
            self.numbers.add(number)
            self.waiting += size

    @property
    def is_due_at_all(self) -> bool:
        """Whether anything waits that could be written."""
        return bool(self.spans) or (bool(self.logs) and not self.logs_tried)

    def is_due(self, now: float, *, idle: bool) -> bool:
        """Whether to write it now.

        Args:
            now: seconds of a steady clock.
            idle: nothing else waits to be read.
        """
        if not self.is_due_at_all:
            return False
        if self.waiting >= max(_MUCH, 2 * self.size):
            return True
        rested = now - self.written
        if now - self.first >= _AT_MOST_S and rested >= _SHARE * self.cost:
            return True
        if not idle or now - self.last < _PAUSE_S:
            return False
        return 2 * self.waiting >= self.size or rested >= self.cost

    def is_written(self, cost: float, now: float) -> None:
        """Nothing waits any more but logs without a span; it took `cost` seconds."""
        self.spans = []
        self.numbers = set()
        self.size += self.waiting
        self.waiting = 0
        self.written, self.cost = now, cost


def by_trace(spans: Iterable[Span]) -> dict[str, list[Span]]:
    """The spans of each trace."""
    found: dict[str, list[Span]] = {}
    for span in spans:
        found.setdefault(span.trace_id, []).append(span)
    return found
