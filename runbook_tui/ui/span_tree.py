"""The span tree: which rows of it are folded, by hand or because they are alike, and how it grows without moving."""

from __future__ import annotations

from runbook_tui.evidence import SpanRow, SpanTable
from runbook_tui.ui.folding import Folding
from runbook_tui.ui.span_rows import SpanRows

__all__ = ["SpanTree"]

_FEWEST_REPEATS = 4
"""Alike rows side by side from which they are folded into one."""
_MOST_LOOKED_AT = 200_000
"""Spans up to which a session is searched for repeats and wrappers when it is opened."""


class SpanTree(SpanRows):
    """One session's spans as a tree."""

    def __init__(self) -> None:
        super().__init__()
        self._folded_ids: set[str] = set()
        """Ids of the spans that were folded by hand."""
        self._folded_levels: set[int | None] = set()
        """Depths that were folded whole; None for all."""
        self._unfolded_ids: set[str] = set()
        """Ids of the first spans of runs that were unfolded by hand."""
        self._wrappers: frozenset[int] = frozenset()
        """Rows that hold one other of their own name alone."""
        self._wrappers_shown = False

    def open(self, table: SpanTable, position: int = 0) -> None:
        """Show the spans of a session, the cursor at `position`."""
        self._read(table)
        self.folding.fold_all(self._repeats)
        self.folding.hide(self._wrappers)
        self.go(min(max(position, 0), max(table.count - 1, 0)))

    def _read(self, table: SpanTable) -> None:
        self._table = table
        self.folding = Folding(table.count)
        self._rows.clear()
        self._given.clear()
        self._flags = {}
        for flag in table.flags():
            self._flags.setdefault(flag.position, []).append(flag.flag)
        looked_at = table.count <= _MOST_LOOKED_AT
        self._repeats = table.repeats(_FEWEST_REPEATS) if looked_at else {}
        self._wrappers = frozenset(table.wrappers() if looked_at else ())

    def renew(self, table: SpanTable) -> None:
        """Show the same session with what has come since. What is being read stays where it is on the screen.

        Args:
            table: the session as it is now; the one shown until now must still see it as it was.
        """
        if self._table is None:
            self.open(table)
            return
        top = self.scroll_offset.y
        on_screen = range(top, min(top + self.size.height, self.shown.visible))
        shown = [row for line in on_screen if (row := self._row(self.shown.position_at(line))) is not None]
        here, line = self.row, self.shown.row_of(self.position)
        anchor = here if here is not None and line in on_screen else next(iter(shown), None)
        offset = (line if anchor is here else top) - top
        self._read(table)
        self._fold_again({row.span_id for row in shown})
        place = table.position_of_span(here.span_id) if here is not None else None
        held = table.position_of_span(anchor.span_id) if anchor is not None else None
        place = min(self.position, max(table.count - 1, 0)) if place is None else place
        self.folding.reveal(place)
        self._measure()
        self.set_reactive(SpanTree.position, place)
        if held is not None:
            self.scroll_to(y=self.shown.row_of(held) - offset, animate=False, immediate=True)
        self.refresh()

    def _fold_again(self, shown: set[str]) -> None:
        """Fold what was folded, and new runs of alike rows where they hide nothing that was on screen."""
        assert self._table is not None
        ranges: dict[int, int] = {}
        known = {at for span_id in shown if (at := self._table.position_of_span(span_id)) is not None}
        for first, last in self._repeats.items():
            first_row = self._table.row(first)
            opened = first_row is not None and first_row.span_id in self._unfolded_ids
            if not opened and not any(first < at <= last for at in known):
                ranges[first] = last
        for level in self._folded_levels:
            ranges |= {
                first: last
                for first, last in self._table.parents(level).items()
                if not any(first < at <= last for at in known)
            }
        for span_id in self._folded_ids:
            at = self._table.position_of_span(span_id)
            row = self._table.row(at) if at is not None else None
            if row is not None:
                ranges[row.position] = row.last
        self.folding.fold_all(ranges)
        self.folding.hide(() if self._wrappers_shown else self._wrappers - known)

    def unfold(self) -> None:
        """Show what is below the cursor; on an unfolded row go to its first child."""
        row = self.row
        if (
            self.picked is not None
            or row is None
            or not (row.has_children or self.folding.is_folded(row.position))
        ):
            return
        if self.folding.is_folded(row.position):
            self._folded_ids.discard(row.span_id)
            self._unfolded_ids.add(row.span_id)
            self.folding.unfold(row.position)
            self._measure()
            self.refresh()
        else:
            self.action_move(1)

    def fold(self) -> None:
        """Hide what is below the cursor; on a folded row or a leaf go to the parent."""
        row = self.row
        if row is None or self.picked is not None:
            return
        run = next((first for first, last in self._repeats.items() if first <= row.position <= last), None)
        if run is not None and not self.folding.is_folded(run):
            self.folding.fold(run, self._repeats[run])
            if (first := self._row(run)) is not None:
                self._unfolded_ids.discard(first.span_id)
            self._measure()
            self.position = run
            self._reveal()
        elif row.has_children and not self.folding.is_folded(row.position):
            self.folding.fold(row.position, row.last)
            self._folded_ids.add(row.span_id)
            self._measure()
            self.refresh()
        elif (parent := self._shown_parent(row)) >= 0:
            self.position = parent
            self._reveal()

    def _shown_parent(self, row: SpanRow) -> int:
        """Position of the nearest row above it that is no hidden wrapper; -1 where there is none."""
        parent = row.parent
        while self.folding.is_hidden_wrapper(parent) and (above := self._row(parent)) is not None:
            parent = above.parent
        return parent

    def fold_level(self) -> None:
        """Fold every row as deep as the one under the cursor, or unfold them where one is folded."""
        row = self.row
        if self._table is not None and row is not None and self.picked is None:
            self._turn(row.depth, self._table.parents(row.depth))

    def fold_everything(self) -> None:
        """Fold every row below the roots, or unfold all where one is folded."""
        if self._table is not None and self.picked is None:
            self._turn(None, self._table.parents())

    def _turn(self, level: int | None, ranges: dict[int, int]) -> None:
        folded = [first for first in ranges if self.folding.is_folded(first)]
        if folded:
            self.folding.unfold_all(folded)
            self._folded_ids.clear()
            self._folded_levels = set() if level is None else self._folded_levels - {level, None}
        else:
            self.folding.fold_all(ranges)
            self._folded_levels.add(level)
        self._settle()

    def _settle(self) -> None:
        """Put the cursor on the row that its own was folded into."""
        self._measure()
        self.position = self.folding.position_at(self.folding.row_of(self.position))
        self._reveal()
        self.refresh()

    def fold_repeats(self) -> None:
        """Fold all runs of alike rows and hide wrappers, or show them where they are not on screen."""
        if self.picked is not None:
            return
        folded = [first for first in self._repeats if self.folding.is_folded(first)]
        wrapped = any(map(self.folding.is_hidden_wrapper, self._wrappers))
        self._wrappers_shown = bool(folded or wrapped)
        if self._wrappers_shown:
            self.folding.unfold_all(folded)
            self.folding.hide(())
        else:
            self.folding.fold_all(self._repeats)
            self.folding.hide(self._wrappers)
        self._settle()
