"""Requests kept as received: many small ones become a few captures."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Final

from runbook_tui.evidence.captures import StoredCapture, capture_bytes, write_capture
from runbook_tui.evidence.lineage import link_capture
from runbook_tui.evidence.store import Store

__all__ = ["ReceivedCaptures"]

_LARGEST: Final = 8 << 20
"""Bytes up to which captures are made one."""
_ENDINGS: Final = {"protobuf": "pb", "json": "jsonl"}


class ReceivedCaptures:
    """Keeps requests as received. Many small ones become a few captures: each is joined to those before it that
    are no larger, so that a byte is rewritten a few times at most, and a day of small requests stays a short list.

    A capture that an incident's engineer may have looked at is never changed.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._latest: dict[str, list[tuple[str, int]]] = {"protobuf": [], "json": []}

    def keep(
        self,
        connection: sqlite3.Connection,
        form: str,
        bodies: Sequence[bytes],
        session_ids: Iterable[str],
        at: str,
    ) -> None:
        """Write requests of one form as a capture of these sessions, within the caller's transaction.

        It can be imported again: protobuf with the length before each request as the collector writes it, JSON
        a request a line.
        """
        whole = b"".join(_framed(form, body) for body in bodies)
        latest = self._latest[form]
        joined: list[str] = []
        for sha256, size in reversed(latest):
            if size > 2 * len(whole) or size + len(whole) > _LARGEST or self._is_looked_at(sha256):
                break
            joined.append(sha256)
            whole = b"".join(capture_bytes(self._store, sha256)) + whole
        sha256 = hashlib.sha256(whole).hexdigest()
        if connection.execute("select 1 from capture where sha256 = ?", (sha256,)).fetchone() is None:
            name = f"received-{at}.{_ENDINGS[form]}".replace(":", "-")
            write_capture(connection, BytesIO(whole), StoredCapture(sha256, name, len(whole), at))
        link_capture(connection, sha256, session_ids)
        for old in joined:
            _replace(connection, old, sha256)
        self._latest[form] = [*latest[: len(latest) - len(joined)], (sha256, len(whole))]

    def start_anew(self) -> None:
        """Join nothing to what was kept so far: the transaction it was kept in did not come to its end."""
        self._latest = {"protobuf": [], "json": []}

    def _is_looked_at(self, sha256: str) -> bool:
        row = self._store.connection.execute(
            "select 1 from capture join session_capture using (sha256) join session using (sid)"
            " join incident on incident.session_id = session.id"
            " where sha256 = ? and opened_at >= received_at limit 1",
            (sha256,),
        ).fetchone()
        return row is not None


def _framed(form: str, body: bytes) -> bytes:
    if form == "json":  # line ends in JSON are never part of a text
        return body.replace(b"\r", b" ").replace(b"\n", b" ") + b"\n"
    return len(body).to_bytes(4) + body


def _replace(connection: sqlite3.Connection, old: str, new: str) -> None:
    connection.execute(
        "insert or ignore into session_capture select sid, ? from session_capture where sha256 = ?",
        (new, old),
    )
    connection.execute("delete from session_capture where sha256 = ?", (old,))
    connection.execute("delete from capture where sha256 = ?", (old,))
