"""`inspect`: what the diagnosis says of a session, without an incident. A file is not stored."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import click
import msgspec

from runbook_tui.cli.context import Context
from runbook_tui.cli.loading import left_out_rows, tell_left_out, tell_others
from runbook_tui.cli.output import complain, say, show_json
from runbook_tui.diagnosis import main_agent
from runbook_tui.evidence import Store
from runbook_tui.incident import inspect_session, load
from runbook_tui.incident.sessions import baseline_of, is_growing
from runbook_tui.trace import Evidence, Findings, RunbookError, SessionTrace
from runbook_tui.trace.counted import counted

__all__ = ["inspect_command", "store_for"]


@click.command("inspect")
@click.argument("session", metavar="SESSION|FILE")
@click.option("--session", "wanted", metavar="ID", help="Which session of a file that holds several.")
@click.option("--baseline", multiple=True, metavar="SESSION|FILE", help="A good run to compare with.")
@click.option("--no-baseline", is_flag=True, help="Compare with no good run, not even a stored one.")
@click.option("--full", is_flag=True, help="Keep long texts whole.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def inspect_command(
    context: Context,
    session: str,
    wanted: str | None,
    baseline: tuple[str, ...],
    no_baseline: bool,
    full: bool,
    as_json: bool,
) -> None:
    """Diagnose one session and print what was found. Good runs of its agent that are stored are compared with."""
    if baseline and no_baseline:
        raise RunbookError("both a good run and none", "--no-baseline", "give one of the two")
    store = store_for(context, (session, *baseline))
    try:
        loaded = load(store, session, wanted)
        trace = loaded.session
        good = tuple(tell_left_out(load(store, name), name).session for name in baseline)
        _doubt(context, trace, good)
        growing = store is not None and not Path(session).exists() and is_growing(store, trace.id)
    finally:
        if store is not None:
            store.close()
    if not baseline and not no_baseline:
        good = _stored_good(context, trace)
    tell_others(tell_left_out(loaded, session), session, wanted)
    findings = inspect_session(trace, context.playbooks.default, good, full=full, growing=growing)
    held = [run.id for run in good]
    if as_json:
        left_out = left_out_rows(session, loaded)
        show_json({**msgspec.structs.asdict(findings), "baseline": held, "left_out": left_out})
    else:
        _print(findings, held)


def _stored_good(context: Context, trace: SessionTrace) -> tuple[SessionTrace, ...]:
    """The stored good runs of the agent; a file can be diagnosed without a database that can be read."""
    if not context.db.exists():
        return ()
    try:
        with Store(context.db) as store:
            return baseline_of(store, main_agent(trace), trace.id)
    except (RunbookError, sqlite3.DatabaseError) as error:
        complain(f"without the stored good runs: {error}")
        return ()


def _doubt(context: Context, trace: SessionTrace, good: tuple[SessionTrace, ...]) -> None:
    """Say what speaks against a good run: everything is held against it."""
    agent = main_agent(trace)
    for run in good:
        other = main_agent(run)
        if agent and other and other != agent:
            complain(f"the good run {run.id} is of another agent: {other}, not {agent}")
        findings = inspect_session(run, context.playbooks.default)
        names = sorted({flag.flag for flag in findings.flags})
        if names:
            complain(f"the good run {run.id} carries {', '.join(names)} itself")


def store_for(context: Context, names: tuple[str, ...]) -> Store | None:
    """The store, unless every name is a file: then no database is opened or made."""
    return None if all(Path(name).exists() for name in names) else context.reading()


def _print(findings: Findings, held: list[str]) -> None:
    summary = findings.session
    estimated = " (estimated)" if summary.tokens_estimated else ""
    tokens = f"{summary.input_tokens or 'unknown'} tokens in, {summary.output_tokens or 'unknown'} out"
    say(f"{summary.id}  {summary.agent or ''}  {summary.outcome or 'still running'}")
    say(f"{counted(summary.spans, 'span')}, {counted(summary.steps, 'step')}, {tokens}{estimated}")
    say(f"started {summary.started_at or 'unknown'}, ended {summary.ended_at or 'unknown'}")
    if held:
        say(f"held against {counted(len(held), 'good run')}: {', '.join(held)}")
    say()
    say(f"Flags: {len(findings.flags)}")
    for flag in findings.flags:
        say(f"  ! {flag.flag}  {_where(flag.step)}  {flag.detail} ({flag.source})")
    say()
    for proposed in findings.classification:
        say(f"Mode: {proposed.mode}  {proposed.score:.2f}  rule {proposed.rule}")
        _evidence(proposed.evidence)
    for cause in findings.causes:
        say(f"Cause: {cause.cause}  {cause.score:.2f}  {cause.first_step}")
        _evidence(cause.evidence)
    say()
    say("Read first")
    for suspect in findings.suspects[:5]:
        say(f"  {suspect.rank}. step {suspect.step}")
        _evidence(suspect.reasons, "     ")
    if not findings.suspects:
        say("  no step stands out")
    say()
    irreversible = sum(action.effect == "irreversible" for action in findings.actions)
    say(f"Actions: {len(findings.actions)}, {irreversible} irreversible")
    asked = sum(action.asked_by is not None for action in findings.actions)
    if asked:
        say(f"  {asked} of them asked for: whether made is not recorded")
    say(f"Readiness: {findings.readiness.score:.0%} of the required fields")
    for text in findings.readiness.cannot_conclude:
        say(f"  {text}")


def _where(step: int | None) -> str:
    return "run" if step is None else f"step {step}"


def _evidence(evidence: tuple[Evidence, ...], lead: str = "  ") -> None:
    for item in evidence:
        last = f"s {item.step} to {item.last_step}" if item.last_step is not None else f" {item.step}"
        say(f"{lead}{item.text}" + (f" [step{last}]" if item.step is not None else ""))
