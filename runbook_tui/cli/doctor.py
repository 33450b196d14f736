"""`doctor`: what works on this machine and what does not."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from runbook_tui.cli.context import Context
from runbook_tui.cli.output import say, table
from runbook_tui.evidence import RESTORE
from runbook_tui.intake import vocabularies
from runbook_tui.trace import RunbookError
from runbook_tui.trace.counted import counted

__all__ = ["doctor_command"]

_HOW: Final[dict[str, str]] = {
    "session.id": 'span attribute "session.id", the same on every span of the session',
    "agent.step": 'span attribute "agent.step", from 1; a tool call carries that of its LLM call',
    "gen_ai.request.model": 'span attribute "gen_ai.request.model"',
    "exact model version": 'span attribute "gen_ai.response.model", with its date or revision',
    "gen_ai.usage.input_tokens": 'span attribute "gen_ai.usage.input_tokens"',
    "gen_ai.usage.output_tokens": 'span attribute "gen_ai.usage.output_tokens"',
    "agent.anomaly": 'span attribute "agent.anomaly", null when clean, a flag name when not',
    "step_summary": 'span attribute "step_summary", a sentence on what the model concluded',
    "messages": '"gen_ai.input.messages" and "gen_ai.output.messages"; switch content capture on',
    "tool.name": 'span attribute "gen_ai.tool.name"',
    "tool.input": 'span attribute "gen_ai.tool.call.arguments", redacted where it must be',
    "tool result": 'span attribute "gen_ai.tool.call.result"',
    "tool.status": 'span attribute "tool.status": ok, error, empty or schema_drift',
    "tool.output_fields": 'span attribute "tool.output_fields", the field names of the response',
    "tool.latency_ms": 'span start and end, or span attribute "tool.latency_ms"',
}
"""Required field to the attribute that carries it."""


@click.command("doctor")
@click.argument("file", required=False, metavar="[FILE|SESSION]")
@click.pass_obj
def doctor_command(context: Context, file: str | None) -> int:
    """Check terminal, database, vocabulary and playbooks; or, for a trace, the fields a trace must carry.

    Exit status 1 when something does not work, or a required field is missing.
    """
    if file is not None:
        return _check_trace(context, file)
    found = list(_checks(context))
    for works, name, text in found:
        say(f"{'ok ' if works else 'no '} {name:11} {text}")
    return 0 if all(works for works, _, _ in found) else 1


def _check_trace(context: Context, file: str) -> int:
    """Readiness of a trace, for someone instrumenting an agent."""
    from runbook_tui.incident import inspect_session, load

    store = None if Path(file).exists() else context.reading()
    try:
        session, others, left_out = load(store, file)
    finally:
        if store is not None:
            store.close()
    findings = inspect_session(session, context.playbooks.default)
    readiness = findings.readiness
    more = f", the first of {len(others) + 1} sessions" if others else ""
    say(f"{file}: session {session.id}{more}")
    for bad in left_out:
        say(f"not read: {bad.told(file)}")
    say(f"{readiness.score:.0%} of the required fields are there.")
    if readiness.missing:
        say()
        rows = [
            (field.field, counted(field.spans, "span"), _steps(field.steps), _HOW.get(field.field, ""))
            for field in readiness.missing
        ]
        table([("MISSING", "ON", "STEPS", "ADD"), *rows])
    if readiness.cannot_conclude:
        say()
        for text in readiness.cannot_conclude:
            say(text)
    return 1 if readiness.missing else 0


def _steps(steps: tuple[int, ...]) -> str:
    return ", ".join(map(str, steps[:5])) + (" ..." if len(steps) > 5 else "")


def _checks(context: Context) -> Iterator[tuple[bool, str, str]]:
    yield sys.version_info >= (3, 11), "python", sys.version.split()[0]
    size = shutil.get_terminal_size()
    encoding = getattr(sys.stdout, "encoding", "") or "unknown"
    wide = size.columns >= 80 and size.lines >= 24
    hint = "" if wide else ", 80x24 is the least that is comfortable"
    yield (
        wide,
        "terminal",
        f"{size.columns}x{size.lines}, {encoding}, TERM {os.environ.get('TERM', 'not set')}{hint}",
    )
    try:
        yield True, "database", f"{_database(context)}, SQLite {sqlite3.sqlite_version}"
    except RunbookError as error:
        yield False, "database", str(error)
    names = ", ".join(vocabularies())
    without = "missing or damaged: token counts are estimated by length; install again"
    yield bool(names), "vocabulary", names or without
    yield _sources()
    problems = context.playbooks.problems
    yield not problems, "playbooks", f"{len(context.playbooks)} loaded, {len(problems)} problems"


def _database(context: Context) -> str:
    """Where the database is and what is in it.

    Raises:
        RunbookError: it cannot be opened, or a part of it is damaged.
    """
    with context.store() as store:
        (count,) = store.connection.execute("select count(*) from session").fetchone()
        (damage,) = store.connection.execute("pragma quick_check(1)").fetchone()
    if damage != "ok":
        raise RunbookError(
            "the database is damaged", str(context.db), f"{' '.join(damage.split())}; {RESTORE}"
        )
    return f"{context.db}, {counted(count, 'session')}"


def _sources() -> tuple[bool, str, str]:
    from runbook_tui.intake.servers import KINDS, known_sources, sources_path

    try:
        own = [name for name in known_sources() if name not in KINDS]
    except RunbookError as error:
        return False, "sources", str(error)
    path = sources_path()
    return True, "sources", f"{path}, {counted(len(own), 'server')}" if own else f"none named in {path}"
