"""Sessions written to the store: small rows for what is listed and drawn, payloads beside them for what is read."""

from __future__ import annotations

import sqlite3
from array import array
from typing import Any, Final

import msgspec

from runbook_tui.evidence.payloads import Payload, forget_payloads, payload_key, write_payloads
from runbook_tui.trace import PlacedSession, SessionTrace, SpanSummary

__all__ = ["write_session"]

_BATCH_ROWS: Final = 500
_BATCH_BYTES: Final = 1 << 20
"""More than either is written before the next span is fetched."""

_NO_STEP: Final = -1
_PLACE: Final = ("sid", "position", "parent", "depth", "last", "orphan", "step")
_COLUMNS: Final = (*_PLACE, *SpanSummary._fields)
_INSERT: Final = f"insert into span ({', '.join(_COLUMNS)}) values ({', '.join('?' * len(_COLUMNS))})"


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
) -> int:
    """Write all of a session, within the caller's transaction, in place of what is stored of it.

    Args:
        connection: of the transaction.
        session: the session, whole; its spans are gone through once.
        sha256: the capture it came from; None where it came in none.
        now: when it was imported.

    Returns:
        How many more spans it has than what was stored.
    """
    placed = PlacedSession.of(session) if isinstance(session, SessionTrace) else session
    before = _forget_rows(connection, placed.id)
    (sid,) = connection.execute(
        "insert into session (id, format, spans, steps, llm_calls, tool_calls, defects, imported_at)"
        " values (?, ?, 0, 0, 0, 0, '', ?) on conflict (id) do update set findings = null returning sid",
        (placed.id, placed.format, now),
    ).fetchone()
    figures = _write_spans(connection, sid, placed)
    connection.execute(
        "update session set started_ns = ?, ended_ns = ?, spans = ?, steps = ?, llm_calls = ?, tool_calls = ?,"
        " defects = ? where sid = ?",
        (
            figures.started_ns,
            figures.ended_ns,
            len(placed),
            placed.layout.numbered,
            figures.llm_calls,
            figures.tool_calls,
            msgspec.json.encode(placed.layout.defects).decode(),
            sid,
        ),
    )
    if sha256 is not None:
        connection.execute("insert or ignore into session_capture values (?, ?)", (sid, sha256))
    return len(placed) - before


def _forget_rows(connection: sqlite3.Connection, session_id: str) -> int:
    """Remove what is stored of a session but its own row; returns how many spans that was."""
    row = connection.execute("select sid, spans from session where id = ?", (session_id,)).fetchone()
    if row is None:
        return 0
    sid, spans = row
    connection.execute("delete from span where sid = ?", (sid,))
    connection.execute("delete from flag where sid = ?", (sid,))
    forget_payloads(connection, sid)
    return int(spans)


def _write_spans(connection: sqlite3.Connection, sid: int, placed: PlacedSession) -> _Figures:
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
            _write_batch(connection, rows, payloads)
            rows, payloads, size = [], [], 0
    _write_batch(connection, rows, payloads)
    return figures


def _write_batch(
    connection: sqlite3.Connection, rows: list[tuple[Any, ...]], payloads: list[Payload]
) -> None:
    connection.executemany(_INSERT, rows)
    write_payloads(connection, payloads)
