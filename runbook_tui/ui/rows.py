"""A list of rows: headings, facts and things to choose, wrapped to the width, drawn by lines."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec
from rich.cells import cell_len
from textual.binding import BindingType
from textual.events import Click, Resize
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from runbook_tui.ui.jsonlines import json_pieces
from runbook_tui.ui.keys import bindings
from runbook_tui.ui.lines import TONES, Piece, Tone, fit, restyled, strip_of, wrap
from runbook_tui.ui.signs import sign

__all__ = ["Row", "RowList", "heading"]


class Row(msgspec.Struct, frozen=True):
    """One row. Without an `id` it cannot be chosen."""

    text: str
    id: tuple[Any, ...] | None = None
    sign: str = ""
    """A name from the table of signs."""
    right: str = ""
    tone: Tone = "text"
    right_tone: Tone = "dim"
    indent: int = 0
    json: bool = False
    """A line of laid-out JSON: names, numbers and signs recede behind its texts."""
    holds: int = 0
    """How many of the rows below are part of the object or list that this one opens."""


def heading(text: str) -> Row:
    """A heading with an empty row above it."""
    return Row(text, tone="heading")


class _Line(msgspec.Struct, frozen=True):
    row: int
    first: bool
    text: str
    right: str


class RowList(ScrollView, can_focus=True):
    """Shows rows; reports which one the cursor is on and which one was chosen."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"line--{tone}" for tone in (*TONES, "cursor")}
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("list")]

    cursor: reactive[int] = reactive(0)
    """Index of the row under the cursor."""

    class Chosen(Message):
        """A row was chosen with enter or a second click."""

        def __init__(self, rows: RowList, row: Row) -> None:
            super().__init__()
            self.rows = rows
            self.row = row

        @property
        def control(self) -> RowList:
            """The list."""
            return self.rows

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self.rows: list[Row] = []
        self._lines: list[_Line] = []
        self._firsts: list[int] = []
        """The first screen line of each row."""

    def show(self, rows: list[Row]) -> None:
        """Replace the rows; the cursor stays on the row of the same id where there is one."""
        here = self.current
        self.rows = rows
        self._lay_out()
        ids = [row.id for row in rows]
        if here is not None and here.id is not None and here.id in ids:
            self.cursor = ids.index(here.id)
        elif not (0 <= self.cursor < len(rows) and rows[self.cursor].id is not None):
            near = min(
                range(len(rows)),
                key=lambda index: (rows[index].id is None, abs(index - self.cursor)),
                default=0,
            )
            self.cursor = near
        self.refresh()

    def renew(self, rows: list[Row]) -> None:
        """Show newer rows. What is being read stays where it is on the screen, whatever came above it."""
        here, offset = self._anchor()
        self.show(rows)
        ids = [row.id for row in rows]
        if here is not None and here in ids:
            line = self._line_of(ids.index(here))
            self.scroll_to(y=line - offset, animate=False, immediate=True)

    def _anchor(self) -> tuple[tuple[Any, ...] | None, int]:
        """The row to hold on to and its line on the screen: the one under the cursor, else the first on screen."""
        top = self.scroll_offset.y
        on_screen = [line.row for line in self._lines[top : top + max(self.size.height, 1)]]
        rows = [
            row for row in (self.cursor, *on_screen) if row in on_screen and self.rows[row].id is not None
        ]
        if not rows:
            return None, 0
        return self.rows[rows[0]].id, self._line_of(rows[0]) - top

    def _line_of(self, row: int) -> int:
        return next((at for at, line in enumerate(self._lines) if line.row == row and line.text), 0)

    @property
    def current(self) -> Row | None:
        """The row under the cursor."""
        return self.rows[self.cursor] if 0 <= self.cursor < len(self.rows) else None

    def on_resize(self, _: Resize) -> None:
        """Wrap anew."""
        self._lay_out()
        self._reveal()

    def _lay_out(self) -> None:
        width = max(self.size.width, 20)
        self._lines, self._firsts = [], []
        for index, row in enumerate(self.rows):
            self._firsts.append(len(self._lines))
            if row.tone == "heading" and index:
                self._lines.append(_Line(index, False, "", ""))
            self._lines.extend(_wrapped(index, row, width))
        self.virtual_size = Size(width, len(self._lines))

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        at = y + self.scroll_offset.y
        width = self.size.width
        if at >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        line = self._lines[at]
        row = self.rows[line.row]
        cursor = self.has_focus and line.row == self.cursor and row.id is not None
        lead = Piece(sign("here") if cursor and line.first else " ", "accent")
        strip = strip_of(self, [lead, *_pieces(row, line, width)], width, cursor=cursor)
        for start, end, tone in self.marked(at):
            strip = restyled(self, strip, start, end, tone)
        return strip

    def marked(self, line: int) -> list[tuple[int, int, Tone]]:  # noqa: ARG002
        """Cells of a screen line that stand out: first, one past the last, and how."""
        return []

    def row_at(self, line: int) -> int:
        """The row that a screen line belongs to; -1 below the last."""
        return self._lines[line].row if 0 <= line < len(self._lines) else -1

    def lines_of(self, row: int) -> range:
        """The screen lines of a row."""
        if not 0 <= row < len(self._firsts):
            return range(1)
        end = self._firsts[row + 1] if row + 1 < len(self._firsts) else len(self._lines)
        return range(self._firsts[row], end)

    def texts_of(self, row: int) -> list[tuple[int, int, str]]:
        """The screen lines of a row's own text: number, first cell, text."""
        left = _margin(self.rows[row])
        return [
            (at, left, self._lines[at].text) for at in self.lines_of(row) if self._lines[at].right != "\0"
        ]

    def watch_cursor(self) -> None:
        """Keep the cursor in view."""
        self._reveal()
        self.refresh()

    def _reveal(self) -> None:
        lines = [at for at, line in enumerate(self._lines) if line.row == self.cursor]
        if lines:
            # what cannot be chosen is seen with the first and the last row that can
            top = 0 if all(row.id is None for row in self.rows[: self.cursor]) else lines[0]
            is_last = all(row.id is None for row in self.rows[self.cursor + 1 :])
            end = (
                len(self._lines) if is_last and len(self._lines) - top <= self.size.height else lines[-1] + 1
            )
            self.scroll_to_region(Region(0, top, 1, end - top), animate=False, immediate=True)

    def action_move(self, by: int) -> None:
        """To the next row that can be chosen; scrolls where there is none."""
        at = self.cursor + by
        while 0 <= at < len(self.rows) and self.rows[at].id is None:
            at += by
        if 0 <= at < len(self.rows):
            self.cursor = at
        else:
            self.scroll_relative(y=by, animate=False)

    def action_page(self, by: int) -> None:
        """A page up or down."""
        for _ in range(max(self.size.height - 2, 1)):
            self.action_move(by)

    def action_edge(self, to: int) -> None:
        """To the first or the last row."""
        if all(row.id is None for row in self.rows):
            (self.scroll_home if to < 0 else self.scroll_end)(animate=False)
            return
        order = range(len(self.rows)) if to < 0 else range(len(self.rows) - 1, -1, -1)
        self.cursor = next((index for index in order if self.rows[index].id is not None), self.cursor)

    def action_choose(self) -> None:
        """Choose the row under the cursor."""
        row = self.current
        if row is not None and row.id is not None:
            self.post_message(self.Chosen(self, row))

    def on_click(self, event: Click) -> None:
        """The first click moves the cursor, a click on the cursor chooses."""
        at = event.y + self.scroll_offset.y
        if at < len(self._lines) and self.rows[self._lines[at].row].id is not None:
            index = self._lines[at].row
            if index == self.cursor:
                self.action_choose()
            self.cursor = index


def _margin(row: Row) -> int:
    """Cells before a row's text."""
    return 1 + row.indent * 2 + (2 if row.sign else 0)


def _wrapped(index: int, row: Row, width: int) -> list[_Line]:
    """The screen lines of a row; what stands at the right goes below where both do not fit."""
    taken = _margin(row)
    beside = cell_len(row.right) + 2 if row.right else 0
    if beside and cell_len(row.text) + beside + taken > width:
        lines = [_Line(index, at == 0, text, "") for at, text in enumerate(wrap(row.text, width - taken - 1))]
        room = width - taken - 3
        return lines + [_Line(index, False, f"  {text}", "\0") for text in wrap(row.right, room)]
    texts = wrap(row.text, width - taken - beside - 1)
    return [_Line(index, at == 0, text, row.right if at == 0 else "") for at, text in enumerate(texts)]


def _pieces(row: Row, line: _Line, width: int) -> list[Piece]:
    """What stands on a line behind its first cell."""
    lead = "  " * row.indent
    if row.sign:
        mark = sign(row.sign) if line.first else " "
        lead += f"{mark} "
    below = line.right == "\0"
    pieces = [Piece(lead, _sign_tone(row))]
    if row.json and line.first:
        pieces += json_pieces(line.text)
    else:
        pieces.append(Piece(line.text, row.right_tone if below else row.tone))
    if line.right and not below:
        used = 1 + cell_len(lead) + cell_len(line.text)
        pieces.append(Piece(" " * max(width - used - cell_len(line.right) - 1, 1)))
        pieces.append(Piece(fit(line.right, cell_len(line.right)), row.right_tone))
    return pieces


def _sign_tone(row: Row) -> Tone:
    if row.tone in ("dim", "flag", "danger", "verified"):
        return row.tone
    return {"done": "verified", "failed": "danger", "flag": "flag", "here": "accent"}.get(row.sign, "text")  # type: ignore[return-value]
