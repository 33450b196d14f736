"""The tables of the store, and how they came to be."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sqlite_utils import Database

__all__ = ["CURRENT", "migrate"]

_TABLES: Final = """
create table session (
    sid integer primary key,
    id text not null unique,
    agent text, task text, format text not null,
    started_ns integer, ended_ns integer,
    spans integer not null, steps integer not null,
    llm_calls integer not null, tool_calls integer not null,
    input_tokens integer, output_tokens integer, cost_usd real,
    outcome text, flags text not null default '',
    defects text not null, findings blob, imported_at text not null
);
create index session_agent on session(agent);
create table span (
    sid integer not null references session(sid) on delete cascade,
    position integer not null, parent integer not null, depth integer not null, last integer not null,
    span_id text not null, kind text not null, name text not null, label text not null, agent text, tool text,
    step integer, start_ns integer, end_ns integer, status text not null,
    input_tokens integer, output_tokens integer, cost_usd real, orphan integer not null,
    primary key (sid, position)
) without rowid;
create index span_id on span(sid, span_id);
create index span_step on span(sid, step) where step is not null;
create table payload (
    id integer primary key, -- sid * 2^32 + position
    body blob not null -- the span as JSON, so that search can look at it where it lies
);
create table flag (
    sid integer not null references session(sid) on delete cascade,
    position integer not null, step integer, span_id text not null, flag text not null,
    severity text not null, detail text not null, source text not null
);
create index flag_position on flag(sid, position);
create table capture (
    sha256 text primary key, name text not null, size integer not null, received_at text not null
);
create table capture_chunk (
    sha256 text not null references capture(sha256) on delete cascade,
    number integer not null, bytes blob not null,
    primary key (sha256, number)
);
create table session_capture (
    sid integer not null references session(sid) on delete cascade,
    sha256 text not null references capture(sha256),
    primary key (sid, sha256)
) without rowid;
create table incident (
    id text primary key, session_id text not null, playbook text not null,
    opened_at text not null, closed_at text, room text not null, cursor integer not null default 0
);
create index incident_session on incident(session_id);
create table journal (
    incident text not null references incident(id),
    seq integer not null, at text not null, actor text not null, event text not null,
    data text not null, prev text not null, hash text not null,
    primary key (incident, seq)
) without rowid;
create trigger journal_is_append_only_update before update on journal
begin select raise(abort, 'the journal is append-only'); end;
create trigger journal_is_append_only_delete before delete on journal
begin select raise(abort, 'the journal is append-only'); end;
"""

_RECEIVING: Final = """
create table receiver (
    id integer primary key check (id = 1),
    pid integer not null, address text not null, started_at text not null,
    beat_at text not null, settled_at text not null, last_at text, spans integer not null
);
create table received (
    sid integer primary key references session(sid) on delete cascade,
    first_at text not null, last_at text not null
);
create table session_trace (
    trace_id text not null, sid integer not null references session(sid) on delete cascade,
    primary key (trace_id, sid)
) without rowid;
create index session_trace_sid on session_trace(sid);
create table session_link (
    span_id text not null, sid integer not null references session(sid) on delete cascade,
    primary key (span_id, sid)
) without rowid;
create index session_link_sid on session_link(sid);
"""

_BASELINES: Final = """
create table baseline (
    session_id text primary key, agent text, added_at text not null
) without rowid;
create index baseline_agent on baseline(agent);
"""

_FINDINGS: Final = "alter table session add column findings_key text;"

_REVISIONS: Final = "alter table session add column revision integer not null default 0;"

_STEPS: Final[tuple[tuple[str, str], ...]] = (
    ("create_tables", _TABLES),
    ("create_receiver_tables", _RECEIVING),
    ("create_baselines", _BASELINES),
    ("key_findings", _FINDINGS),
    ("count_revisions", _REVISIONS),
)
"""Name and script of every change to the tables, in order; one that was released is never edited."""

CURRENT: Final = len(_STEPS)
"""Kept in `PRAGMA user_version`, so that a store that is up to date opens without the migration library."""


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the store up to date; a store that is already costs one pragma."""
    (version,) = connection.execute("pragma user_version").fetchone()
    if version == CURRENT:
        return
    from sqlite_utils import Database, Migrations

    migrations = Migrations("runbook_tui")
    for name, script in _STEPS:
        migrations(name=name)(_runner(script))
    migrations.apply(Database(connection))
    connection.execute(f"pragma user_version = {CURRENT}")
    connection.commit()


def _runner(script: str) -> Callable[[Database], None]:
    def run(db: Database) -> None:
        for statement in _statements(script):
            db.execute(statement)

    return run


def _statements(script: str) -> list[str]:
    """The statements of a script; a trigger's body has semicolons of its own."""
    found: list[str] = []
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            found.append(pending.strip())
            pending = ""
    return found
