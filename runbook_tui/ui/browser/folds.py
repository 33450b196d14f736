"""JSON in the detail: the objects and lists that are folded away, and the rows that are left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from runbook_tui.trace.counted import counted
from runbook_tui.ui.rows import Row

__all__ = ["Folds"]

_SHORT: Final = 60
"""Rows up to which nothing is folded: they are read faster than unfolded."""
_BLOCK: Final = 12
"""Rows from which an object or a list inside another is folded in what is longer than that."""


class Folds:
    """Rows, some of which open an object or a list, and which of those are folded.

    Args:
        rows: all rows; `Row.holds` tells how many of those below belong to one.
    """

    def __init__(self, rows: Sequence[Row] = ()) -> None:
        self.all = list(rows)
        self._folded: set[int] = set()
        outermost = range(0)
        for at, row in enumerate(self.all):
            if row.holds and at not in outermost:
                outermost = range(at, at + row.holds + 1)
            elif row.holds >= _BLOCK and len(outermost) > _SHORT:
                self._folded.add(at)
        self._lay_out()

    def _lay_out(self) -> None:
        self.rows: list[Row] = []
        """The rows that are left."""
        self._at: list[int] = []
        at = 0
        while at < len(self.all):
            row = self.all[at]
            self._at.append(at)
            self.rows.append(self._closed(at) if at in self._folded else row)
            at += row.holds + 1 if at in self._folded else 1

    def _closed(self, at: int) -> Row:
        row, last = self.all[at], self.all[at + self.all[at].holds]
        inner = _margin(row) + 2
        entries = sum(
            _margin(held) == inner and not held.text.lstrip().startswith(("]", "}"))
            for held in self.all[at + 1 : at + row.holds + 1]
        )
        text = f"{row.text} … {last.text.lstrip()}"
        return msgspec.structs.replace(row, text=text, right=counted(entries, "item"))

    def renew(self, rows: Sequence[Row]) -> None:
        """Take rows of the same texts, folded as these are."""
        self.all = list(rows)
        self._lay_out()

    def is_folded(self, shown: int) -> bool:
        """Whether a row that is left stands for those it holds."""
        return 0 <= shown < len(self._at) and self._at[shown] in self._folded

    def whole(self, shown: int) -> int:
        """The row of all that stands at this place among those that are left."""
        return self._at[shown] if 0 <= shown < len(self._at) else 0

    def turn(self, shown: int) -> int | None:
        """Unfold the row, or fold the innermost object or list it stands in.

        Returns:
            The row that now is under the cursor; None where there is nothing to fold.
        """
        if not 0 <= shown < len(self._at):
            return None
        at = self._at[shown]
        if at in self._folded:
            self._folded.discard(at)
        else:
            around = (
                one for one in range(at, -1, -1) if self.all[one].holds and at <= one + self.all[one].holds
            )
            found = next(around, None)
            if found is None:
                return None
            at = found
            self._folded.add(at)
        self._lay_out()
        return self._at.index(at)

    def reveal(self, at: int) -> int:
        """Unfold what hides a row of all, and tell where it stands among those that are left."""
        hiding = {one for one in self._folded if one < at <= one + self.all[one].holds}
        if hiding:
            self._folded -= hiding
            self._lay_out()
        return self._at.index(at)


def _margin(row: Row) -> int:
    return len(row.text) - len(row.text.lstrip())
