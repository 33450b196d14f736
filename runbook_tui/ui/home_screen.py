"""Home: open incidents and what each waits for, then captured sessions, worst first."""

from __future__ import annotations

from collections.abc import Sequence
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
    IncidentTable,
    SessionRow,
    Store,
    alike,
    chosen_sessions,
    completions,
    list_sessions,
    read_receiver,
    sorted_sessions,
)
from runbook_tui.trace.clock import now_utc
from runbook_tui.trace.counted import counted
from runbook_tui.ui.browser.filter_dialog import FilterDialog
from runbook_tui.ui.frame import KeysLine
from runbook_tui.ui.keys import Pane, bindings
from runbook_tui.ui.live import Live
from runbook_tui.ui.rows import Row, RowList, heading
from runbook_tui.ui.words import ROOM_TITLES, clock_time, one_line

__all__ = ["HomeScreen", "Listing", "home_rows"]

_MOST = 500
_LOOKED_AT = 5_000
"""Sessions that are filtered and sorted, the worst ones."""
_LOOK_S = 1.0
_ID_CELLS = 20
_AGENT_CELLS = 16
"""Ids and agents stand in columns up to here, so that a row without flags is one line at 80 columns."""
_SHARE = 10
"""Reading the list takes at most one part in so many of the time."""


class Listing(msgspec.Struct, frozen=True):
    """Which sessions are listed, and in which order."""

    line: str = ""
    sort: str = SORTS[0]
    like: str | None = None
    """The id of a session whose failure the others share."""

    @property
    def is_everything(self) -> bool:
        """Whether nothing is left out."""
        return not self.line and self.like is None

    def of(self, rows: Sequence[SessionRow]) -> tuple[SessionRow, ...]:
        """The sessions to list."""
        one = next((row for row in rows if row.id == self.like), None)
        kept = alike(rows, one) if one is not None else tuple(rows)
        return sorted_sessions(chosen_sessions(kept, self.line), self.sort)

    def told(self, shown: int, known: int, stored: int) -> str:
        """What the heading says of it: how many are shown, of how many that were looked at, of how many there are."""
        order = "worst first" if self.sort == "worst" else f"by {self.sort}"
        of = f"the {known:,} worst of {stored:,}" if stored > known else f"{known:,}"
        if self.is_everything:
            return f"Captured sessions, {order}" + (f", of {of}" if stored > known else "")
        what = f"failed like {self.like}" if self.like is not None else self.line
        return f"{shown:,} of {of} captured sessions, {order}: {what}   F shows all"


def home_rows(store: Store, listing: Listing | None = None) -> list[Row]:
    """Incidents, open ones first, then sessions."""
    listing = listing or Listing()
    rows: list[Row] = []
    incidents = IncidentTable(store).all()
    open_ones = [incident for incident in incidents if incident.closed_at is None]
    agents = {session.id: session for session in list_sessions(store, limit=_LOOKED_AT)}
    if open_ones:
        rows.append(Row("Open incidents", tone="heading"))
        for incident in open_ones:
            session = agents.get(incident.session_id)
            agent = session.agent if session and session.agent else incident.session_id
            room = next(
                (title for room, title in ROOM_TITLES.items() if room == incident.room), incident.room
            )
            right = f"in {room}, opened {clock_time(incident.opened_at)}"
            rows.append(Row(f"{incident.id}  {agent}", ("incident", incident.id), "under_way", right))
    closed = [incident for incident in incidents if incident.closed_at is not None]
    if agents:
        shown = listing.of(tuple(agents.values()))
        (stored,) = store.connection.execute("select count(*) from session").fetchone()
        rows.append(heading(listing.told(len(shown), len(agents), stored)))
        rows += _sessions(shown[:_MOST])
        if len(shown) > _MOST:
            rows.append(Row(f"{len(shown) - _MOST:,} more are not listed: f filters, S sorts", tone="dim"))
        if not shown:
            rows.append(Row("No session passes.", tone="dim"))
    if closed:
        rows.append(heading("Closed incidents"))
        for incident in closed:
            right = f"closed {clock_time(incident.closed_at)}"
            rows.append(
                Row(f"{incident.id}  {incident.session_id}", ("incident", incident.id), "done", right)
            )
    return rows or [
        Row("Nothing here yet.", tone="strong"),
        Row(""),
        Row("runbook-tui open FILE      start the incident of a recorded session"),
        Row("runbook-tui import PATH    bring files or folders in, and choose here"),
        Row("runbook-tui receive        take what agents send over OpenTelemetry"),
        Row("runbook-tui demo           walk through a sample incident"),
    ]


def _sessions(listed: Sequence[SessionRow]) -> list[Row]:
    """Ids, agents and flags under one another, as far as most of them are that short."""
    ids = min(max((len(session.id) for session in listed), default=0), _ID_CELLS)
    agents = min(max((len(session.agent or "") for session in listed), default=0), _AGENT_CELLS)
    ends = max((len(session.ended_as) for session in listed), default=0)
    return [_session(session, ids, agents, ends) for session in listed]


def _session(session: SessionRow, ids: int, agents: int, ends: int) -> Row:
    flags = ", ".join(dict.fromkeys(session.flags))
    begun = clock_time(session.started_at)[:12]
    figures = f"{counted(session.steps, 'step')}  {session.ended_as:{ends}}  {begun}"
    name = f"{session.id:{ids}}  {session.agent or '':{agents}}  {one_line(flags, 60)}".rstrip()
    return Row(
        name,
        ("session", session.id),
        "flag" if session.flags else "open",
        figures,
        "flag" if session.flags else "text",
    )


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
        yield Static(Content(" Choose an open incident to go on, or a session to start one."), classes="lead")
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
        self.query_one(RowList).renew(home_rows(self._store, self._listing))
        self._keys()

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
            self.query_one(RowList).renew(home_rows(self._store, self._listing))
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
        known = list_sessions(self._store, limit=_LOOKED_AT)
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
        self._list(msgspec.structs.replace(self._listing, like=row.id[1]))

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
