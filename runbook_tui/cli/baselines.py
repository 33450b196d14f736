"""`baseline add|list|show|remove`: sessions known to be good, by agent."""

from __future__ import annotations

from pathlib import Path

import click

from runbook_tui.cli.context import Context
from runbook_tui.cli.output import complain, count_in, say, show_json, table
from runbook_tui.diagnosis import Profile, Range
from runbook_tui.evidence import Store, find_session
from runbook_tui.incident import add_capture
from runbook_tui.incident.baselines import (
    BaselineChange,
    add_baseline,
    list_baselines,
    remove_baseline,
    show_baseline,
)
from runbook_tui.trace.counted import counted

__all__ = ["baseline_command"]


@click.group("baseline")
def baseline_command() -> None:
    """Sessions known to be good: contracts, budgets and tool use of an agent are judged by them."""


@baseline_command.command("add")
@click.argument("sessions", nargs=-1, required=True, metavar="SESSION|FILE...")
@click.option("--force", is_flag=True, help="Take a session although it failed or carries P0 flags.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def add(context: Context, sessions: tuple[str, ...], force: bool, as_json: bool) -> None:
    """Call sessions good; those of a file are captured first."""
    with context.store() as store:
        names = [name for text in sessions for name in _stored(context, store, text)]
        changes = [add_baseline(store, name, context.playbooks.default, force=force) for name in names]
    _show(changes, "is good now", "was good already", as_json=as_json)


@baseline_command.command("remove")
@click.argument("session")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def remove(context: Context, session: str, as_json: bool) -> None:
    """Call a session good no longer. The session itself stays."""
    with context.reading() as store:
        change = remove_baseline(store, session, context.playbooks.default)
    _show([change], "is in no baseline now", "", as_json=as_json)


@baseline_command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def list_(context: Context, as_json: bool) -> None:
    """List the good sessions, by agent."""
    with context.reading() as store:
        rows = list_baselines(store)
    if as_json:
        show_json(rows)
    elif not rows:
        say("No baseline. Call a captured session good with: runbook-tui baseline add SESSION")
    else:
        table(
            [
                ("AGENT", "SESSION", "ADDED"),
                *((row.agent or "", row.session, row.added_at[:16]) for row in rows),
            ]
        )


@baseline_command.command("show")
@click.argument("agent")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def show(context: Context, agent: str, as_json: bool) -> None:
    """Show what the good sessions of an agent have in common."""
    with context.reading() as store:
        found = show_baseline(store, agent, context.playbooks.default)
    if as_json:
        show_json(found)
    else:
        _print(found)


def _stored(context: Context, store: Store, text: str) -> tuple[str, ...]:
    """The stored sessions that an argument names."""
    if not Path(text).is_file() or find_session(store, text) is not None:
        return (text,)
    with count_in(f"Reading {Path(text).name}") as progress:
        added = add_capture(store, Path(text), context.playbooks.default, progress, good=True)
    for bad in added.bad_lines:
        complain(f"left out: {bad.told(text)}")
    return added.sessions


def _show(changes: list[BaselineChange], done: str, already: str, *, as_json: bool) -> None:
    if as_json:
        show_json(changes)
        return
    for change in changes:
        again = (
            f"; {counted(change.diagnosed_again, 'session')} diagnosed again"
            if change.diagnosed_again
            else ""
        )
        agent = f" for {change.agent}" if change.agent else ""
        say(f"{change.session} {done if change.changed else already}{agent}{again}")
        if change.flags:
            complain(f"{change.session} carries {', '.join(change.flags)}: all of it counts as good now")


def _print(found: Profile) -> None:
    say(f"{found.agent or 'no agent named'}: {counted(len(found.sessions), 'good session')}")
    say(f"  {', '.join(found.sessions)}")
    say(f"models: {', '.join(found.models) or 'not recorded'}")
    say(f"instructions: {', '.join(found.instructions) or 'not recorded'}")
    say(f"tokens: {_range(found.tokens) if found.tokens else 'not recorded'}")
    say(f"steps: {_range(found.steps)}")
    for name, signal in found.signals.items():
        say(f"{name}: {_range(signal)}")
    say()
    rows: list[tuple[str, ...]] = [("TOOL", "CALLS A SESSION", "FIELDS")]
    rows += [
        (tool.tool, _range(tool.calls), ", ".join(tool.fields) or "not structured") for tool in found.tools
    ]
    table(rows)


def _range(found: Range) -> str:
    if found.least == found.most:
        return f"{found.most:,g}"
    return f"{found.least:,g} to {found.most:,g}, median {found.median:,g}"
