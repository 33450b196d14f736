"""`doctor`: what works on this machine and what does not."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator

import click

from runbook_tui.cli.context import Context
from runbook_tui.cli.output import say
from runbook_tui.intake import vocabulary_path
from runbook_tui.trace import RunbookError

__all__ = ["doctor_command"]


@click.command("doctor")
@click.pass_obj
def doctor_command(context: Context) -> int:
    """Check terminal, database, vocabulary and playbooks."""
    found = list(_checks(context))
    for works, name, text in found:
        say(f"{'ok ' if works else 'no '} {name:11} {text}")
    return 0 if all(works for works, _, _ in found) else 1


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
        with context.store() as store:
            (count,) = store.connection.execute("select count(*) from session").fetchone()
        yield True, "database", f"{context.db}, {count} sessions, SQLite {sqlite3.sqlite_version}"
    except RunbookError as error:
        yield False, "database", str(error)
    vocabulary = vocabulary_path()
    said = str(vocabulary) if vocabulary else "none at hand: missing token counts are estimated by length"
    yield True, "vocabulary", said
    problems = context.playbooks.problems
    yield not problems, "playbooks", f"{len(context.playbooks)} loaded, {len(problems)} problems"
