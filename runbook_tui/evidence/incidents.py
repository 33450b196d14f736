"""Incidents in the store: where each one stands, and its append-only journal."""

from __future__ import annotations

import sqlite3
from typing import Any, Final

import msgspec

from runbook_tui.evidence.store import Store

__all__ = ["IncidentRow", "IncidentTable", "JournalRow"]

_COLUMNS: Final = "id, session_id, playbook, opened_at, closed_at, room, cursor"


class IncidentRow(msgspec.Struct, frozen=True):
    """An incident as it is listed, and the place it was left at."""

    id: str
    session_id: str
    playbook: str
    opened_at: str
    closed_at: str | None
    room: str
    cursor: int


class JournalRow(msgspec.Struct, frozen=True):
    """One line of the journal, as stored."""

    seq: int
    at: str
    actor: str
    event: str
    data: str
    prev: str
    hash: str


class IncidentTable:
    """Reads and writes incidents. What the rows mean is not its business."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def create(self, session_id: str, playbook: str, opened_at: str, room: str) -> str:
        """A new incident; returns its id, `INC-0001` and upward."""
        with self._store.writing(durable=True) as connection:
            (last,) = connection.execute(
                "select coalesce(max(cast(substr(id, 5) as integer)), 0) from incident"
            ).fetchone()
            incident_id = f"INC-{last + 1:04d}"
            connection.execute(
                "insert into incident values (?, ?, ?, ?, null, ?, 0)",
                (incident_id, session_id, playbook, opened_at, room),
            )
        return incident_id

    def get(self, incident_id: str) -> IncidentRow | None:
        """The incident of that id."""
        return self._one("where id = ?", (incident_id,))

    def open_for(self, session_id: str) -> IncidentRow | None:
        """The open incident of a session, the latest if there are several."""
        return self._one("where session_id = ? and closed_at is null order by id desc", (session_id,))

    def has_any(self, session_id: str) -> bool:
        """Whether an incident was ever opened of a session."""
        return self._one("where session_id = ?", (session_id,)) is not None

    def all(self) -> tuple[IncidentRow, ...]:
        """Every incident, open ones first, latest first."""
        rows = self._store.connection.execute(
            f"select {_COLUMNS} from incident order by closed_at is not null, id desc"
        )
        return tuple(IncidentRow(*row) for row in rows)

    def save_place(self, incident_id: str, room: str, cursor: int) -> None:
        """Remember where the engineer stands; not part of the record."""
        with self._store.writing() as connection:
            connection.execute(
                "update incident set room = ?, cursor = ? where id = ?", (room, cursor, incident_id)
            )

    def set_closed(self, incident_id: str, closed_at: str | None) -> None:
        """Mark as closed, or open again with None."""
        with self._store.writing(durable=True) as connection:
            connection.execute("update incident set closed_at = ? where id = ?", (closed_at, incident_id))

    def journal(self, incident_id: str, after: int = 0) -> tuple[JournalRow, ...]:
        """The journal in order, its lines after that one."""
        rows = self._store.connection.execute(
            "select seq, at, actor, event, data, prev, hash from journal where incident = ? and seq > ? order by seq",
            (incident_id, after),
        )
        return tuple(JournalRow(*row) for row in rows)

    def append(self, incident_id: str, row: JournalRow) -> bool:
        """Add a line; on disk when this returns. False when somebody else wrote that line first.

        Raises:
            StoreError: it could not be written.
        """
        with self._store.writing(durable=True) as connection:
            written = connection.execute(
                "insert into journal values (?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing",
                (incident_id, row.seq, row.at, row.actor, row.event, row.data, row.prev, row.hash),
            )
            return written.rowcount == 1

    def _one(self, where: str, values: tuple[Any, ...]) -> IncidentRow | None:
        row: sqlite3.Row | None = self._store.connection.execute(
            f"select {_COLUMNS} from incident {where} limit 1", values
        ).fetchone()
        return IncidentRow(*row) if row else None
