"""Sessions in the store: small rows for what is listed and drawn, payloads beside them for what is read."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from runbook_tui.evidence.payloads import forget_payloads, payloads_of, write_payloads
from runbook_tui.evidence.store import Store, StoreError
from runbook_tui.trace import (
    Defects,
    Findings,
    Place,
    SessionTrace,
    Span,
    build_session,
    rfc3339,
)

__all__ = [
    "SessionRow",
    "find_row",
    "find_session",
    "lean",
    "list_sessions",
    "read_findings",
    "read_session",
    "save_findings",
    "sessions_of_agent",
    "write_session",
]


_STEPS_NAMED: Final = 1_000
"""Steps that a missing field names at most; how many spans lack it is counted whole."""


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


def write_session(connection: sqlite3.Connection, session: SessionTrace, sha256: str | None, now: str) -> int:
    """Write a session within the caller's transaction; spans already stored are merged with the new ones.

    Returns:
        How many spans are new.
    """
    known = _read(connection, session.id)
    before = len(known.spans) if known else 0
    merged = session
    if known is not None:
        here = {span.key for span in session.spans}
        others = [span for span in known.spans if span.key not in here]
        if others:
            merged = build_session(session.id, known.format, [*session.spans, *others])
        _forget_rows(connection, session.id)
    sid = _session_row(connection, merged, now)
    step_at = {step.position: step.number for step in merged.steps}
    connection.executemany(
        "insert into span values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            _span_row(sid, span, place, step_at.get(place.position))
            for span, place in zip(merged.spans, merged.places, strict=True)
        ),
    )
    write_payloads(connection, sid, merged.spans)
    if sha256 is not None:
        connection.execute("insert or ignore into session_capture values (?, ?)", (sid, sha256))
    return len(merged.spans) - before


def _session_row(connection: sqlite3.Connection, session: SessionTrace, now: str) -> int:
    starts = [span.start_ns for span in session.spans if span.start_ns is not None]
    ends = [span.end_ns for span in session.spans if span.end_ns is not None]
    llm = [step.span for step in session.steps if step.kind == "llm"]
    row = connection.execute(
        "insert into session (id, format, started_ns, ended_ns, spans, steps, llm_calls, tool_calls, defects,"
        " imported_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " on conflict (id) do update set started_ns = excluded.started_ns, ended_ns = excluded.ended_ns,"
        " spans = excluded.spans, steps = excluded.steps, llm_calls = excluded.llm_calls,"
        " tool_calls = excluded.tool_calls, defects = excluded.defects, findings = null returning sid",
        (
            session.id,
            session.format,
            min(starts, default=None),
            max(ends, default=None),
            len(session.spans),
            len({step.number for step in session.steps}),
            len(llm),
            sum(step.kind in ("tool", "handoff") for step in session.steps),
            msgspec.json.encode(session.defects).decode(),
            now,
        ),
    ).fetchone()
    return int(row[0])


def _span_row(sid: int, span: Span, place: Place, step: int | None) -> tuple[Any, ...]:
    return (
        sid,
        place.position,
        place.parent,
        place.depth,
        place.last,
        span.span_id,
        span.kind,
        span.name[:400],
        span.label,
        span.agent,
        span.tool.name if span.tool else None,
        step,
        span.start_ns,
        span.end_ns,
        span.status,
        span.input_tokens,
        span.output_tokens,
        span.cost_usd,
        place.orphan,
    )


def _forget_rows(connection: sqlite3.Connection, session_id: str) -> None:
    row = connection.execute("select sid from session where id = ?", (session_id,)).fetchone()
    if row is not None:
        connection.execute("delete from span where sid = ?", (row["sid"],))
        connection.execute("delete from flag where sid = ?", (row["sid"],))
        forget_payloads(connection, row["sid"])


def read_session(store: Store, session_id: str) -> SessionTrace | None:
    """The whole session; None when there is none of that id."""
    return _read(store.connection, session_id)


def _read(connection: sqlite3.Connection, session_id: str) -> SessionTrace | None:
    head = connection.execute(
        "select sid, format, defects from session where id = ?", (session_id,)
    ).fetchone()
    if head is None:
        return None
    rebuilt = build_session(session_id, head["format"], payloads_of(connection, head["sid"]))
    return msgspec.structs.replace(rebuilt, defects=_defects(head))


def _defects(head: sqlite3.Row) -> Defects:
    return msgspec.json.decode(head["defects"], type=Defects)


def save_findings(store: Store, session: SessionTrace, findings: Findings, key: str | None = None) -> None:
    """Keep what the diagnosis said, so that lists and the browser can show it without asking again.

    Args:
        store: where the session is.
        session: the session.
        findings: kept `lean`.
        key: what the findings rest on beside the session; `read_findings` can ask for it.
    """
    summary = findings.session
    position = {
        span.span_id: place.position for span, place in zip(session.spans, session.places, strict=True)
    }
    with store.writing() as connection:
        row = connection.execute("select sid from session where id = ?", (session.id,)).fetchone()
        if row is None:
            raise StoreError("no such session", session.id, "import it first")
        sid = row["sid"]
        connection.execute(
            "update session set agent = ?, task = ?, input_tokens = ?, output_tokens = ?, cost_usd = ?,"
            " outcome = ?, flags = ?, findings = ?, findings_key = ? where sid = ?",
            (
                summary.agent,
                summary.task,
                summary.input_tokens,
                summary.output_tokens,
                summary.cost_usd,
                summary.outcome,
                ",".join(flag.flag for flag in findings.flags),
                msgspec.json.encode(lean(findings)),
                key,
                sid,
            ),
        )
        connection.execute("delete from flag where sid = ?", (sid,))
        connection.executemany(
            "insert into flag values (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    sid,
                    position[flag.span_id],
                    flag.step,
                    flag.span_id,
                    flag.flag,
                    flag.severity,
                    flag.detail,
                    flag.source,
                )
                for flag in findings.flags
                if flag.span_id in position
            ),
        )


def lean(findings: Findings) -> Findings:
    """Findings without what the session itself says step by step, so that they take the same room at any size."""
    missing = tuple(
        msgspec.structs.replace(field, steps=field.steps[:_STEPS_NAMED])
        for field in findings.readiness.missing
    )
    readiness = msgspec.structs.replace(findings.readiness, missing=missing)
    return msgspec.structs.replace(findings, readiness=readiness, steps=())


def read_findings(store: Store, session_id: str, key: str | None = None) -> Findings | None:
    """What was last said of the session, without its rows of steps.

    None before its first diagnosis, and where `key` is given and the findings rest on something else.
    """
    row = store.connection.execute(
        "select findings, findings_key from session where id = ?", (session_id,)
    ).fetchone()
    if row is None or not row["findings"] or key not in (None, row["findings_key"]):
        return None
    return msgspec.json.decode(row["findings"], type=Findings)


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
        "select * from session where (:outcome is null or outcome = :outcome)"
        " and (:flag is null or ',' || flags || ',' like '%,' || :flag || ',%')"
        " and (:since is null or started_ns >= :since)"
        " order by flags = '', coalesce(outcome, '') = 'completed', length(flags) desc,"
        " cost_usd desc, started_ns desc limit :limit",
        {"outcome": outcome, "flag": flag, "since": since_ns, "limit": -1 if limit is None else limit},
    )
    return tuple(map(_listed, rows))


def find_row(store: Store, session_id: str) -> SessionRow | None:
    """A session as it is listed; None when there is none of that id."""
    row = store.connection.execute("select * from session where id = ?", (session_id,)).fetchone()
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
        defects=_defects(row),
    )
