"""The tables of the store, and how they came to be."""

from __future__ import annotations

import sqlite3
from functools import partial
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
    sid integer not null references session(sid) on delete cascade,
    position integer not null, body blob not null, text text not null,
    primary key (sid, position)
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

_STEPS: Final[tuple[tuple[str, str], ...]] = (("create_tables", _TABLES),)
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
        migrations(name=name)(partial(_run, script))
    migrations.apply(Database(connection))
    connection.execute(f"pragma user_version = {CURRENT}")
    connection.commit()


def _run(script: str, db: Database) -> None:
    for statement in _statements(script):
        db.execute(statement)


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
