"""Requests that were acknowledged and are in no session yet: a file beside the store, like its write-ahead log.

It is a file of its own so that no long write to the store holds up an acknowledgement. Whoever has it open holds
it alone until closing or dying, so that it also tells whether a receiver is at work.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from threading import Lock
from typing import Final

import msgspec

from runbook_tui.evidence.store import StoreError

__all__ = ["Inbox", "InboxTakenError", "Received", "inbox_path"]

_TABLE: Final = """
create table if not exists inbox (
    number integer primary key autoincrement,
    signal text not null, form text not null, received_at text not null,
    records integer not null, body blob not null
)"""
_MOST: Final = 1 << 30
"""Bytes of requests that may wait; past that the store is not being written, and senders must be told."""


class InboxTakenError(StoreError):
    """Another process has it open."""


class Received(msgspec.Struct, frozen=True):
    """A request that was acknowledged."""

    signal: str
    """`traces` or `logs`."""
    form: str
    """`protobuf` or `json`."""
    received_at: str
    """RFC 3339, UTC."""
    records: int
    """Spans or log records in it."""
    body: bytes
    number: int = 0
    """In order of arrival; given by the inbox."""


def inbox_path(store: Path) -> Path:
    """Where the inbox of a store is."""
    return store.with_name(f"{store.name}-inbox")


class Inbox:
    """The requests that wait. Threads may share one.

    Args:
        store: the path of the store it belongs to.

    Raises:
        InboxTakenError: another process has it open.
        StoreError: it cannot be opened.
    """

    def __init__(self, store: Path) -> None:
        self.path = inbox_path(store)
        self._lock = Lock()
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._db = self._open()
            (self._bytes,) = self._db.execute("select coalesce(sum(length(body)), 0) from inbox").fetchone()
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                advice = "stop the other receiver, or choose another database with --db"
                raise InboxTakenError(
                    "another receiver writes to this database", str(store), advice
                ) from error
            raise self._broken(error) from error
        except (OSError, sqlite3.Error) as error:
            raise self._broken(error) from error

    def _open(self) -> sqlite3.Connection:
        while True:
            if not self.path.exists():  # opening one that this process holds would give its lock up
                self.path.touch(mode=0o600)
            inode = self.path.stat().st_ino
            db = sqlite3.connect(self.path, timeout=0, check_same_thread=False)
            try:
                db.execute("pragma locking_mode = exclusive")
                db.execute("pragma journal_mode = wal")
                db.execute("pragma synchronous = full")
                db.execute(_TABLE)
                db.commit()
            except sqlite3.Error:
                db.close()
                raise
            if self.path.exists() and self.path.stat().st_ino == inode:
                return db
            db.close()  # the receiver before this one took it away as it closed

    def _broken(self, error: Exception) -> StoreError:
        return StoreError(
            "cannot write the inbox", str(self.path), f"{error}; free space or choose another with --db"
        )

    def add(self, requests: Sequence[Received]) -> None:
        """Keep these requests; they are on disk when this returns.

        Raises:
            StoreError: they could not be kept; none of them was.
        """
        size = sum(len(request.body) for request in requests)
        if self._bytes + size > _MOST:
            raise StoreError(
                "too much waits to be stored", str(self.path), "see what keeps the database busy"
            )
        with self._lock:
            try:
                with self._db:
                    self._db.executemany(
                        "insert into inbox (signal, form, received_at, records, body) values (?, ?, ?, ?, ?)",
                        (
                            (item.signal, item.form, item.received_at, item.records, item.body)
                            for item in requests
                        ),
                    )
            except sqlite3.Error as error:
                raise self._broken(error) from error
            self._bytes += size

    def after(self, number: int, most: int) -> list[Received]:
        """The requests that came after that one, in order: at least one where there is one, and about `most` bytes."""
        found: list[Received] = []
        size = 0
        with self._lock:
            rows = self._db.execute(
                "select signal, form, received_at, records, body, number from inbox where number > ?"
                " order by number",
                (number,),
            )
            for row in rows:
                found.append(Received(*row))
                size += len(found[-1].body)
                if size >= most:
                    break
            rows.close()
        return found

    def newest(self) -> int:
        """The number of the latest request; 0 where none waits."""
        with self._lock:
            (number,) = self._db.execute("select coalesce(max(number), 0) from inbox").fetchone()
        return int(number)

    def remove(self, numbers: Iterable[int]) -> None:
        """Forget requests that are in the store now.

        Raises:
            StoreError: they could not be removed; read again they change nothing.
        """
        with self._lock:
            try:
                with self._db:
                    for number in numbers:
                        gone = "delete from inbox where number = ? returning length(body)"
                        self._bytes -= sum(size for (size,) in self._db.execute(gone, (number,)))
            except sqlite3.Error as error:
                raise self._broken(error) from error

    def close(self) -> None:
        """Close it; an empty one is taken away."""
        with self._lock:
            (left,) = self._db.execute("select count(*) from inbox").fetchone()
            if not left:
                # Unlinked while it is still held, so that nobody else can have begun to write to it.
                for ending in ("", "-wal", "-shm", "-journal"):
                    self.path.with_name(self.path.name + ending).unlink(missing_ok=True)
            self._db.close()
