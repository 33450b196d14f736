"""The commands that open a screen: home, `open`, `demo`. Textual is loaded here and nowhere else."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runbook_tui.cli.context import Context
from runbook_tui.cli.output import complain, count_in
from runbook_tui.evidence import IncidentTable, Store, find_session
from runbook_tui.trace import RunbookError
from runbook_tui.trace.clock import latest, now_utc, stamp
from runbook_tui.trace.counted import counted

if TYPE_CHECKING:
    from runbook_tui.incident import Added
    from runbook_tui.incident.samples import Story
    from runbook_tui.incident.starting import Given
    from runbook_tui.playbook import Playbook
    from runbook_tui.ui import Start

__all__ = ["demo_command", "open_command", "show_home"]


def show_home(context: Context) -> None:
    """Open incidents and captured sessions."""
    from runbook_tui.ui import Start

    context.store().close()
    _run(context.db, context, Start())


@click.command("open")
@click.argument("session", metavar="SESSION|FILE|INCIDENT")
@click.option("--baseline", multiple=True, metavar="SESSION|FILE", help="A good run to compare with.")
@click.option("--detected-at", metavar="TIME", help="When it was first noticed, UTC; now unless given.")
@click.option("--playbook", metavar="ID", help="Work with this playbook; the mode's own may take over later.")
@click.pass_obj
def open_command(
    context: Context, session: str, baseline: tuple[str, ...], detected_at: str | None, playbook: str | None
) -> None:
    """Start or resume the incident of a session."""
    from runbook_tui.ui import Start

    moment = _moment(detected_at)
    plan = _playbook(context, playbook)
    with context.store() as store:
        known = IncidentTable(store).get(session) is not None
        name, said = (session, "") if known else _stored(context, store, session)
        good = tuple(_stored(context, store, run, good=True)[0] for run in baseline)
        if moment is not None:
            _check_noticed(store, name, moment, known=known)
        if plan is not None:
            _need_terminal()
            given: Given = {"baseline": good, "detected_at": moment, "playbook": plan}
            name, known = _begun(context, store, name, given, known=known), True
    start = Start("incident" if known else "session", name, good, moment, said)
    _run(context.db, context, start)


def _playbook(context: Context, name: str | None) -> Playbook | None:
    found = None if name is None else context.playbooks.get(name)
    if name is not None and found is None:
        raise RunbookError("no such playbook", name, f"choose one of: {', '.join(context.playbooks)}")
    return found


def _check_noticed(store: Store, name: str, moment: str, *, known: bool) -> None:
    from runbook_tui.incident import check_noticed

    row = IncidentTable(store).get(name) if known else None
    check_noticed(store, row.session_id if row else name, moment)


def _begun(context: Context, store: Store, name: str, given: Given, *, known: bool) -> str:
    """The id of the incident of that session, or of that id, with what is said of it written down."""
    from runbook_tui.incident import resume_incident, start_incident

    if not known:
        return start_incident(store, context.playbooks, name, **given)
    resume_incident(store, name, **given)
    return name


def _stored(context: Context, store: Store, name: str, *, good: bool = False) -> tuple[str, str]:
    """The id of a stored session, and what to say of it; a file is imported first, to be opened next or as a good run."""
    if not Path(name).exists() and (found := find_session(store, name)) is not None:
        return found, ""
    from runbook_tui.incident import store_session_of

    with count_in(f"Reading {Path(name).name}") as progress:
        session_id, added = store_session_of(
            store, name, context.playbooks.default, progress, opened=not good, good=good
        )
    for bad in added.bad_lines if added else ():
        complain(f"left out: {bad.told(name)}")
    return session_id, _news(added) if added is not None else ""


def _news(added: Added) -> str:
    """What is not plain to see of a file that was opened: that its spans joined others, or that it holds more."""
    session_id, *others = added.sessions
    said = []
    if session_id in added.apart:
        said.append(f"A good run has its id: this one is kept as {session_id}.")
    if session_id in added.joined:
        said.append(f"{counted(added.new_spans, 'span')} joined {session_id}, which was stored before.")
    if others:
        said.append(f"The file holds {counted(len(others), 'other session')}: they are at home.")
    return " ".join(said)


@click.command("demo")
@click.argument("name", default="loan")
@click.pass_obj
def demo_command(context: Context, name: str) -> None:
    """Walk through a sample incident, in a throw-away database.

    Its clock stands at the moment the story's failure was noticed, and runs from there.
    """
    from runbook_tui.incident import add_capture
    from runbook_tui.incident.samples import load_story
    from runbook_tui.ui import Start

    story = load_story(name)
    with tempfile.TemporaryDirectory(prefix="runbook-tui-demo-") as folder:
        db = Path(folder) / "demo.db"
        demo = Context(db, ())
        clock = _story_clock(story)
        with demo.store() as store:
            for path in (story.path, story.clean_path):
                add_capture(store, path, context.playbooks.default, clock=clock)
        start = Start("session", story.session, (story.clean_session,), story.detected_at, rehearsal=True)
        _run(db, context, start, clock)


def _story_clock(story: Story) -> Callable[[], datetime]:
    begun, noticed = datetime.now(UTC), datetime.fromisoformat(story.detected_at)
    return lambda: noticed + (datetime.now(UTC) - begun)


def _moment(text: str | None) -> str | None:
    if text is None:
        return None
    moment = latest(text, now_utc())
    if moment is None:
        raise RunbookError("not a time", text, "write it as 02:14 or 2026-11-20T02:14Z")
    return stamp(moment)


def _need_terminal() -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise RunbookError(
            "no terminal", "standard input and output", "run it in a terminal, or use inspect --json"
        )


def _run(db: Path, context: Context, start: Start, clock: Callable[[], datetime] | None = None) -> None:
    _need_terminal()
    from runbook_tui.ui import RunbookApp

    app = RunbookApp(db, context.load_playbooks, start, clock or now_utc)
    app.run()
    if app.ended_by is not None:
        raise app.ended_by
    if app.return_code:
        sys.exit(app.return_code)
