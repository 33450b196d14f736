"""Sessions written to the store: small rows for what is listed and drawn, payloads beside them for what is read."""

from __future__ import annotations

import sqlite3
from array import array
from typing import Any, Final

import msgspec

from runbook_tui.evidence.payloads import (
    Payload,
    forget_payloads,
    payload_key,
    stored_payloads,
    write_payloads,
)
from runbook_tui.trace import PlacedSession, SessionTrace, SpanSummary

__all__ = ["write_session"]

_BATCH_ROWS: Final = 500
_BATCH_BYTES: Final = 1 << 20
"""More than either is written before the next span is fetched."""

_NO_STEP: Final = -1
_PLACE: Final = ("sid", "position", "parent", "depth", "last", "orphan", "step")
_COLUMNS: Final = (*_PLACE, *SpanSummary._fields)
_INSERT: Final = (
    f"insert or replace into span ({', '.join(_COLUMNS)}) values ({', '.join('?' * len(_COLUMNS))})"
)


class _Figures(msgspec.Struct):
    """What is said of a session as a whole, gathered while its spans go by."""

    started_ns: int | None = None
    ended_ns: int | None = None
    llm_calls: int = 0
    tool_calls: int = 0

    def count(self, span: SpanSummary, *, is_step: bool) -> None:
        if span.start_ns is not None and (self.started_ns is None or span.start_ns < self.started_ns):
            self.started_ns = span.start_ns
        if span.end_ns is not None and (self.ended_ns is None or span.end_ns > self.ended_ns):
            self.ended_ns = span.end_ns
        if is_step:
            self.llm_calls += span.kind == "llm"
            self.tool_calls += span.kind in ("tool", "handoff")


def write_session(
    connection: sqlite3.Connection, session: PlacedSession | SessionTrace, sha256: str | None, now: str
) -> None:
    """Write a session, within the caller's transaction, in place of what is stored of it: what differs, and no more.

    Args:
        connection: of the transaction.
        session: the session, whole; its spans are gone through once.
        sha256: the capture it came from; None where it came in none.
        now: when it was imported.
    """
    placed = PlacedSession.of(session) if isinstance(session, SessionTrace) else session
    sid, before = _session_row(connection, placed, now)
    rows = _Rows(connection, sid, before)
    figures = _write_spans(sid, placed, rows)
    told = (
        figures.started_ns,
        figures.ended_ns,
        len(placed),
        placed.layout.numbered,
        figures.llm_calls,
        figures.tool_calls,
        msgspec.json.encode(placed.layout.defects).decode(),
    )
    if rows.changed:
        connection.execute("delete from flag where sid = ?", (sid,))
        connection.execute(
            "update session set started_ns = ?, ended_ns = ?, spans = ?, steps = ?, llm_calls = ?, tool_calls = ?,"
            " defects = ?, findings = null, revision = revision + 1 where sid = ?",
            (*told, sid),
        )
    if sha256 is not None:
        connection.execute("insert or ignore into session_capture values (?, ?)", (sid, sha256))


def _session_row(connection: sqlite3.Connection, placed: PlacedSession, now: str) -> tuple[int, int]:
    """The row of a session, made where there is none, and how many spans are stored of it."""
    row = connection.execute("select sid, spans from session where id = ?", (placed.id,)).fetchone()
    if row is not None:
        return int(row[0]), int(row[1])
    (sid,) = connection.execute(
        "insert into session (id, format, spans, steps, llm_calls, tool_calls, defects, imported_at)"
        " values (?, ?, 0, 0, 0, 0, '', ?) returning sid",
        (placed.id, placed.format, now),
    ).fetchone()
    return int(sid), 0


def _write_spans(sid: int, placed: PlacedSession, written: _Rows) -> _Figures:
    figures = _Figures()
    layout = placed.layout
    steps = array("q", [_NO_STEP]) * len(placed)
    for position, number in zip(layout.steps, layout.numbers, strict=True):
        steps[position] = number
    columns = zip(
        placed.packed(), layout.parent, layout.depth, layout.last, layout.orphan, steps, strict=True
    )
    rows: list[tuple[Any, ...]] = []
    payloads: list[Payload] = []
    size = 0
    for position, ((row, body), parent, depth, last, orphan, step) in enumerate(columns):
        is_step = step != _NO_STEP
        figures.count(row, is_step=is_step)
        rows.append((sid, position, parent, depth, last, orphan, step if is_step else None, *row))
        payloads.append((payload_key(sid, position), body))
        size += len(body)
        if size > _BATCH_BYTES or len(rows) >= _BATCH_ROWS:
            written.put(rows, payloads)
            rows, payloads, size = [], [], 0
    written.put(rows, payloads)
    written.end()
    return figures


class _Rows:
    """The rows of a session while it is written, batch by batch; those that are stored as they are stay untouched.

    A session that grows is written often: what is written again each time would be most of it, each time.

    Args:
        connection: of the transaction.
        sid: the session's row.
        before: how many of its spans are stored.
    """

    def __init__(self, connection: sqlite3.Connection, sid: int, before: int) -> None:
        self._db = connection.cursor()
        self._db.row_factory = None
        self._sid = sid
        self._before = before
        self._at = 0
        self.changed = before == 0
        """Whether anything is other than it was."""

    def put(self, rows: list[tuple[Any, ...]], payloads: list[Payload]) -> None:
        """Write those that are new or changed."""
        begin, self._at = self._at, self._at + len(rows)
        if begin < self._before:
            known = self._stored(begin)
            rows = [row for row in rows if row not in known[0]]
            payloads = [payload for payload in payloads if payload not in known[1]]
        self.changed = self.changed or bool(rows or payloads)
        self._db.executemany(_INSERT, rows)
        write_payloads(self._db, payloads)

    def _stored(self, begin: int) -> tuple[set[tuple[Any, ...]], set[Payload]]:
        """The rows of the batch that begins there, and the spans themselves, as they are stored."""
        last = self._at - 1
        rows = self._db.execute(
            f"select {', '.join(_COLUMNS)} from span where sid = ? and position between ? and ?",
            (self._sid, begin, last),
        )
        return set(rows), set(stored_payloads(self._db, self._sid, begin, last))

    def end(self) -> None:
        """Remove what is behind the last of them: it is not the session's any more."""
        if self._at < self._before:
            self.changed = True
            self._db.execute("delete from span where sid = ? and position >= ?", (self._sid, self._at))
            forget_payloads(self._db, self._sid, self._at)
