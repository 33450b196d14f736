"""Home: where one goes on with an incident or starts one; what it lists is in `home_rows`."""

from __future__ import annotations

from time import perf_counter
from typing import ClassVar

import msgspec
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from runbook_tui.evidence import (
    SESSION_FIELDS,
    SORTS,
    FilterError,
    Store,
    chosen_sessions,
    completions,
    list_sessions,
    read_receiver,
)
from runbook_tui.trace.clock import now_utc
from runbook_tui.ui.browser.filter_dialog import FilterDialog
from runbook_tui.ui.frame import KeysLine
from runbook_tui.ui.home_rows import LOOKED_AT, Listing, home_page
from runbook_tui.ui.keys import Pane, bindings
from runbook_tui.ui.live import Live
from runbook_tui.ui.rows import RowList

__all__ = ["HomeScreen"]

_LOOK_S = 1.0
_SHARE = 10
"""Reading the list takes at most one part in so many of the time."""


class HomeScreen(Screen[None]):
    """Where the app starts without a session."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("home")]
    PANES: ClassVar[tuple[Pane, ...]] = ("home", "list", "everywhere")

    class Opened(Message):
        """An incident or a session was chosen."""

        def __init__(self, kind: str, name: str) -> None:
            super().__init__()
            self.kind = kind
            self.name = name

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store
        self._live = Live(store)
        self._spans = 0
        self._listing = Listing()
        self._rested_until = 0.0

    def compose(self) -> ComposeResult:
        """Title, list, keys."""
        yield Static(Content(" runbook-tui"), id="title")
        yield Static("", classes="lead")
        yield RowList()
        yield KeysLine(id="keys")

    def on_mount(self) -> None:
        """Fill the list."""
        self.query_one(RowList).focus()
        self.call_after_refresh(self.fill)
        self.set_interval(_LOOK_S, self._look)

    def on_screen_resume(self) -> None:
        """What was done elsewhere shows."""
        self.fill()

    def fill(self) -> None:
        """Read the store."""
        self._live.has_news()
        self._spans = self._stored_spans()
        self._show()
        self._keys()

    def _show(self) -> None:
        lead, rows = home_page(self._store, self._listing)
        self.query_one(".lead", Static).update(Content(lead))
        self.query_one(RowList).renew(rows)

    def _look(self) -> None:
        """Show what has arrived, unless frozen; what is being read stays where it is."""
        if not self.is_current or perf_counter() < self._rested_until:
            return
        if not self._live.has_news():
            self._keys()  # a receiver that was killed says nothing any more
            return
        began = perf_counter()
        spans = self._stored_spans()
        self._live.count(spans - self._spans)
        if not self._live.frozen:
            self._spans = spans
            self._show()
        self._keys()
        self._rested_until = began + _SHARE * (perf_counter() - began)

    def _stored_spans(self) -> int:
        (spans,) = self._store.connection.execute("select coalesce(sum(spans), 0) from session").fetchone()
        return int(spans)

    def _keys(self) -> None:
        receiver = read_receiver(self._store)
        on = (
            f"receiving on {receiver.address}"
            if receiver is not None and receiver.is_there(now_utc())
            else ""
        )
        right = "  ".join(filter(None, (self._live.told(), on)))
        self.query_one(KeysLine).show("list", "home", "everywhere", right=right)

    def action_filter(self) -> None:
        """Ask which sessions to list."""
        known = list_sessions(self._store, limit=LOOKED_AT)
        values = {
            "outcome": sorted({row.outcome for row in known if row.outcome}),
            "flag": sorted({flag for row in known for flag in row.flags}),
            "agent": sorted({row.agent for row in known if row.agent}),
        }

        def check(line: str) -> str | None:
            try:
                chosen_sessions((), line)
            except FilterError as error:
                return f"{error.what}: {error.where}: {error.advice}"
            return None

        def after(line: str | None) -> None:
            if line is not None:
                self._list(msgspec.structs.replace(self._listing, line=line))

        dialog = FilterDialog(
            "Filter the sessions",
            self._listing.line,
            completed=lambda line: completions(line, values, SESSION_FIELDS),
            check=check,
            example="outcome:bad_output flag:LOOP agent:desk cost>0.1 took>1m since:2026-11-19 some text",
        )
        self.app.push_screen(dialog, after)

    def action_show_all(self) -> None:
        """List every session again."""
        self._list(Listing(sort=self._listing.sort))

    def action_sort(self) -> None:
        """The next order."""
        sort = SORTS[(SORTS.index(self._listing.sort) + 1) % len(SORTS)]
        self._list(msgspec.structs.replace(self._listing, sort=sort))

    def action_like(self) -> None:
        """List the sessions with the failure signature of the one under the cursor."""
        row = self.query_one(RowList).current
        if row is None or row.id is None or row.id[0] != "session":
            self.notify("Put the cursor on a session.", markup=False)
            return
        name = row.id[1]
        one = next((known for known in list_sessions(self._store, limit=LOOKED_AT) if known.id == name), None)
        if one is not None and not one.flags and one.outcome in (None, "completed"):
            how = "did not fail" if one.diagnosed else "is not diagnosed yet"
            self.notify(f"{name} {how}: there is nothing to be like.", markup=False)
            return
        self._list(msgspec.structs.replace(self._listing, like=name))

    def _list(self, listing: Listing) -> None:
        self._listing = listing
        self.fill()

    def action_freeze(self) -> None:
        """Stand still, or show what has arrived since."""
        self._live.frozen = not self._live.frozen
        if not self._live.frozen:
            self._live.count(self._stored_spans() - self._spans)
            self.fill()
        self._keys()

    @on(RowList.Chosen)
    def open_row(self, event: RowList.Chosen) -> None:
        """Report the choice."""
        assert event.row.id is not None
        kind, name = event.row.id
        self.post_message(self.Opened(kind, name))
