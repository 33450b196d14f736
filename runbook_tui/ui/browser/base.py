"""What every question asked of a trace stands on: the span tree, the detail beside it, and jumping between spans."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rich.cells import cell_len
from textual import on, work
from textual.content import Content
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Static
from textual.worker import get_current_worker

from runbook_tui.evidence import FlagRow, Snapshot, SpanRow, SpanTable, Store
from runbook_tui.incident import Response
from runbook_tui.trace import Span
from runbook_tui.ui.browser.detail import Detail
from runbook_tui.ui.browser.history import History, Place
from runbook_tui.ui.lines import fit
from runbook_tui.ui.rooms.reading import reading_rows
from runbook_tui.ui.rooms.room import RoomView
from runbook_tui.ui.rooms.steps import step_rows
from runbook_tui.ui.rows import Row, RowList
from runbook_tui.ui.signs import sign
from runbook_tui.ui.span_detail import TABS, Tab, detail_rows
from runbook_tui.ui.span_tree import SpanTree
from runbook_tui.ui.words import duration, one_line

__all__ = ["Browser"]


_AT_ONCE: Final = 1 << 20
"""Bytes of a span that are read while a key waits."""
_OF_THE_SESSION: Final[tuple[Tab, ...]] = ("read next", "to do")
"""Tabs that say the same whatever span is under the cursor."""
_SHORT: Final = 8_000
"""Characters that are shown of each text of a larger one."""


class Browser(RoomView):
    """A session under a cursor. Each question of the engineer is a subclass with its keys; the room puts them together."""

    def __init__(self, response: Response) -> None:
        super().__init__(response)
        self._snapshot = Snapshot(response.store.path, response.session_id)
        self.history = History()
        self.tab: Tab = "output"
        self._timer: Timer | None = None
        self._shortened: tuple[int, Span | None] | None = None
        self._read()

    def _read(self) -> None:
        self._shortened = None
        self.table = SpanTable(self._snapshot.store, self.response.session_id)
        self.flags: dict[int, list[FlagRow]] = {}
        for flag in self.table.flags():
            self.flags.setdefault(flag.position, []).append(flag)

    def show_news(self) -> None:
        """More spans of the session are in the store: show them; nothing that is being read moves."""
        before = self._snapshot
        self._snapshot = Snapshot(self.response.store.path, self.response.session_id)
        self._read()
        self.spans.renew(self.table)
        before.close()
        self.rest()
        self.lead_again()
        self.title()

    def rest(self) -> None:
        """Others write: let go of the snapshot for a moment, so that their log can be emptied."""
        if not self._snapshot.rest(self.response.store):
            self.show_news()

    def on_unmount(self) -> None:
        """Let go of the snapshot."""
        self._snapshot.close()

    @property
    def table_store(self) -> Store:
        """The store as it stood when the spans on screen were read."""
        return self._snapshot.store

    @property
    def spans(self) -> SpanTree:
        """The span tree."""
        return self.query_one(SpanTree)

    @property
    def row_list(self) -> RowList:
        """The detail's rows."""
        return self.detail

    @property
    def detail(self) -> Detail:
        """What the span under the cursor says."""
        return self.query_one(Detail)

    @property
    def home(self) -> Widget:
        """The tree takes the focus."""
        return self.spans

    @property
    def cursor(self) -> int:
        """The span under the cursor."""
        return self.spans.position

    @property
    def row(self) -> SpanRow | None:
        """The row under the cursor."""
        return self.spans.row

    # Going to spans ------------------------------------------------------------------------------

    @property
    def place(self) -> Place | None:
        """Where one is; None in a session without spans."""
        row, detail = self.row, self.detail
        if row is None:
            return None
        in_detail = detail.screen.focused is detail  # also while a question lies over it
        return Place(row.span_id, self.tab, detail.stop, detail.cursor, in_detail)

    @contextmanager
    def jumping(self) -> Iterator[None]:
        """Around what moves the cursor, so that one can come back; what led nowhere is not remembered."""
        before = self.place
        yield
        if before is not None and self.place != before:
            self.history.leave(before)

    def come_back(self, place: Place) -> bool:
        """Stand where one stood, in the tree and in the detail; False where that span is gone."""
        position = self.table.position_of_span(place.span_id)
        if position is None:
            return False
        self.go(position)
        (self.detail if place.in_detail else self.spans).focus()
        self.tab = place.tab
        self.show_span()
        if self.tab in _OF_THE_SESSION:
            self.show_detail()
            self.detail.cursor = min(place.line, len(self.detail.rows) - 1)
        self.detail.stand_at(place.stop)
        return True

    def go(self, position: int) -> None:
        """Put the cursor on a span."""
        self.spans.go(position)

    def jump(self, position: int) -> None:
        """Put the cursor on a span, so that one can come back."""
        with self.jumping():
            self.go(position)

    def jump_to(self, span_id: str) -> bool:
        """Jump to the span of that id; False where there is none."""
        position = self.table.position_of_span(span_id)
        if position is None:
            return False
        self.jump(position)
        return True

    def path(self) -> str:
        """The spans above the one under the cursor, as many of the nearest as fit in a line."""
        room = max(self.size.width - 4, 20)
        said, row = "", self.row
        while row is not None and row.parent >= 0:
            row = self.table.row(row.parent)
            name = one_line(row.label, 40) if row is not None else ""
            more = f"{name} > {said}" if said else name
            if cell_len(more) + 4 > room:
                return f"… > {said}" if said else fit(name, room)
            said = more
        return said

    def say(self, text: str, *, seconds: float = 4) -> None:
        """The one line that tells what a key did."""
        self.notify(text, timeout=seconds, markup=False)

    # The detail ----------------------------------------------------------------------------------

    def rows(self) -> list[Row]:
        """What the current tab says of the span under the cursor."""
        if self.tab == "read next":
            return reading_rows(self.response)
        if self.tab == "to do":
            rows = step_rows(self.response, "trace_back")
            return rows or [Row("The playbook asks nothing here.", tone="dim")]
        return self.span_rows(self.tab)

    def span_rows(self, tab: Tab) -> list[Row]:
        """What a tab says of the span under the cursor."""
        size = self.table.payload_size(self.cursor)
        if size > _AT_ONCE:
            if self._shortened is None or self._shortened[0] != self.cursor:
                self._shorten(self.cursor)
                return [Row(f"Reading {size / 1e6:,.0f} MB ...", tone="dim")]
            span = self._shortened[1]
        else:
            span = self.table.payload(self.cursor)
        if span is None:
            return [Row("This session has no spans.", tone="dim")]
        flags = self.flags.get(self.cursor, [])
        return detail_rows(span, tab, flags, self.response.state.notes.get(span.span_id))

    @work(thread=True, exclusive=True, group="shorten")
    def _shorten(self, position: int) -> None:
        """Read a large span beside the screen: no key waits for it."""
        with Store(self.response.store.path) as store:
            span = SpanTable(store, self.response.session_id).shortened(position, _SHORT)
        if not get_current_worker().is_cancelled:
            self.app.call_from_thread(self._take_shortened, position, span)

    def _take_shortened(self, position: int, span: Span | None) -> None:
        self._shortened = (position, span)
        if position == self.cursor:
            self.show_detail()

    def show_tab(self, tab: Tab) -> None:
        """Show another tab of the detail."""
        self.tab = tab
        self.title()
        self.show_detail()

    def show_detail(self) -> None:
        """Show the current tab, from its top."""
        self.detail.show(self.rows())
        self.detail.scroll_home(animate=False)

    def title(self) -> None:
        """Write the two lines above the detail: the span, and the tabs."""
        title = self.query_one("#detail-title", Static)
        tabs = _tabs(self.tab, title.size.width)
        row = self.row
        if row is None:
            title.update(tabs, layout=False)
            return
        number = f"{row.step} " if row.step is not None else ""
        status = "" if row.status == "unset" else row.status
        kind = f"{row.kind} " if row.step is not None else ""
        reason = self.reason(row.span_id)
        room = max(title.size.width - cell_len(reason) - 3, 10)
        said = f" {number}{kind}{row.label}  {status}  {duration(row.duration_ms)}".rstrip()
        head = Content(fit(said, min(cell_len(said), room))) + Content.styled(f"  {reason}", "$text-warning")
        title.update(Content("\n").join([head, tabs]), layout=False)
        self.lead_again()

    def on_resize(self) -> None:
        """Write the lines above the detail to the width they have now."""
        if self.query(Detail):
            self.call_after_refresh(self.title)

    def reason(self, span_id: str) -> str:
        """Why this span is worth reading, in two words."""
        for suspect in self.response.findings.suspects[:5]:
            if suspect.span_id == span_id:
                return f"{sign('suspect')} read {suspect.rank}"
        return ""

    @on(SpanTree.Moved)
    def follow_cursor(self) -> None:
        """Show the span under the cursor, once the cursor rests."""
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(0.03, self.show_span)

    def show_span(self) -> None:
        """Show the span under the cursor."""
        if self._timer is not None:
            self._timer.stop()
        self.title()
        if self.tab not in _OF_THE_SESSION:
            self.show_detail()


def _tabs(current: Tab, width: int) -> Content:
    """The names of the tabs, from the first one with which the current one is still in view."""
    names = [f" {tab} " for tab in TABS]
    at, first = TABS.index(current), 0
    while first < at and sum(map(len, names[first : at + 1])) + 4 > width:
        first += 1
    line = Content("‹" if first else " ")
    for tab, name in zip(TABS[first:], names[first:], strict=True):
        line += Content.styled(name, "bold reverse" if tab == current else "dim")
    return line
