"""The rows of a span tree: drawn by lines over a window of SQLite rows, so that its size does not matter.

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
from runbook_tui.ui.overview import MAP_WIDTH, Landmarks, cell_of, overview_cells
from runbook_tui.ui.picked import Picked
from runbook_tui.ui.signs import sign
from runbook_tui.ui.span_line import Columns, Story, flat_pieces, tree_pieces
from runbook_tui.ui.telling_apart import differing
from runbook_tui.ui.timeline import Timeline, bar_pieces

__all__ = ["SpanRows"]

_CACHE = 2_000
_READ = 1 << 16
"""Bytes of a span up to which its arguments are read while rows are drawn."""


class SpanRows(ScrollView, can_focus=True):
    """The spans of a session and a cursor on them. What keys mean beyond moving is the room's business."""

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
        self._given: dict[int, str | None] = {}
        """Arguments of the tool calls that were told apart, while a filter is on."""
        self._flags: dict[int, list[str]] = {}
        self._repeats: dict[int, int] = {}
        """Runs of alike rows side by side: the first row to the last."""
        self.story = Story()
        self.columns = Columns()

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
        self._given.clear()
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
            return strip_of(self, [Piece(" " * (width - MAP_WIDTH)), *self._overview_at(y)], width)
        position = self.shown.position_at(at)
        row = self._row(position)
        if row is None:
            return Strip.blank(width, self.rich_style)
        here = position == self.position
        pieces = [Piece(sign("here") if here else " ", "accent"), *self._drawn(row, width - 1 - MAP_WIDTH)]
        drawn = strip_of(self, pieces, width - MAP_WIDTH, cursor=here)
        return Strip.join([drawn, strip_of(self, self._overview_at(y), MAP_WIDTH)])

    def _overview_at(self, y: int) -> list[Piece]:
        """The rail and the cell of the overview beside a line of the screen."""
        height, rows = max(self.size.height, 1), self.shown.visible
        # Signs move only when rows are folded, found or said something of; the cursor is drawn over them.
        key = (height, rows, id(self.shown), id(self.hits), self.story, len(self._flags))
        if self._overview[0] != key:
            self._overview = (key, overview_cells(self._landmarks(), self.shown.row_of, rows, height))
        top = self.scroll_offset.y
        first, last = cell_of(top, rows, height), cell_of(max(min(top + height, rows) - 1, 0), rows, height)
        rail = Piece(sign("view" if rows > height and first <= y <= last else "rail"), "dim")
        if y == cell_of(self.shown.row_of(self.position), rows, height):
            return [rail, Piece(sign("cursor"), "accent")]
        return [rail, self._overview[1].get(y, Piece(" "))]

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
            return flat_pieces(row, width, flags, self.story, self.columns, self._apart(row))
        folded = self.folding.is_folded(row.position)
        last = self._repeats.get(row.position) if folded else None
        repeats = last - row.position + 1 if last is not None else 0
        wrapped = sum(1 for _ in takewhile(self.folding.is_hidden_wrapper, range(row.position - 1, -1, -1)))
        return tree_pieces(
            row, width, flags, self.story, self.columns, folded=folded, repeats=repeats, wrapped=wrapped
        )

    def _apart(self, row: SpanRow) -> str:
        """What tells a picked tool call from the one above or below it that looks the same."""
        if row.tool is None:
            return ""
        at = self.shown.row_of(row.position)
        beside = (self.shown.position_at(near) for near in (at - 1, at + 1) if 0 <= near < self.shown.visible)
        alike = next(
            (near for near in beside if (other := self._row(near)) and other.label == row.label), None
        )
        return "" if alike is None else differing(self._arguments(row.position), self._arguments(alike))

    def _arguments(self, position: int) -> str | None:
        if position not in self._given:
            assert self._table is not None
            if len(self._given) > _CACHE:
                self._given.clear()
            short = self._table.payload_size(position) <= _READ
            span = self._table.payload(position) if short else None
            self._given[position] = (
                span.tool.arguments if span is not None and span.tool is not None else None
            )
        return self._given[position]

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

    def on_click(self, event: Click) -> None:
        """Put the cursor where the mouse is; in the overview, to that part of the session."""
        height, rows = max(self.size.height, 1), self.shown.visible
        if event.x >= self.size.width - MAP_WIDTH and rows > height:
            self._to_row(event.y * rows // height)
        else:
            self._to_row(event.y + self.scroll_offset.y)
