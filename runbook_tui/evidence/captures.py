"""The capture as received: its bytes in the store, unchanged, named by their SHA-256."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from typing import BinaryIO, Final

import msgspec
import zstandard

from runbook_tui.evidence.store import Store, StoreError

__all__ = ["StoredCapture", "capture_bytes", "captures_of", "has_capture", "write_capture"]

_CHUNK: Final = 4 << 20


class StoredCapture(msgspec.Struct, frozen=True):
    """A file as it was received."""

    sha256: str
    name: str
    size: int
    received_at: str


def has_capture(store: Store, sha256: str) -> bool:
    """Whether these very bytes were imported before."""
    row = store.connection.execute("select 1 from capture where sha256 = ?", (sha256,)).fetchone()
    return row is not None


def write_capture(connection: sqlite3.Connection, source: BinaryIO, capture: StoredCapture) -> None:
    """Copy the file into the store, within the caller's transaction.

    Raises:
        StoreError: the file is not what was read a moment ago.
    """
    connection.execute(
        "insert into capture values (?, ?, ?, ?)",
        (capture.sha256, capture.name, capture.size, capture.received_at),
    )
    digest = hashlib.sha256()
    packed = zstandard.ZstdCompressor(level=1)
    number = 0
    while chunk := source.read(_CHUNK):
        digest.update(chunk)
        connection.execute(
            "insert into capture_chunk values (?, ?, ?)", (capture.sha256, number, packed.compress(chunk))
        )
        number += 1
    if digest.hexdigest() != capture.sha256:
        raise StoreError("the file changed while it was read", capture.name, "import it again")


def captures_of(store: Store, session_id: str) -> tuple[StoredCapture, ...]:
    """The files a session came from, oldest first."""
    rows = store.connection.execute(
        "select c.sha256, c.name, c.size, c.received_at from capture c join session_capture using (sha256)"
        " join session using (sid) where session.id = ? order by c.received_at, c.sha256",
        (session_id,),
    )
    return tuple(StoredCapture(*row) for row in rows)


def capture_bytes(store: Store, sha256: str) -> Iterator[bytes]:
    """The capture's bytes, in chunks."""
    rows = store.connection.execute(
        "select bytes from capture_chunk where sha256 = ? order by number", (sha256,)
    )
    unpacked = zstandard.ZstdDecompressor()
    for (chunk,) in rows:
        yield unpacked.decompress(chunk)
