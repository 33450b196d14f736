"""The detail pane: rows with a cursor on the values in them, and the text that was searched for marked."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType
from textual.events import Click
from textual.geometry import Region
from textual.message import Message

from runbook_tui.diagnosis import values_in
from runbook_tui.ui.browser.wrapped import places_of
from runbook_tui.ui.keys import bindings
from runbook_tui.ui.lines import Tone
from runbook_tui.ui.rows import Row, RowList

__all__ = ["Detail"]


class Detail(RowList):
    """Its keys are its own while it has the focus."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("detail")

    class Left(Message):
        """The engineer goes back to the tree."""

    class Pointed(Message):
        """The value under the cursor was chosen."""

    def __init__(self) -> None:
        super().__init__()
        self.needle = ""
        """Marked wherever it stands."""
        self._at: tuple[int, int] | None = None
        """Row and number of the value under the cursor."""

    @property
    def value(self) -> str | None:
        """The value under the cursor, while the pane has the focus."""
        if self._at is None or not self.has_focus or self._at[0] >= len(self.rows):
            return None
        row, number = self._at
        values = values_in(self.rows[row].text)
        if number >= len(values):
            return None
        return self.rows[row].text[slice(*values[number])]

    def show(self, rows: list[Row]) -> None:
        """Replace the rows; the cursor stays on a value of the same rows, else it is let go of."""
        if [row.text for row in rows] != [row.text for row in self.rows]:
            self._at = None
        super().show(rows)
        if self.has_focus and self._at is None:
            self._first_value()

    def point_at(self, text: str) -> None:
        """Mark a text wherever it stands, and put the cursor on the first value that holds it, or scroll there."""
        self.needle = text.casefold()
        self._at = None
        for at, row in enumerate(self.rows):
            found = row.text.casefold().find(self.needle)
            if found < 0:
                continue
            for number, (start, end) in enumerate(values_in(row.text)):
                if start < found + len(self.needle) and found < end:
                    self._at = (at, number)
                    break
            self._reveal_place(at, found)
            break
        self.refresh()

    def on_focus(self) -> None:
        """Put the cursor on the first value in view."""
        if self._at is None:
            self._first_value()
        self.refresh()

    def _first_value(self) -> None:
        top = self.lines_of(0)[0] if not self.rows else self.row_at(self.scroll_offset.y)
        for row in range(max(top, 0), len(self.rows)):
            if self.rows[row].id is None and values_in(self.rows[row].text):
                self._at = (row, 0)
                return

    # Keys ----------------------------------------------------------------------------------------

    def action_value(self, by: int) -> None:
        """To the next or previous value."""
        if self._at is None:
            self._first_value()
        else:
            row, number = self._at
            number += by
            while 0 <= row < len(self.rows):
                values = values_in(self.rows[row].text) if self.rows[row].id is None else ()
                number = len(values) - 1 if number == -2 else number
                if 0 <= number < len(values):
                    self._at = (row, number)
                    break
                row, number = row + by, 0 if by > 0 else -2
        self._reveal_value()

    def action_line(self, by: int) -> None:
        """To the nearest row below or above that has a value; scrolls where none is near."""
        if any(row.id is not None for row in self.rows):
            self.action_move(by)
            return
        row = self._at[0] if self._at is not None else -1
        ahead = (
            at
            for at in (range(row + 1, len(self.rows)) if by > 0 else range(row - 1, -1, -1))
            if values_in(self.rows[at].text)
        )
        target = next(ahead, None)
        top, height = self.scroll_offset.y, max(self.size.height, 1)
        if target is not None and top - 1 <= self.lines_of(target)[0] < top + height + 1:
            self._at = (target, 0)
            self._reveal_value()
        else:
            self.scroll_relative(y=by, animate=False)

    def action_turn(self, by: int) -> None:
        """A page down or up."""
        (self.scroll_page_down if by > 0 else self.scroll_page_up)(animate=False)

    def action_leave(self) -> None:
        """Back to the tree."""
        self.post_message(self.Left())

    def action_choose(self) -> None:
        """Choose the row, or follow the value under the cursor."""
        row = self.current
        if row is not None and row.id is not None:
            super().action_choose()
        elif self.value is not None:
            self.post_message(self.Pointed())

    def on_click(self, event: Click) -> None:
        """Put the cursor on the value under the mouse."""
        line = event.y + self.scroll_offset.y
        for row in {self.row_at(line)} & set(range(len(self.rows))):
            for number, value in enumerate(values_in(self.rows[row].text)):
                if any(at == line and start <= event.x < end for at, start, end in self._places(row, value)):
                    self._at = (row, number)
                    self.refresh()

    # Drawing -------------------------------------------------------------------------------------

    def marked(self, line: int) -> list[tuple[int, int, Tone]]:
        """What stands out in a line: the value under the cursor, and the text that was searched for."""
        row = self.row_at(line)
        if not 0 <= row < len(self.rows):
            return []
        found: list[tuple[int, int, Tone]] = []
        if self.has_focus and self._at is not None and self._at[0] == row:
            values = values_in(self.rows[row].text)
            if self._at[1] < len(values):
                found += [
                    (start, end, "value")
                    for at, start, end in self._places(row, values[self._at[1]])
                    if at == line
                ]
        text = self.rows[row].text.casefold() if self.needle else ""
        if self.needle and len(text) == len(self.rows[row].text):
            at = text.find(self.needle)
            while at >= 0:
                found += [
                    (start, end, "hit")
                    for where, start, end in self._places(row, (at, at + len(self.needle)))
                    if where == line
                ]
                at = text.find(self.needle, at + len(self.needle))
        return found

    def _places(self, row: int, value: tuple[int, int]) -> list[tuple[int, int, int]]:
        """Lines and cells of a piece of a row's text."""
        return places_of(self.rows[row].text, value, self.texts_of(row))

    def _reveal_value(self) -> None:
        if self._at is not None and self._at[0] < len(self.rows):
            values = values_in(self.rows[self._at[0]].text)
            if self._at[1] < len(values):
                self._reveal_place(self._at[0], values[self._at[1]][0])
        self.refresh()

    def _reveal_place(self, row: int, at: int) -> None:
        line = next((line for line, _, _ in self._places(row, (at, at + 1))), self.lines_of(row)[0])
        self.scroll_to_region(Region(0, line, 1, 1), animate=False, immediate=True)
