"""Sessions in the store: listed, found and read back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Final

import msgspec

from runbook_tui.evidence.payloads import payloads_of
from runbook_tui.evidence.store import Store
from runbook_tui.trace import Defects, SessionTrace, Span, as_read, build_session, rfc3339, was_recorded

__all__ = [
    "SessionRow",
    "defects_of",
    "find_row",
    "find_session",
    "list_sessions",
    "read_session",
    "sessions_of_agent",
    "stored_spans",
]


class SessionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A session as it is listed."""

    id: str
    agent: str | None
    task: str | None
    started_at: str | None
    ended_at: str | None
    spans: int
    steps: int
    llm_calls: int
    tool_calls: int
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    outcome: str | None
    flags: tuple[str, ...]
    format: str
    defects: Defects
    diagnosed: bool

    @property
    def ended_as(self) -> str:
        """The outcome in words, or why there is none yet."""
        return self.outcome or ("still running" if self.diagnosed else "not diagnosed yet")


def read_session(store: Store, session_id: str) -> SessionTrace | None:
    """The whole session; None when there is none of that id."""
    return _read(store.connection, session_id)


def _read(connection: sqlite3.Connection, session_id: str) -> SessionTrace | None:
    head = connection.execute(
        "select sid, format, defects from session where id = ?", (session_id,)
    ).fetchone()
    if head is None:
        return None
    rebuilt = build_session(
        session_id, head["format"], (span for span, _ in payloads_of(connection, head["sid"]))
    )
    return msgspec.structs.replace(rebuilt, defects=defects_of(head))


def defects_of(head: sqlite3.Row) -> Defects:
    """What was wrong with the recording of a session."""
    return msgspec.json.decode(head["defects"], type=Defects)


def stored_spans(store: Store, session_id: str) -> Iterator[tuple[Span, int]]:
    """What was read of a session, and the bytes it takes in the store: its spans as each told by itself, one at a time.

    What only messages tell of is left out: whoever makes a session of these spans and others tells it anew.
    """
    row = store.connection.execute("select sid from session where id = ?", (session_id,)).fetchone()
    if row is not None:
        for span, size in payloads_of(store.connection, row["sid"]):
            if was_recorded(span):
                yield as_read(span), size


def find_session(store: Store, text: str) -> str | None:
    """The id of the session that `text` names: its id, or an unambiguous beginning of it."""
    rows = store.connection.execute(
        "select id from session where id = ? or substr(id, 1, ?) = ? order by id = ? desc limit 3",
        (text, len(text), text, text),
    ).fetchall()
    if rows and (rows[0]["id"] == text or len(rows) == 1):
        return str(rows[0]["id"])
    return None


def sessions_of_agent(store: Store, agent: str | None, limit: int) -> tuple[str, ...]:
    """The ids of an agent's diagnosed sessions, the latest first."""
    rows = store.connection.execute(
        "select id from session where agent is ? and findings is not null order by started_ns desc limit ?",
        (agent, limit),
    )
    return tuple(row["id"] for row in rows)


_LISTED: Final = (
    "id, agent, task, started_ns, ended_ns, spans, steps, llm_calls, tool_calls, input_tokens, output_tokens,"
    " cost_usd, outcome, flags, format, defects, findings is not null diagnosed"
)
"""What a list needs: the findings, which may be long, stay where they are."""


def list_sessions(
    store: Store,
    *,
    outcome: str | None = None,
    flag: str | None = None,
    since_ns: int | None = None,
    limit: int | None = None,
) -> tuple[SessionRow, ...]:
    """Captured sessions, worst first: most flags, then a bad outcome, then cost, then the latest."""
    rows: Iterator[sqlite3.Row] = store.connection.execute(
        f"select {_LISTED} from session where (:outcome is null or outcome = :outcome)"
        " and (:flag is null or ',' || flags || ',' like '%,' || :flag || ',%')"
        " and (:since is null or started_ns >= :since)"
        " order by flags = '', coalesce(outcome, '') = 'completed', length(flags) desc,"
        " cost_usd desc, started_ns desc limit :limit",
        {"outcome": outcome, "flag": flag, "since": since_ns, "limit": -1 if limit is None else limit},
    )
    return tuple(map(_listed, rows))


def find_row(store: Store, session_id: str) -> SessionRow | None:
    """A session as it is listed; None when there is none of that id."""
    row = store.connection.execute(f"select {_LISTED} from session where id = ?", (session_id,)).fetchone()
    return None if row is None else _listed(row)


def _listed(row: sqlite3.Row) -> SessionRow:
    return SessionRow(
        id=row["id"],
        agent=row["agent"],
        task=row["task"],
        started_at=rfc3339(row["started_ns"]),
        ended_at=rfc3339(row["ended_ns"]),
        spans=row["spans"],
        steps=row["steps"],
        llm_calls=row["llm_calls"],
        tool_calls=row["tool_calls"],
        input_tokens=row["input_tokens"],
        output_tokens=row["output_tokens"],
        cost_usd=row["cost_usd"],
        outcome=row["outcome"],
        flags=tuple(name for name in row["flags"].split(",") if name),
        format=row["format"],
        defects=defects_of(row),
        diagnosed=bool(row["diagnosed"]),
    )
