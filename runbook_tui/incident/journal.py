"""The incident's journal: append-only, hash-chained, on disk before what it announces.

Each line's hash covers the hash of the line before it, so that a line changed, removed or inserted later
shows. The state of an incident is nothing but its journal, read from the first line.
"""

from __future__ import annotations

import getpass
import hashlib
import os
import socket
from typing import Any, Final

import msgspec

from runbook_tui.evidence import IncidentTable, JournalRow
from runbook_tui.trace import RunbookError
from runbook_tui.trace.clock import Clock, stamp

__all__ = ["Entry", "Journal", "JournalError", "whoami"]

_GENESIS: Final = "sha256:" + "0" * 64


class JournalError(RunbookError):
    """The journal was changed after it was written."""


class Entry(msgspec.Struct, frozen=True):
    """One line: what happened, when, by whom."""

    seq: int
    at: str
    actor: str
    event: str
    data: dict[str, Any]


def whoami() -> str:
    """Who acts: user and host, as the record names them."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):
        user = f"uid {os.getuid()}" if hasattr(os, "getuid") else "unknown"
    return f"{user}@{socket.gethostname()}"


class Journal:
    """The journal of one incident."""

    def __init__(self, table: IncidentTable, incident_id: str, clock: Clock, actor: str) -> None:
        self._table = table
        self._incident = incident_id
        self._clock = clock
        self._actor = actor
        self.entries: list[Entry] = []
        self._last = _GENESIS
        self.catch_up()

    def catch_up(self) -> bool:
        """Take in the lines that others wrote meanwhile, in another terminal perhaps; whether there were any.

        Raises:
            JournalError: they do not follow from those known.
        """
        rows = self._table.journal(self._incident, len(self.entries))
        for row in rows:
            _verify(self._incident, row, len(self.entries) + 1, self._last)
            self.entries.append(_entry(row))
            self._last = row.hash
        return bool(rows)

    def append(self, event: str, **data: Any) -> Entry:
        """Write a line; it is on disk when this returns.

        Raises:
            StoreError: it could not be written; nothing happened.
        """
        text = msgspec.json.encode(data).decode()
        while True:
            seq, at = len(self.entries) + 1, stamp(self._clock())
            digest = _digest(self._last, seq, at, self._actor, event, text)
            row = JournalRow(seq, at, self._actor, event, text, self._last, digest)
            if self._table.append(self._incident, row):
                break
            self.catch_up()
        entry = _entry(row)  # as it is read back, so that what is made of it is the same from any process
        self.entries.append(entry)
        self._last = digest
        return entry

    @property
    def last_hash(self) -> str:
        """The hash of the latest line; it vouches for all before it."""
        return self._last


def _entry(row: JournalRow) -> Entry:
    return Entry(row.seq, row.at, row.actor, row.event, msgspec.json.decode(row.data))


def _digest(prev: str, seq: int, at: str, actor: str, event: str, data: str) -> str:
    text = msgspec.json.encode([prev, seq, at, actor, event, data])
    return "sha256:" + hashlib.sha256(text).hexdigest()


def _verify(incident_id: str, row: JournalRow, number: int, prev: str) -> None:
    digest = _digest(prev, row.seq, row.at, row.actor, row.event, row.data)
    if row.seq != number or row.prev != prev or row.hash != digest:
        raise JournalError(
            "the journal was changed after it was written",
            f"{incident_id} line {row.seq}",
            "keep the database file as it is and open a new incident",
        )
