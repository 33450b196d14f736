"""The steps of two runs in two columns that scroll as one; the cursor is on a pair."""

from __future__ import annotations

from typing import ClassVar, Final

import msgspec
from textual.binding import BindingType
from textual.events import Click
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from runbook_tui.ui.keys import bindings
from runbook_tui.ui.lines import TONES, Piece, Tone, fit, strip_of
from runbook_tui.ui.signs import sign

__all__ = ["PairLine", "PairList"]

_TONES: Final[dict[str, Tone]] = {"same": "dim", "wording": "dim", "differs": "flag", "alone": "flag"}


class PairLine(msgspec.Struct, frozen=True):
    """A pair as it is shown; "" where a side has no step."""

    ours: str
    theirs: str
    how: str
    """same, wording, differs, or alone."""


class PairList(ScrollView, can_focus=True):
    """Draws pairs by lines."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"line--{tone}" for tone in (*TONES, "cursor")}
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("list")]

    cursor: reactive[int] = reactive(0)
    """The pair under the cursor."""

    class Moved(Message):
        """The cursor is on another pair."""

    class Chosen(Message):
        """The pair under the cursor was chosen."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[PairLine] = []

    def show(self, lines: list[PairLine], cursor: int) -> None:
        """Show these pairs."""
        self.lines = lines
        self.virtual_size = Size(self.size.width, len(lines))
        self.styles.max_height = len(lines) + 1
        self.cursor = cursor
        self.call_after_refresh(self._reveal)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one pair."""
        at, width = y + self.scroll_offset.y, self.size.width
        if at >= len(self.lines):
            return Strip.blank(width, self.rich_style)
        line = self.lines[at]
        half = max((width - 5) // 2, 4)
        mark = sign("differs") if line.how in ("differs", "alone") else "~" if line.how == "wording" else " "
        tone = _TONES[line.how]
        pieces = [
            Piece(sign("here") if at == self.cursor else " ", "accent"),
            Piece(f"{fit(line.ours, half)} ", tone if line.ours else "dim"),
            Piece(mark, "flag"),
            Piece(f" {fit(line.theirs, half)}", tone),
        ]
        return strip_of(self, pieces, width, cursor=at == self.cursor)

    def watch_cursor(self) -> None:
        """Keep it in view, and tell."""
        self._reveal()
        self.refresh()
        self.post_message(self.Moved())

    def _reveal(self) -> None:
        self.scroll_to_region(Region(0, self.cursor, 1, 1), animate=False, immediate=True)

    def validate_cursor(self, cursor: int) -> int:
        """Within the list."""
        return min(max(cursor, 0), max(len(self.lines) - 1, 0))

    def action_move(self, by: int) -> None:
        """Up or down."""
        self.cursor += by

    def action_page(self, by: int) -> None:
        """A page up or down."""
        self.cursor += by * max(self.size.height - 1, 1)

    def action_edge(self, to: int) -> None:
        """To the first or the last."""
        self.cursor = 0 if to < 0 else len(self.lines) - 1

    def action_choose(self) -> None:
        """To the span of the pair."""
        self.post_message(self.Chosen())

    def on_click(self, event: Click) -> None:
        """The first click moves the cursor, a click on the cursor chooses."""
        at = event.y + self.scroll_offset.y
        if at == self.cursor:
            self.action_choose()
        self.cursor = at
