"""The detail pane: rows with a cursor on the values in them, and the text that was searched for marked."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType
from textual.events import Click
from textual.geometry import Region
from textual.message import Message

from runbook_tui.diagnosis import values_in
from runbook_tui.ui.browser.folds import Folds
from runbook_tui.ui.browser.wrapped import places_of
from runbook_tui.ui.keys import bindings
from runbook_tui.ui.lines import Tone
from runbook_tui.ui.rows import Row, RowList

__all__ = ["Detail"]


def _values(row: Row) -> tuple[tuple[int, int], ...]:
    """The values in a row; what a heading names is the screen's own word, such as the good run beside this one."""
    return values_in(row.text) if row.tone != "heading" else ()


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
        self._folds = Folds()
        self._at: tuple[int, int] | None = None
        """Row and number of the stop under the cursor: a value, or an object or list that is folded."""

    @property
    def value(self) -> str | None:
        """The value under the cursor, while the pane has the focus."""
        if self._at is None or not self.has_focus or self._at[0] >= len(self.rows):
            return None
        row, number = self._at
        stops = self._stops(row)
        if number >= len(stops) or self._folds.is_folded(row):
            return None
        return self.rows[row].text[slice(*stops[number])]

    @property
    def stop(self) -> tuple[int, int] | None:
        """Where the cursor is, for `stand_at`: the row among all of them, folded or not, and the number in it."""
        return (self._folds.whole(self._at[0]), self._at[1]) if self._at is not None else None

    def stand_at(self, stop: tuple[int, int] | None) -> None:
        """Put the cursor where it was when `stop` was taken of the same rows."""
        self._at = None
        if stop is None or stop[0] >= len(self._folds.all):
            return
        at = self._folds.reveal(stop[0])
        super().show(self._folds.rows)
        if stop[1] < len(self._stops(at)):
            self._at = (at, stop[1])
            self._reveal_value()

    def _stops(self, row: int) -> tuple[tuple[int, int], ...]:
        """Where the cursor can stand in a row: on its values; on the sign of what is folded there."""
        text = self.rows[row].text
        if self._folds.is_folded(row):
            at = text.rindex(" … ")
            return ((at - 1, at + 4),)
        return _values(self.rows[row])

    def show(self, rows: list[Row]) -> None:
        """Replace the rows; the cursor stays on a value of the same rows, else it is let go of."""
        if [row.text for row in rows] != [row.text for row in self._folds.all]:
            self._at = None
            self._folds = Folds(rows)
        else:
            self._folds.renew(rows)
        super().show(self._folds.rows)
        if self.has_focus and self._at is None:
            self._first_value()

    def point_at(self, text: str) -> None:
        """Mark a text wherever it stands, and put the cursor on the first value that holds it, or scroll there."""
        self.needle = text.casefold()
        self._at = None
        for whole, row in enumerate(self._folds.all):
            found = row.text.casefold().find(self.needle)
            if found < 0:
                continue
            at = self._folds.reveal(whole)
            super().show(self._folds.rows)
            for number, (start, end) in enumerate(_values(row)):
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
            if self.rows[row].id is None and self._stops(row):
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
                values = self._stops(row) if self.rows[row].id is None else ()
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
            if self._stops(at)
        )
        target = next(ahead, None)
        top, height = self.scroll_offset.y, max(self.size.height, 1)
        if target is not None and top - 1 <= self.lines_of(target)[0] < top + height + 1:
            self._at = (target, 0)
            self._reveal_value()
        else:
            self.scroll_relative(y=by, animate=False)

    def action_fold(self) -> None:
        """Unfold what is folded under the cursor, or fold the object or list around it."""
        at = self._folds.turn(self._at[0]) if self._at is not None else None
        if at is None:
            return
        super().show(self._folds.rows)
        self._at = (at, 0)
        self._reveal_value()

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
        elif self._at is not None and self._folds.is_folded(self._at[0]):
            self.action_fold()
        elif self.value is not None:
            self.post_message(self.Pointed())

    def on_click(self, event: Click) -> None:
        """Put the cursor on the value under the mouse."""
        line = event.y + self.scroll_offset.y
        for row in {self.row_at(line)} & set(range(len(self.rows))):
            for number, value in enumerate(self._stops(row)):
                if any(at == line and start <= event.x < end for at, start, end in self._places(row, value)):
                    self._at = (row, number)
                    if self._folds.is_folded(row):
                        self.action_fold()
                    self.refresh()

    # Drawing -------------------------------------------------------------------------------------

    def marked(self, line: int) -> list[tuple[int, int, Tone]]:
        """What stands out in a line: the value under the cursor, and the text that was searched for."""
        row = self.row_at(line)
        if not 0 <= row < len(self.rows):
            return []
        found: list[tuple[int, int, Tone]] = []
        if self.has_focus and self._at is not None and self._at[0] == row:
            values = self._stops(row)
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
            values = self._stops(self._at[0])
            if self._at[1] < len(values):
                self._reveal_place(self._at[0], values[self._at[1]][0])
        self.refresh()

    def _reveal_place(self, row: int, at: int) -> None:
        line = next((line for line, _, _ in self._places(row, (at, at + 1))), self.lines_of(row)[0])
        self.scroll_to_region(Region(0, line, 1, 1), animate=False, immediate=True)
