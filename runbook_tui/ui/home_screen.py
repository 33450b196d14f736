"""Home: open incidents and what each waits for, then captured sessions, worst first."""

from __future__ import annotations

from time import perf_counter
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from runbook_tui.evidence import IncidentTable, SessionRow, Store, list_sessions, read_receiver
from runbook_tui.trace.clock import now_utc
from runbook_tui.ui.frame import KeysLine
from runbook_tui.ui.keys import bindings
from runbook_tui.ui.live import Live
from runbook_tui.ui.rows import Row, RowList, heading
from runbook_tui.ui.words import ROOM_TITLES, clock_time, one_line

__all__ = ["HomeScreen", "home_rows"]

_MOST = 500
_LOOK_S = 1.0
_SHARE = 10
"""Reading the list takes at most one part in so many of the time."""


def home_rows(store: Store) -> list[Row]:
    """Incidents, open ones first, then sessions."""
    rows: list[Row] = []
    incidents = IncidentTable(store).all()
    open_ones = [incident for incident in incidents if incident.closed_at is None]
    agents = {session.id: session for session in list_sessions(store, limit=_MOST)}
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
        rows.append(heading("Captured sessions, worst first"))
        rows += [_session(session) for session in agents.values()]
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
        Row("runbook-tui open FILE      start the incident of a session in an OTLP/JSON file"),
        Row("runbook-tui import PATH    bring files or folders in, and choose here"),
        Row("runbook-tui receive        take what your agents send as OpenTelemetry; it appears here"),
        Row("runbook-tui demo           walk through a sample incident"),
    ]


def _session(session: SessionRow) -> Row:
    flags = ", ".join(dict.fromkeys(session.flags))
    figures = f"{session.steps} steps  {session.outcome or ''}  {clock_time(session.started_at)[:12]}"
    name = f"{session.id}  {session.agent or ''}  {one_line(flags, 60)}".rstrip()
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
        self.query_one(RowList).renew(home_rows(self._store))
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
            self.query_one(RowList).renew(home_rows(self._store))
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
