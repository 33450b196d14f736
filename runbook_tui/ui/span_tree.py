"""The span tree: drawn by lines over a window of SQLite rows, so that its size does not matter.

Never a widget a row and never a tree in memory: only the rows on screen are read.
"""

from __future__ import annotations

from itertools import takewhile
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Click
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from runbook_tui.evidence import SpanRow, SpanTable
from runbook_tui.ui.folding import Folding
from runbook_tui.ui.keys import bindings
from runbook_tui.ui.lines import TONES, Piece, strip_of
from runbook_tui.ui.overview import Landmarks, cell_of, overview_cells
from runbook_tui.ui.picked import Picked
from runbook_tui.ui.signs import sign
from runbook_tui.ui.span_line import Columns, Story, flat_pieces, tree_pieces
from runbook_tui.ui.timeline import Timeline, bar_pieces

__all__ = ["SpanTree"]

_FEWEST_REPEATS = 4
"""Alike rows side by side from which they are folded into one."""
_MOST_LOOKED_AT = 200_000
"""Spans up to which a session is searched for repeats when it is opened."""
_CACHE = 2_000


class SpanTree(ScrollView, can_focus=True):
    """One session's spans. Reports where the cursor is; what keys mean beyond moving is the room's business."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"line--{tone}" for tone in (*TONES, "cursor")}
    BINDINGS: ClassVar[list[BindingType]] = [
        *(binding for binding in bindings("list") if isinstance(binding, Binding) and binding.key != "enter"),
    ]

    position: reactive[int] = reactive(0, repaint=False)
    """Position of the span under the cursor."""

    class Moved(Message):
        """The cursor is on another span."""

        def __init__(self, position: int) -> None:
            super().__init__()
            self.position = position

    def __init__(self) -> None:
        super().__init__()
        self._table: SpanTable | None = None
        self._folded_ids: set[str] = set()
        """Ids of the spans that were folded by hand."""
        self._folded_levels: set[int | None] = set()
        """Depths that were folded whole; None for all."""
        self._unfolded_ids: set[str] = set()
        """Ids of the first spans of runs that were unfolded by hand."""
        self.folding = Folding(0)
        self.picked: Picked | None = None
        """The rows that a filter lets through, while there is one."""
        self.timeline: Timeline | None = None
        """What bars are drawn from, while there are bars."""
        self.hits: list[int] = []
        """Positions of what was searched for."""
        self._overview: tuple[tuple[object, ...], dict[int, Piece]] = ((), {})
        """The cells of the overview, and what they were made from."""
        self._rows: dict[int, SpanRow] = {}
        self._flags: dict[int, list[str]] = {}
        self._repeats: dict[int, int] = {}
        self._wrappers: frozenset[int] = frozenset()
        """Rows that hold one other of their own name alone."""
        self._wrappers_shown = False
        self.story = Story()
        self.columns = Columns()

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

    @property
    def row(self) -> SpanRow | None:
        """The row under the cursor."""
        return self._row(self.position)

    @property
    def flagged(self) -> list[int]:
        """Positions that carry a flag, in order."""
        return sorted(self._flags)

    def flags_at(self, position: int) -> list[str]:
        """Names of the flags on a row."""
        return self._flags.get(position, [])

    @property
    def shown(self) -> Folding | Picked:
        """Which rows are on screen: those that were picked, else all that are not folded away."""
        return self.folding if self.picked is None else self.picked

    def shows(self, position: int) -> bool:
        """Whether a row can be gone to without showing others than those that were picked."""
        return self.picked is None or position in self.picked

    def pick(self, positions: list[int] | None) -> None:
        """Show these rows alone, without the tree; None shows the tree again."""
        self.picked = None if positions is None else Picked(positions)
        if self.picked is not None and self.picked.visible:
            self.position = self.picked.position_at(self.picked.row_of(self.position))
        else:
            self.folding.reveal(self.position)
        self._measure()
        self.call_after_refresh(self._reveal)
        self.refresh()

    def show_timeline(self, timeline: Timeline | None) -> None:
        """Draw bars beside the rows; None draws figures again."""
        self.timeline = timeline
        self.refresh()

    def go(self, position: int) -> None:
        """Put the cursor on a span, unfolding what hides it."""
        if not self.shows(position):
            self.picked = None
        self.shown.reveal(position)
        self._measure()
        self.position = position
        self._reveal()

    def decorate(self, story: Story, columns: Columns) -> None:
        """Set the signs beside the spans, and which figures are told of them."""
        self.story, self.columns = story, columns
        self.refresh()

    def _measure(self) -> None:
        self.virtual_size = Size(self.size.width, self.shown.visible)

    def _row(self, position: int) -> SpanRow | None:
        if self._table is None or not 0 <= position < self._table.count:
            return None
        if position not in self._rows:
            if len(self._rows) > _CACHE:
                self._rows.clear()
            span = max(self.size.height, 20)
            for row in self._table.window(position - 2, position + span):
                self._rows[row.position] = row
        return self._rows.get(position)

    def render_line(self, y: int) -> Strip:
        """Draw one row."""
        width = self.size.width
        at = y + self.scroll_offset.y
        if at >= self.shown.visible:
            return strip_of(self, [Piece(" " * (width - 1)), self._overview_at(y)], width)
        position = self.shown.position_at(at)
        row = self._row(position)
        if row is None:
            return Strip.blank(width, self.rich_style)
        drawn = strip_of(self, self._drawn(row, width - 1), width - 1, cursor=position == self.position)
        return Strip.join([drawn, strip_of(self, [self._overview_at(y)], 1)])

    def _overview_at(self, y: int) -> Piece:
        """The cell of the overview beside a line of the screen."""
        height, rows = max(self.size.height, 1), self.shown.visible
        # Signs move only when rows are folded, found or said something of; the cursor is drawn over them.
        key = (height, rows, id(self.shown), id(self.hits), self.story, len(self._flags))
        if self._overview[0] != key:
            self._overview = (key, overview_cells(self._landmarks(), self.shown.row_of, rows, height))
        if y == cell_of(self.shown.row_of(self.position), rows, height):
            return Piece(sign("cursor"), "accent")
        if (piece := self._overview[1].get(y)) is not None:
            return piece
        top = self.scroll_offset.y
        first, last = cell_of(top, rows, height), cell_of(max(min(top + height, rows) - 1, 0), rows, height)
        return Piece(sign("view") if rows > height and first <= y <= last else " ", "dim")

    def _landmarks(self) -> Landmarks:
        assert self._table is not None
        spans = [self.story.origin] if self.story.origin else []
        origin = [at for span in spans if (at := self._table.position_of_span(span)) is not None]
        marks = [at for span in self.story.marks if (at := self._table.position_of_span(span)) is not None]
        return Landmarks(origin, self.flagged, self.hits, marks)

    def _drawn(self, row: SpanRow, width: int) -> list[Piece]:
        if self.timeline is None:
            return self._pieces(row, width)
        beside = max(width * 3 // 5 - 10, 8)
        critical = sign("critical") if row.position in self.timeline.critical else " "
        return [
            *self._pieces(row, width - beside - 2),
            Piece(critical + " ", "strong"),
            *bar_pieces(row, self.timeline, beside),
        ]

    def _pieces(self, row: SpanRow, width: int) -> list[Piece]:
        flags = self.flags_at(row.position)
        if self.picked is not None:
            return flat_pieces(row, width, flags, self.story, self.columns)
        folded = self.folding.is_folded(row.position)
        last = self._repeats.get(row.position) if folded else None
        repeats = last - row.position + 1 if last is not None else 0
        wrapped = sum(1 for _ in takewhile(self.folding.is_hidden_wrapper, range(row.position - 1, -1, -1)))
        return tree_pieces(
            row, width, flags, self.story, self.columns, folded=folded, repeats=repeats, wrapped=wrapped
        )

    def watch_position(self, before: int, now: int) -> None:
        """Redraw the two rows and their cells of the overview, and tell."""
        top, height, rows = self.scroll_offset.y, max(self.size.height, 1), self.shown.visible
        at = [self.shown.row_of(position) for position in (before, now)]
        lines = {row - top for row in at} | {cell_of(row, rows, height) for row in at}
        self.refresh(*(Region(0, line, self.size.width, 1) for line in lines if 0 <= line < height))
        self.post_message(self.Moved(self.position))

    def on_resize(self) -> None:
        """Keep the cursor in view."""
        self._measure()
        self._reveal()

    def _reveal(self) -> None:
        row = self.shown.row_of(self.position)
        self.scroll_to_region(Region(0, row, 1, 1), animate=False, immediate=True)

    def _to_row(self, row: int) -> None:
        if self.shown.visible:
            self.position = self.shown.position_at(min(max(row, 0), self.shown.visible - 1))
            self._reveal()

    def action_move(self, by: int) -> None:
        """Up or down."""
        self._to_row(self.shown.row_of(self.position) + by)

    def action_page(self, by: int) -> None:
        """A page up or down."""
        self._to_row(self.shown.row_of(self.position) + by * max(self.size.height - 1, 1))

    def action_edge(self, to: int) -> None:
        """To the first or the last row."""
        self._to_row(0 if to < 0 else self.shown.visible - 1)

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

    def on_click(self, event: Click) -> None:
        """Put the cursor where the mouse is; in the overview, to that part of the session."""
        height, rows = max(self.size.height, 1), self.shown.visible
        if event.x >= self.size.width - 1 and rows > height:
            self._to_row(event.y * rows // height)
        else:
            self._to_row(event.y + self.scroll_offset.y)
