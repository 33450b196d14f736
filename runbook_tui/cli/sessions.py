"""`import` and `sessions`: bring captures in, list what is there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click
import msgspec

from runbook_tui.cli.context import Context
from runbook_tui.cli.output import complain, count_in, say, show_json, table
from runbook_tui.evidence import list_sessions
from runbook_tui.incident import Added, add_capture, parse_time
from runbook_tui.intake import CaptureError, NoSpansError, files_to_read
from runbook_tui.trace import RunbookError
from runbook_tui.trace.counted import counted
from runbook_tui.trace.words import FLAGS, OUTCOMES

__all__ = ["import_command", "sessions_command"]

_NAMED: Final = 3
"""So many files or sessions are named in a line."""


@click.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def import_command(context: Context, paths: tuple[Path, ...], as_json: bool) -> int:
    """Bring files or folders into the store. A file that is there already changes nothing."""
    added: list[Added] = []
    refused: list[RunbookError] = []
    foreign: list[Path] = []
    left_out = 0
    with context.store() as store:
        for path, named in files_to_read(paths):
            try:
                with count_in(f"Importing {path.name}") as progress:
                    found = add_capture(store, path, context.playbooks.default, progress)
            except CaptureError as error:
                if named:
                    refused.append(error)
                else:
                    left_out += 1
                    if isinstance(error, NoSpansError):
                        foreign.append(path)
                    else:
                        complain(f"left out: {error}")
                continue
            except RunbookError as error:
                refused.append(error)
                continue
            added.append(found)
            if not as_json:
                say(f"{path}: {_news(found)}")
            for bad in found.bad_lines:
                complain(f"left out: {path}:{bad.line}: {bad.reason}")
    if foreign:
        complain(f"left out: no spans in {_some(foreign)}")
    if len(added) > 1 and not as_json:
        say(_sum(added))
    for refusal in refused:
        complain(str(refusal))
    if as_json:
        failed = [{"what": item.what, "where": item.where, "advice": item.advice} for item in refused]
        show_json({"imported": [msgspec.structs.asdict(item) for item in added], "refused": failed})
    return 2 if refused or (left_out and not added) else 0


def _news(found: Added) -> str:
    """What a file brought, in words."""
    sessions = counted(len(found.sessions), "session")
    if not found.new_spans:
        return f"nothing new, {sessions}"
    joined = f"; added to {_some(found.joined)}, stored before" if found.joined else ""
    return f"{found.new_spans:,} new of {counted(found.spans, 'span')}, {sessions}{joined}"


def _sum(added: list[Added]) -> str:
    sessions = {name for found in added for name in found.sessions}
    spans = sum(found.new_spans for found in added)
    return f"{counted(len(added), 'file')}: {counted(spans, 'new span')}, {counted(len(sessions), 'session')}"


def _some(names: Sequence[object]) -> str:
    """The first few, and how many more."""
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(map(str, names[:_NAMED])) + more


@click.command("sessions")
@click.option("--outcome", type=click.Choice(OUTCOMES, case_sensitive=False), help="How the session ended.")
@click.option("--flag", type=click.Choice(FLAGS, case_sensitive=False), help="A flag it carries.")
@click.option("--since", metavar="TIME", help="Started at or after, UTC.")
@click.option("--limit", type=click.IntRange(1), help="At most so many.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def sessions_command(
    context: Context,
    outcome: str | None,
    flag: str | None,
    since: str | None,
    limit: int | None,
    as_json: bool,
) -> None:
    """List captured sessions, worst first."""
    moment = parse_time(since) if since else None
    if since and moment is None:
        raise RunbookError("not a time", since, "write it as 2026-11-20 or 2026-11-20T02:14Z")
    since_ns = int(moment.timestamp() * 1e9) if moment else None
    with context.reading() as store:
        rows = list_sessions(store, outcome=outcome, flag=flag, since_ns=since_ns, limit=limit)
    if as_json:
        show_json(rows)
    elif not rows:
        asked = any(value is not None for value in (outcome, flag, since))
        none_at_all = f"No captured session in {context.db}. Bring one in with: runbook-tui import FILE"
        say("No captured session is like that." if asked else none_at_all)
    else:
        head = ("SESSION", "AGENT", "STARTED", "STEPS", "OUTCOME", "FLAGS")
        table(
            [
                head,
                *(
                    (
                        row.id,
                        row.agent or "",
                        (row.started_at or "")[:16],
                        str(row.steps),
                        row.ended_as,
                        ", ".join(dict.fromkeys(row.flags)),
                    )
                    for row in rows
                ),
            ]
        )
