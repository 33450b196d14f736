"""`eval`: the cases that incidents left behind, and running one on a trace."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import click

from runbook_tui.cli.context import Context
from runbook_tui.cli.output import say, show_json, table
from runbook_tui.evidence import IncidentTable
from runbook_tui.incident import EvalRecord, recorded_evals
from runbook_tui.trace import RunbookError
from runbook_tui.trace.counted import counted

if TYPE_CHECKING:
    from runbook_tui.evals import Export, GateReport, Result
    from runbook_tui.evals.gate import Verdict

__all__ = ["eval_command"]

_RUN_BY: Final[dict[Export, str]] = {
    "pytest": "pytest test_eval_cases.py",
    "inspect": "python eval_cases.py",
    "pydantic-evals": "python eval_cases.py",
}
_FORMATS: Final = ("case", *_RUN_BY)
_VERDICTS: Final[dict[Verdict, str]] = {
    "passed": "every run of its task holds",
    "failed": "a run of its task fails",
    "not_exercised": "a run of its task came to nothing of what the case is about, so it shows nothing",
    "no_run": "no run of its task is among the runs",
    "guards_nothing": "its own captured failure passes, so it guards nothing",
}
_PARTLY: Final = "every run of its task holds, as far as it came; the rest of the case was not exercised"


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
@click.argument("case", metavar="CASE|FILE|FOLDER")
@click.option("--trace", type=click.Path(path_type=Path), help="The trace to grade; else its own bad one.")
@click.option("--session", metavar="ID", help="Which session of a trace that holds several.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def run(context: Context, case: str, trace: Path | None, session: str | None, as_json: bool) -> int:
    """Grade a trace with a case: the id of a kept one, or a case.yaml.

    Exit status 1 when it fails, or came to nothing of what the case is about.
    """
    from runbook_tui.evals import export_case, run_case

    with TemporaryDirectory(prefix="runbook-tui-") as folder, context.reading() as store:
        path = Path(case)
        if not path.exists():
            path = export_case(store, context.playbooks, case, "case", Path(folder))
        grade = run_case(path, trace, session=session, playbooks=context.playbooks)
    if as_json:
        show_json(grade)
    else:
        for result in grade.results:
            say(f"{_held(result):13}  {result.assertion}: {result.said}")
        if not grade.exercised:
            say("Not a pass: the run came to nothing of what the case is about.")
    return 0 if grade.passed else 1


@eval_command.command("gate")
@click.argument(
    "cases", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="CASE|FOLDER..."
)
@click.option(
    "--runs",
    multiple=True,
    required=True,
    type=click.Path(exists=True, path_type=Path),
    metavar="FILE|FOLDER",
    help="Captures of the new runs; repeatable.",
)
@click.option(
    "--override",
    multiple=True,
    metavar="CASE=REASON",
    help="Let a P1 case fail, with the reason; repeatable.",
)
@click.option(
    "--junit", type=click.Path(path_type=Path), metavar="FILE", help="Write a JUnit report there too."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def gate(
    context: Context,
    cases: tuple[Path, ...],
    runs: tuple[Path, ...],
    override: tuple[str, ...],
    junit: Path | None,
    as_json: bool,
) -> int:
    """Judge new runs by the cases of their tasks. Exit status 1 when a case blocks.

    P0 blocks; P1 blocks until it is overridden with a reason; P2 is told. A case without a run counts as failed.
    """
    from runbook_tui.evals import judge_cases, write_junit

    report = judge_cases(cases, runs, dict(map(_override, override)), context.playbooks)
    if junit is not None:
        write_junit(report, junit)
    if as_json:
        show_json(report)
    else:
        _tell(report)
    return 0 if report.passed else 1


@eval_command.command("export")
@click.argument("case", metavar="CASE|FOLDER")
@click.option(
    "--format", "form", type=click.Choice(_FORMATS), default="case", show_default=True, help="Whose form."
)
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="DIR", help="Written into.")
@click.pass_obj
def export(context: Context, case: str, form: Export, out: Path) -> None:
    """Write a case into a folder that an eval tool runs; give further cases the same folder.

    The tool finds the new runs through RUNBOOK_TUI_RUNS, and asks runbook-tui for the verdict.
    """
    from runbook_tui.evals import export_case

    with context.reading() as store:
        say(str(export_case(store, context.load_playbooks(), case, form, out)))
    if form != "case":
        say(f"run it with: RUNBOOK_TUI_RUNS=CAPTURES {_RUN_BY[form]}")


def _held(result: Result) -> str:
    return "fails" if not result.passed else "passes" if result.exercised else "not exercised"


def _override(text: str) -> tuple[str, str]:
    name, equals, reason = text.partition("=")
    if not equals:
        raise RunbookError("not an override", text, "write it as CASE=REASON")
    return name, reason


def _tell(report: GateReport) -> None:
    for item in report.cases:
        stands = "blocks" if item.blocks else item.verdict if item.verdict == "passed" else "warns"
        partly = item.verdict == "passed" and any(run.not_exercised for run in item.runs)
        said = _PARTLY if partly else _VERDICTS[item.verdict]
        say(f"{stands:7} {item.severity} {item.case}: {said}")
        for run in item.runs:
            for result in run.failures:
                at = f" (step {result.step})" if result.step is not None else ""
                say(f"          {run.file}: {result.assertion}: {result.said}{at}")
            for result in run.not_exercised:
                say(f"          {run.file}: not exercised: {result.assertion}: {result.said}")
        if item.verdict == "not_exercised" and not item.blocks and item.severity != "P2":
            say("          nor does its corrected run: add an assertion about something that it does")
        if item.override is not None:
            say(f"          overridden: {item.override}")
        elif item.blocks and item.severity == "P1":
            say(f"          to ship all the same: --override {item.case}=REASON")
    blocking = sum(item.blocks for item in report.cases)
    passed = sum(item.verdict == "passed" for item in report.cases)
    say(
        f"{passed} of {counted(len(report.cases), 'case')} passed; {f'{blocking} block' if blocking else 'nothing blocks'}"
    )


def _cases(context: Context) -> list[tuple[str, EvalRecord]]:
    with context.reading() as store:
        return recorded_evals(IncidentTable(store))
