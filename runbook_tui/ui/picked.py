"""The rows that a filter lets through, without the tree; stands in for the folding while there is a filter."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

__all__ = ["Picked"]


class Picked:
    """Rows by their positions, in order."""

    def __init__(self, positions: Sequence[int]) -> None:
        self._positions = positions

    def __contains__(self, position: int) -> bool:
        at = bisect_left(self._positions, position)
        return at < len(self._positions) and self._positions[at] == position

    @property
    def visible(self) -> int:
        """How many rows are on screen."""
        return len(self._positions)

    def position_at(self, row: int) -> int:
        """The position shown at a screen row."""
        return self._positions[min(row, len(self._positions) - 1)] if self._positions else 0

    def row_of(self, position: int) -> int:
        """The screen row of a position; for one that is not there, of the next that is."""
        return min(bisect_left(self._positions, position), max(len(self._positions) - 1, 0))

    def reveal(self, position: int) -> None:
        """Nothing hides a row that was picked."""
