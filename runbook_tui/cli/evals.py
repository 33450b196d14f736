"""`eval`: the cases that incidents left behind, and running one on a trace."""

from __future__ import annotations

from pathlib import Path

import click

from runbook_tui.cli.context import Context
from runbook_tui.cli.output import say, show_json, table
from runbook_tui.evidence import IncidentTable
from runbook_tui.incident import EvalRecord, recorded_evals
from runbook_tui.trace import RunbookError

__all__ = ["eval_command"]


@click.group("eval")
def eval_command() -> None:
    """Eval cases that incidents left behind."""


@eval_command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def list_cases(context: Context, as_json: bool) -> None:
    """List the cases."""
    found = _cases(context)
    if as_json:
        show_json([record for _, record in found])
    elif not found:
        say("No eval case yet. The postmortem room proposes one.")
    else:
        table(
            [
                ("CASE", "SEVERITY", "INCIDENT"),
                *((record.id, record.severity, name) for name, record in found),
            ]
        )


@eval_command.command("show")
@click.argument("case")
@click.pass_obj
def show_case(context: Context, case: str) -> None:
    """Print a case as JSON."""
    found = next((record for _, record in _cases(context) if record.id == case), None)
    if found is None:
        raise RunbookError("no such case", case, "runbook-tui eval list shows them")
    show_json(found.case)


@eval_command.command("run")
@click.argument("case", type=click.Path(path_type=Path))
@click.option("--trace", type=click.Path(path_type=Path), help="The trace to grade; else its own bad one.")
@click.option("--session", metavar="ID", help="Which session of a trace that holds several.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def run(context: Context, case: Path, trace: Path | None, session: str | None, as_json: bool) -> int:
    """Grade a trace with a case.yaml. Exit status 1 when it fails."""
    from runbook_tui.evals import run_case

    grade = run_case(case, trace, session=session, playbooks=context.playbooks)
    if as_json:
        show_json(grade)
    else:
        for result in grade.results:
            say(f"{'passes' if result.passed else 'fails '}  {result.assertion}: {result.said}")
    return 0 if grade.passed else 1


def _cases(context: Context) -> list[tuple[str, EvalRecord]]:
    with context.reading() as store:
        return recorded_evals(IncidentTable(store))
