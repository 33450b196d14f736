"""One scale for a session that waits for hours and works for seconds: idle time is cut out, and where is known."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Final

__all__ = ["TimeScale", "critical_path"]

_LEAST_SHARE: Final = 0.02
"""Of the time in which something runs, an idle stretch is at least this long to be cut out."""


class TimeScale:
    """Maps moments to columns.

    Args:
        intervals: start and end of everything that works, in order of start.
    """

    def __init__(self, intervals: Iterable[tuple[int, int]]) -> None:
        busy = _merged(intervals)
        least = _LEAST_SHARE * sum(end - start for start, end in busy)
        self._pieces: list[tuple[int, int]] = []
        for start, end in busy:
            if self._pieces and start - self._pieces[-1][1] <= least:
                self._pieces[-1] = (self._pieces[-1][0], end)
            else:
                self._pieces.append((start, end))
        self._spreads: dict[int, list[tuple[int, int, int, int]]] = {}

    @property
    def begin(self) -> int:
        """The first moment of the scale."""
        return self._pieces[0][0] if self._pieces else 0

    @property
    def end(self) -> int:
        """The last moment of the scale."""
        return self._pieces[-1][1] if self._pieces else 0

    def cuts(self, width: int) -> tuple[int, ...]:
        """The columns that stand for idle time; none where there is more of it than half the columns could stand for."""
        spread = self._spread(width)
        return tuple(first - 1 for _, _, first, _ in spread[1:]) if self._is_marked(width) else ()

    def _is_marked(self, width: int) -> bool:
        return len(self._pieces) <= width // 2

    def columns(self, start: int, end: int, width: int) -> tuple[int, int]:
        """First and one past the last column of an interval; at least one column."""
        first = self._column(start, width)
        last = self._column(end, width)
        return min(first, width - 1), max(min(last, width), min(first, width - 1) + 1)

    def _column(self, moment: int, width: int) -> int:
        spread = self._spread(width)
        if not spread:
            return 0
        at = max(bisect_right(spread, moment, key=lambda piece: piece[0]) - 1, 0)
        start, end, first, columns = spread[at]
        share = min(max(moment - start, 0), end - start) / max(end - start, 1)
        return first + int(share * columns)

    def _spread(self, width: int) -> list[tuple[int, int, int, int]]:
        """Pieces as start, end, first column, columns."""
        if width in self._spreads:
            return self._spreads[width]
        # Where idle time has a column, so has every piece between.
        least = 1 if self._is_marked(width) else 0
        total = sum(end - start for start, end in self._pieces) or 1
        room = width - least * (2 * len(self._pieces) - 1)
        found: list[tuple[int, int, int, int]] = []
        passed = 0
        for number, (start, end) in enumerate(self._pieces):
            first = passed * room // total
            passed += end - start
            found.append((start, end, first + 2 * least * number, passed * room // total - first + least))
        self._spreads = {width: found}
        return found


def _merged(intervals: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in intervals:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, max(start, end)))
    return merged


def critical_path(steps: Sequence[tuple[int, int, int]]) -> frozenset[int]:
    """The chain of steps that the end waited for: each one the last to have ended when the next began.

    Args:
        steps: key, start and end of each step that has no step below it.
    """
    path: list[int] = []
    before: int | None = None
    for key, start, end in sorted(steps, key=lambda step: (step[2], step[1]), reverse=True):
        if before is None or end <= before:
            path.append(key)
            before = start
    return frozenset(path)
