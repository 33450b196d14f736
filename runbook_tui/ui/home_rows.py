"""What home lists: open incidents and what each waits for, then captured sessions, worst first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from runbook_tui.evidence import (
    SORTS,
    IncidentRow,
    IncidentTable,
    SessionRow,
    Store,
    alike,
    chosen_sessions,
    list_sessions,
    sorted_sessions,
)
from runbook_tui.trace.counted import counted
from runbook_tui.ui.rows import Row, heading
from runbook_tui.ui.words import ROOM_TITLES, clock_time, one_line

__all__ = ["LOOKED_AT", "Listing", "home_page"]

LOOKED_AT: Final = 5_000
"""Sessions that are filtered and sorted, the worst ones."""
_MOST: Final = 500
"""Sessions that are listed."""
_ID_CELLS: Final = 20
_AGENT_CELLS: Final = 16
"""Ids and agents stand in columns up to here, so that a row without flags is one line at 80 columns."""
_ASK: Final = "Choose an open incident to go on, or a session to start one."


class Listing(msgspec.Struct, frozen=True):
    """Which sessions are listed, and in which order."""

    line: str = ""
    sort: str = SORTS[0]
    like: str | None = None
    """The id of a session whose failure the others share."""

    def of(self, rows: Sequence[SessionRow]) -> tuple[SessionRow, ...]:
        """The sessions to list."""
        one = next((row for row in rows if row.id == self.like), None)
        kept = alike(rows, one) if one is not None else tuple(rows)
        return sorted_sessions(chosen_sessions(kept, self.line), self.sort)

    @property
    def order(self) -> str:
        """The order in words."""
        return "worst first" if self.sort == "worst" else f"by {self.sort}"

    @property
    def wanted(self) -> str:
        """What sessions are chosen by; "" where all are listed."""
        like = f"failed like {self.like}" if self.like is not None else ""
        return ", ".join(filter(None, (like, self.line)))


def home_page(store: Store, listing: Listing | None = None) -> tuple[str, list[Row]]:
    """What stands above the list whatever is scrolled to, and the list: incidents, open ones first, then sessions."""
    listing = listing or Listing()
    incidents = IncidentTable(store).all()
    known = {session.id: session for session in list_sessions(store, limit=LOOKED_AT)}
    rows = _open_incidents([incident for incident in incidents if incident.closed_at is None], known)
    lead = _ASK
    if known:
        shown = listing.of(tuple(known.values()))
        (stored,) = store.connection.execute("select count(*) from session").fetchone()
        of = f"the {len(known):,} worst of {stored:,}" if stored > len(known) else f"{stored:,}"
        if listing.wanted:
            lead = f"{len(shown):,} of {of} captured sessions: {listing.wanted}   F shows all"
        listed = f"{min(len(shown), _MOST):,} of {of}"
        count = of if listed == f"{of} of {of}" else listed
        rows.append(heading(f"Captured sessions, {listing.order}: {count}"))
        rows += _sessions(shown[:_MOST])
        if len(shown) > _MOST:
            rows.append(Row(f"{len(shown) - _MOST:,} more are not listed: f filters, S sorts", tone="dim"))
        if not shown:
            rows.append(Row("No session passes.", tone="dim"))
    rows += _closed_incidents([incident for incident in incidents if incident.closed_at is not None])
    return lead, rows or [
        Row("Nothing here yet.", tone="strong"),
        Row(""),
        Row("runbook-tui open FILE      start the incident of a recorded session"),
        Row("runbook-tui import PATH    bring files or folders in, and choose here"),
        Row("runbook-tui receive        take what agents send over OpenTelemetry"),
        Row("runbook-tui demo           walk through a sample incident"),
    ]


def _open_incidents(incidents: Sequence[IncidentRow], sessions: Mapping[str, SessionRow]) -> list[Row]:
    rows = [Row("Open incidents", tone="heading")] if incidents else []
    for incident in incidents:
        session = sessions.get(incident.session_id)
        agent = session.agent if session and session.agent else incident.session_id
        room = next((title for room, title in ROOM_TITLES.items() if room == incident.room), incident.room)
        right = f"in {room}, opened {clock_time(incident.opened_at)}"
        rows.append(Row(f"{incident.id}  {agent}", ("incident", incident.id), "under_way", right))
    return rows


def _closed_incidents(incidents: Sequence[IncidentRow]) -> list[Row]:
    rows = [heading("Closed incidents")] if incidents else []
    for incident in incidents:
        right = f"closed {clock_time(incident.closed_at)}"
        rows.append(Row(f"{incident.id}  {incident.session_id}", ("incident", incident.id), "done", right))
    return rows


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
