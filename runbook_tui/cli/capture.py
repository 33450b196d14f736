"""`capture`: fetch a session from a trace server into the store."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from runbook_tui.cli.context import Context
from runbook_tui.cli.output import complain, say, show_json
from runbook_tui.trace import RunbookError, visible
from runbook_tui.trace.clock import parse_time
from runbook_tui.trace.counted import counted

if TYPE_CHECKING:
    from runbook_tui.incident.fetching import Fetched, FetchProgress, Wanted

__all__ = ["capture_command"]

_INTERRUPTED = 130


@click.command("capture")
@click.argument("source")
@click.argument("session", required=False)
@click.option(
    "--latest", type=click.IntRange(1, 1000), metavar="N", help="The latest N sessions instead of one."
)
@click.option(
    "--agent",
    metavar="NAME",
    help="Of that agent, by its name or its service's; Jaeger asks that service alone.",
)
@click.option("--since", metavar="TIME", help="Only what began at or after, UTC.")
@click.option("--url", metavar="URL", help="The server's address; else its product's variable.")
@click.option("--project", metavar="NAME", help="Project, experiment, database or tenant to look in.")
@click.option("--fresh", is_flag=True, help="Begin anew, whatever an interrupted run had fetched.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def capture_command(
    context: Context,
    source: str,
    session: str | None,
    latest: int | None,
    agent: str | None,
    since: str | None,
    url: str | None,
    project: str | None,
    fresh: bool,
    as_json: bool,
) -> int:
    """Fetch a session or trace by its id, or the latest ones, from a trace server.

    SOURCE is phoenix, mlflow, langfuse, jaeger, tempo or clickhouse, or a name from sources.yaml. Credentials come
    from the product's environment variables or from that file, never from the command line.
    """
    from runbook_tui.incident.fetching import fetch, resolve

    wanted = _wanted(session, latest, agent, since)
    server = resolve(source, url=url, project=project)
    playbook = context.playbooks.default
    try:
        with context.store() as store, _progress(f"{server.name} {wanted}") as progress:
            found = fetch(store, server, wanted, playbook, fresh=fresh, progress=progress)
    except KeyboardInterrupt:
        complain(f"stopped: {server.name} {wanted}: nothing was stored; the same command goes on from here")
        return _INTERRUPTED
    if as_json:
        show_json(found)
    else:
        _tell(found)
    for bad in found.added.bad_lines:
        complain(f"left out: {bad.told(found.added.file)}")
    return 0


def _wanted(session: str | None, latest: int | None, agent: str | None, since: str | None) -> Wanted:
    from runbook_tui.incident.fetching import Wanted

    if session is not None and latest is not None:
        raise RunbookError("both an id and --latest", session, "give one of the two")
    if session is None and latest is None:
        raise RunbookError("which session", "capture", "give a session or trace id, or --latest N")
    if session is not None and not session.strip():
        raise RunbookError("which session", "an empty id", "give a session or trace id, or --latest N")
    moment = parse_time(since) if since else None
    if since and moment is None:
        raise RunbookError("not a time", since, "write it as 2026-11-20 or 2026-11-20T02:14Z")
    since_ns = int(moment.timestamp() * 1e9) if moment else None
    return Wanted(session.strip() if session else None, latest, agent, since_ns)


def _tell(found: Fetched) -> None:
    added = found.added
    news = f"{added.new_spans} new of {added.spans} spans" if added.new_spans else "nothing new"
    resumed = ", resumed" if found.resumed else ""
    say(
        f"{found.source}: {news}, {counted(found.traces, 'trace')}, {counted(len(added.sessions), 'session')}{resumed}"
    )
    for session in added.sessions:
        say(f"  runbook-tui open {session}")


@contextmanager
def _progress(what: str) -> Iterator[Callable[[FetchProgress], None] | None]:
    """A bar of traces with an estimate, on a terminal; None elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[size]}", markup=False),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        name = visible(what)[:40]
        task = bar.add_task(f"Asking {name}", total=None, size="")

        def show(progress: FetchProgress) -> None:
            size = f"{progress.size / 1e6:,.1f} MB" if progress.size else ""
            if progress.stage == "storing":
                bar.update(
                    task, description="Storing", completed=progress.done, total=progress.total, size=size
                )
            elif progress.stage == "fetching":
                bar.update(
                    task,
                    description=f"Fetching {name}",
                    completed=progress.done,
                    total=progress.total,
                    size=size,
                )

        yield show
