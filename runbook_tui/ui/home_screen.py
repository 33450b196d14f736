"""Home: open incidents and what each waits for, then captured sessions, worst first."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from runbook_tui.evidence import IncidentTable, SessionRow, Store, list_sessions
from runbook_tui.ui.frame import KeysLine
from runbook_tui.ui.rows import Row, RowList, heading
from runbook_tui.ui.words import ROOM_TITLES, clock_time, one_line

__all__ = ["HomeScreen", "home_rows"]

_MOST = 500


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

    class Opened(Message):
        """An incident or a session was chosen."""

        def __init__(self, kind: str, name: str) -> None:
            super().__init__()
            self.kind = kind
            self.name = name

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store

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

    def on_screen_resume(self) -> None:
        """What was done elsewhere shows."""
        self.fill()

    def fill(self) -> None:
        """Read the store."""
        self.query_one(RowList).show(home_rows(self._store))
        self.query_one(KeysLine).show("list", "everywhere")

    @on(RowList.Chosen)
    def open_row(self, event: RowList.Chosen) -> None:
        """Report the choice."""
        assert event.row.id is not None
        kind, name = event.row.id
        self.post_message(self.Opened(kind, name))
