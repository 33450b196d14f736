"""Which rows of a tree are on screen when some are folded. Rows are positions in depth-first order.

Folding row `p` hides `p + 1` to its last descendant; a wrapper is hidden by itself, what it holds stays. Kept as
sorted, disjoint hidden ranges, so that both directions of the mapping are a binary search, at any size of the tree.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping

__all__ = ["Folding"]


class Folding:
    """The folded rows of a tree of `count` rows."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._folded: dict[int, int] = {}
        self._wrappers: frozenset[int] = frozenset()
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._hidden_before: list[int] = [0]

    @property
    def visible(self) -> int:
        """How many rows are on screen."""
        return self.count - self._hidden_before[-1]

    @property
    def hidden(self) -> int:
        """How many rows are folded away."""
        return self._hidden_before[-1]

    def is_folded(self, position: int) -> bool:
        """Whether that row is folded."""
        return position in self._folded

    def fold(self, position: int, last: int) -> None:
        """Hide everything below a row."""
        if last > position:
            self._folded[position] = last
            self._rebuild()

    def fold_all(self, ranges: Mapping[int, int]) -> None:
        """Fold many rows at once: row to the last one it hides."""
        self._folded.update((position, last) for position, last in ranges.items() if last > position)
        self._rebuild()

    def unfold_all(self, positions: Iterable[int]) -> None:
        """Unfold many rows at once."""
        for position in positions:
            self._folded.pop(position, None)
        self._rebuild()

    def unfold(self, position: int) -> None:
        """Show what is below a row; rows folded further down stay folded."""
        if self._folded.pop(position, None) is not None:
            self._rebuild()

    def hide(self, wrappers: Iterable[int]) -> None:
        """Hide these rows, and no others, alone; none are hidden so when there are none."""
        self._wrappers = frozenset(wrappers)
        self._rebuild()

    def is_hidden_wrapper(self, position: int) -> bool:
        """Whether that row is hidden by itself."""
        return position in self._wrappers

    def reveal(self, position: int) -> None:
        """Unfold whatever hides that row."""
        hiding = [at for at, last in self._folded.items() if at < position <= last]
        for at in hiding:
            del self._folded[at]
        if hiding or position in self._wrappers:
            self._wrappers -= {position}
            self._rebuild()

    def position_at(self, row: int) -> int:
        """The position shown at a screen row."""
        # Screen rows before range i: its start less what is hidden before it.
        low, high = 0, len(self._starts)
        while low < high:
            middle = (low + high) // 2
            if self._starts[middle] - self._hidden_before[middle] <= row:
                low = middle + 1
            else:
                high = middle
        return row + self._hidden_before[low]

    def row_of(self, position: int) -> int:
        """The screen row of a position; for a hidden one, of the row it is folded into."""
        index = bisect_right(self._starts, position) - 1
        if index < 0:
            return position
        if position <= self._ends[index]:
            return max(self._starts[index] - 1 - self._hidden_before[index], 0)
        return position - self._hidden_before[index + 1]

    def _rebuild(self) -> None:
        self._starts, self._ends, self._hidden_before = [], [], [0]
        folded = ((position + 1, last) for position, last in self._folded.items())
        hidden = [*folded, *((at, at) for at in self._wrappers)]
        for first, last in sorted(hidden, key=lambda span: (span[0], -span[1])):
            if self._ends and first <= self._ends[-1]:
                continue
            self._starts.append(first)
            self._ends.append(last)
            self._hidden_before.append(self._hidden_before[-1] + last - first + 1)
