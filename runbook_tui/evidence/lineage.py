"""Which traces a session has and which spans it links to: what is one run, and what it gave rise to."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from runbook_tui.evidence.payloads import forget_payloads
from runbook_tui.evidence.store import Store

__all__ = [
    "forget_session",
    "lacks_root",
    "late_spans",
    "link_capture",
    "note_links",
    "note_session",
    "note_traces",
    "received_at",
    "related_sessions",
    "sessions_of_traces",
]


def note_session(
    connection: sqlite3.Connection,
    session_id: str,
    trace_ids: Iterable[str],
    linked: Iterable[str],
    at: str,
) -> None:
    """Note of a session that spans of it came in.

    Args:
        connection: of a transaction.
        session_id: a stored session.
        trace_ids: the traces its spans belong to, all of them.
        linked: ids of the spans that its spans link to, all of them.
        at: when they came.
    """
    (sid,) = connection.execute("select sid from session where id = ?", (session_id,)).fetchone()
    connection.execute(
        "insert into received values (?, ?, ?) on conflict (sid) do update set last_at = excluded.last_at",
        (sid, at, at),
    )
    note_traces(connection, session_id, trace_ids)
    note_links(connection, session_id, linked)


def note_traces(connection: sqlite3.Connection, session_id: str, trace_ids: Iterable[str]) -> None:
    """Note the traces of a stored session, within the caller's transaction: those and no others."""
    _note(connection, "session_trace", "trace_id", session_id, set(trace_ids))


def note_links(connection: sqlite3.Connection, session_id: str, linked: Iterable[str]) -> None:
    """Note the spans that a stored session links to, within the caller's transaction: those and no others."""
    _note(connection, "session_link", "span_id", session_id, set(linked))


def _note(connection: sqlite3.Connection, table: str, column: str, session_id: str, now: set[str]) -> None:
    """Have a table hold these of a session; what it holds already is not written again."""
    (sid,) = connection.execute("select sid from session where id = ?", (session_id,)).fetchone()
    before = {row[0] for row in connection.execute(f"select {column} from {table} where sid = ?", (sid,))}
    connection.executemany(
        f"delete from {table} where {column} = ? and sid = ?", ((name, sid) for name in before - now)
    )
    connection.executemany(f"insert into {table} values (?, ?)", ((name, sid) for name in now - before))


def received_at(store: Store, session_id: str) -> str | None:
    """When spans of a session last came over the wire; None where none ever did."""
    row = store.connection.execute(
        "select last_at from received join session using (sid) where id = ?", (session_id,)
    ).fetchone()
    return row["last_at"] if row else None


def lacks_root(store: Store, session_id: str) -> bool:
    """Whether each outermost span of a stored session names a parent that has not come."""
    rooted = store.connection.execute(
        "select 1 from span join session using (sid) where id = ? and depth = 0 and not orphan limit 1",
        (session_id,),
    ).fetchone()
    return rooted is None


def sessions_of_traces(store: Store, trace_ids: Iterable[str]) -> set[str]:
    """Ids of the sessions that hold spans of these traces."""
    found: set[str] = set()
    for trace_id in trace_ids:
        rows = store.connection.execute(
            "select id from session join session_trace using (sid) where trace_id = ?", (trace_id,)
        )
        found.update(row["id"] for row in rows)
    return found


def related_sessions(store: Store, session_id: str) -> list[str]:
    """Ids of a session and of those it gave rise to: they share a trace with it, or link to a span of it."""
    rows = store.connection.execute(
        "with recursive kin(sid) as ("
        "  select sid from session where id = ?"
        "  union select other.sid from kin join session_trace mine on mine.sid = kin.sid"
        "    join session_trace other on other.trace_id = mine.trace_id"
        "  union select session_link.sid from kin join span on span.sid = kin.sid"
        "    join session_link on session_link.span_id = span.span_id"
        ") select id from kin join session using (sid)",
        (session_id,),
    )
    return [row["id"] for row in rows]


def late_spans(store: Store, session_ids: Sequence[str], after_ns: int) -> tuple[int, str, int] | None:
    """How many spans of these sessions started after a moment, and label and start (ns) of the first; else None.

    Calls that only messages tell of are left out: nobody knows when they started, and their ids have a point.
    """
    marks = ", ".join("?" * len(session_ids))
    rows = store.connection.execute(
        f"select label, start_ns from span join session using (sid) where id in ({marks}) and start_ns > ?"
        " and instr(span_id, '.') = 0 order by start_ns",
        (*session_ids, after_ns),
    ).fetchall()
    return (len(rows), rows[0]["label"], rows[0]["start_ns"]) if rows else None


def forget_session(connection: sqlite3.Connection, session_id: str) -> tuple[str, ...]:
    """Take a session out, within the caller's transaction: its spans turned out to be another's.

    Returns:
        The SHA-256 of the captures it came from, which stay.
    """
    rows = connection.execute(
        "select sha256 from session_capture join session using (sid) where id = ?", (session_id,)
    ).fetchall()
    (sid,) = connection.execute("select sid from session where id = ?", (session_id,)).fetchone()
    forget_payloads(connection, sid)
    connection.execute("delete from session where sid = ?", (sid,))
    return tuple(row[0] for row in rows)


def link_capture(connection: sqlite3.Connection, sha256: str, session_ids: Iterable[str]) -> None:
    """Say that these sessions came from a stored capture, within the caller's transaction."""
    connection.executemany(
        "insert or ignore into session_capture select sid, ? from session where id = ?",
        ((sha256, session_id) for session_id in session_ids),
    )
