"""`import` and `sessions`: bring captures in, list what is there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import msgspec

from runbook_tui.cli.context import Context
from runbook_tui.cli.output import complain, count_in, say, show_json, table
from runbook_tui.evidence import Store, StoreError, list_sessions
from runbook_tui.incident import Added, add_capture, parse_time
from runbook_tui.intake import CaptureError, NoSpansError, files_to_read
from runbook_tui.trace import RunbookError
from runbook_tui.trace.counted import counted
from runbook_tui.trace.words import FLAGS, OUTCOMES

if TYPE_CHECKING:
    from runbook_tui.playbook import Playbook

__all__ = ["import_command", "sessions_command"]

_NAMED: Final = 3
"""So many files or sessions are named in a line."""
_INTERRUPTED: Final = 130


@click.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def import_command(context: Context, paths: tuple[Path, ...], as_json: bool) -> int:
    """Bring files or folders into the store. A file that is there already changes nothing."""
    done = _Imported(list(files_to_read(paths)))
    try:
        with context.store() as store:
            done.bring_in(store, context.playbooks.default, aloud=not as_json)
    except KeyboardInterrupt:
        done.stop()
        done.status = _INTERRUPTED
    return done.tell(as_json=as_json)


class _Imported:
    """How an import of several files goes."""

    def __init__(self, files: list[tuple[Path, bool]]) -> None:
        self._files = files
        self._at = 0
        self.added: list[Added] = []
        self.status = 0
        self._refused: list[tuple[Path, RunbookError]] = []
        self._foreign: list[Path] = []
        self._left_out = 0
        self._stopped = ""

    def refuse(self, path: Path, error: RunbookError, *, named: bool) -> None:
        """A file could not be imported; in a folder there may be others."""
        if named or not isinstance(error, CaptureError):
            self._refused.append((path, error))
            return
        self._left_out += 1
        if isinstance(error, NoSpansError):
            self._foreign.append(path)
        else:
            complain(f"left out: {error}")

    def bring_in(self, store: Store, playbook: Playbook, *, aloud: bool) -> None:
        """Import one file after the other, until nothing can be written any more."""
        for at, (path, named) in enumerate(self._files):
            self._at = at
            try:
                with count_in(f"Importing {path.name}") as progress:
                    found = add_capture(store, path, playbook, progress)
            except RunbookError as error:
                self.refuse(path, error, named=named)
                if isinstance(error, StoreError) and error.where == str(store.path):
                    self.stop()
                    return
                continue
            self.added.append(found)
            if aloud:
                say(f"{path}: {_news(found)}")
            for bad in found.bad_lines:
                complain(f"left out: {bad.told(str(path))}")
            if found.undiagnosed:
                complain(f"{path}: stored, but not diagnosed: {found.undiagnosed}")

    def stop(self) -> None:
        """It goes no further than the file it is at."""
        left = len(self._files) - self._at - 1
        more = f", {counted(left, 'file')} after it" if left > 0 else ""
        stored = counted(len(self.added), "file") if self.added else "none"
        where = self._files[self._at][0] if self._files else "the first file"
        self._stopped = (
            f"stopped at {where}{more}: imported before it: {stored}; the same command goes on from here"
        )

    def tell(self, *, as_json: bool) -> int:
        """Say how it went; the exit status."""
        if self._foreign:
            complain(f"left out: no spans in {_some(self._foreign)}")
        if len(self.added) > 1 and not as_json:
            say(_sum(self.added))
        for _, error in self._refused:
            complain(str(error))
        if self._stopped:
            complain(self._stopped)
        if as_json:
            failed = [
                {"what": item.what, "where": item.where, "advice": item.advice, "file": str(path)}
                for path, item in self._refused
            ]
            show_json({"imported": [msgspec.structs.asdict(item) for item in self.added], "refused": failed})
        return self.status or (2 if self._refused or (self._left_out and not self.added) else 0)


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
