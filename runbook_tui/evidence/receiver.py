"""The receiver that writes to a store, as other processes see it; and whether anybody has written."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Final

import msgspec

from runbook_tui.evidence.store import Store
from runbook_tui.trace.clock import parse_time

__all__ = ["ReceiverRow", "note_receiver", "read_receiver", "store_version"]


_SILENCE_S: Final = 15.0
"""A receiver says every two seconds that it is there; a long write may come between."""


class ReceiverRow(msgspec.Struct, frozen=True):
    """The receiver that last wrote to the store. Times are RFC 3339, UTC."""

    pid: int
    address: str
    started_at: str
    beat_at: str
    """When it last said that it is there."""
    settled_at: str
    """What it was sent before this moment is in the sessions."""
    last_at: str | None
    """When it was last sent something."""
    spans: int
    """Spans received since it started."""

    def is_there(self, now: datetime) -> bool:
        """Whether it still is, for all that can be told from when it was last heard of."""
        beat = parse_time(self.beat_at)
        return beat is not None and abs((now - beat).total_seconds()) <= _SILENCE_S


def note_receiver(connection: sqlite3.Connection, row: ReceiverRow | None) -> None:
    """Say that a receiver is there, or with None that there is none any more."""
    connection.execute("delete from receiver")
    if row is not None:
        connection.execute(
            "insert into receiver values (1, ?, ?, ?, ?, ?, ?, ?)", msgspec.structs.astuple(row)
        )


def read_receiver(store: Store) -> ReceiverRow | None:
    """The receiver that last said it is there."""
    row = store.connection.execute(
        "select pid, address, started_at, beat_at, settled_at, last_at, spans from receiver"
    ).fetchone()
    return ReceiverRow(*row) if row else None


def store_version(store: Store) -> int:
    """A number that changes when another connection has written to the store; costs next to nothing."""
    (version,) = store.connection.execute("pragma data_version").fetchone()
    return int(version)
