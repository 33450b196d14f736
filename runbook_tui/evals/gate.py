"""The gate: every case against the new runs of its task, before a change ships.

A P0 case that fails blocks. A P1 case that fails blocks until somebody says why it may ship all the same. A P2 case
is told and counted. Nothing passes in silence: a case without a run fails, and so does one whose run came to nothing of
what it is about (unless its own corrected run does not either), and one that its own captured failure passes. Of a
run that came to a part of it that part is judged, and the rest is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, Literal

import msgspec

from runbook_tui.diagnosis import Case
from runbook_tui.evals.files import CASE_FILE, EvalCaseError
from runbook_tui.evals.grading import Result
from runbook_tui.evals.runs import KeptCase, sessions_in
from runbook_tui.intake import NoSpansError, files_to_read
from runbook_tui.playbook import Playbooks
from runbook_tui.trace import SessionTrace
from runbook_tui.trace.words import Severity

__all__ = ["CaseResult", "GateReport", "GradedRun", "Verdict", "judge_cases"]

Verdict = Literal["passed", "failed", "not_exercised", "no_run", "guards_nothing"]
_SHORTEST_REASON: Final = 3


class GradedRun(msgspec.Struct, frozen=True):
    """One new run, as a case judges it."""

    file: str
    session: str
    passed: bool
    failures: tuple[Result, ...]
    exercised: bool = True
    """Whether the run came to what the case is about; one that did not is no pass."""
    not_exercised: tuple[Result, ...] = ()
    """What holds only because the run never came to it."""


class CaseResult(msgspec.Struct, frozen=True):
    """One case at the gate."""

    case: str
    severity: Severity
    verdict: Verdict
    blocks: bool
    override: str | None
    """Why it may ship all the same, as somebody said."""
    runs: tuple[GradedRun, ...]


class GateReport(msgspec.Struct, frozen=True):
    """All cases at the gate; it opens when none of them blocks."""

    passed: bool
    cases: tuple[CaseResult, ...]


def judge_cases(
    paths: Iterable[Path],
    runs: Iterable[Path],
    overrides: Mapping[str, str] | None = None,
    playbooks: Playbooks | None = None,
) -> GateReport:
    """Grade new runs with the cases of their tasks.

    A run belongs to a case when its first user message is the case's input, or when its file, or the folder it is
    in, is named by the case's id. Where several do, all of them have to pass.

    Args:
        paths: cases, their folders, or folders of such.
        runs: captures of the new runs, or folders of them.
        overrides: by the id of a P1 case, why it may fail.
        playbooks: where playbooks are looked up; the shipped ones unless given.

    Raises:
        EvalCaseError: there is no case, one cannot be used, or an override is not allowed.
        CaptureError: a run cannot be read.
    """
    cases = [KeptCase(path, playbooks) for path in _case_files(paths)]
    given = _checked(overrides or {}, cases)
    found = list(_runs(runs, [kept.folder for kept in cases]))
    results = tuple(
        _result(
            kept,
            [(file, run) for file, run in found if _is_of(kept, file, run)],
            given.get(kept.case.id),
        )
        for kept in cases
    )
    return GateReport(not any(result.blocks for result in results), results)


def _case_files(paths: Iterable[Path]) -> list[Path]:
    found: dict[Path, None] = {}
    for path in paths:
        inside = sorted(path.rglob(CASE_FILE)) if path.is_dir() else [path]
        if not inside:
            advice = "give a case.yaml, or a folder with cases as a closed incident leaves them"
            raise EvalCaseError("no eval case", str(path), advice)
        found.update(dict.fromkeys(file.resolve() for file in inside))
    return list(found)


def _checked(overrides: Mapping[str, str], cases: list[KeptCase]) -> Mapping[str, str]:
    severities = {kept.case.id: kept.case.severity for kept in cases}
    if len(severities) < len(cases):
        names = [kept.case.id for kept in cases]
        twice = next(name for name in names if names.count(name) > 1)
        raise EvalCaseError("two cases of one id", twice, "give one of them another id")
    for name, reason in overrides.items():
        if name not in severities:
            raise EvalCaseError("no such case to override", name, f"the cases are {', '.join(severities)}")
        if severities[name] != "P1":
            what = f"a {severities[name]} case cannot be overridden"
            raise EvalCaseError(what, name, "only P1 can: P0 blocks, P2 never does")
        if len(reason.strip()) < _SHORTEST_REASON:
            raise EvalCaseError("an override needs a reason", name, "say why it may ship: CASE=REASON")
    return overrides


def _runs(paths: Iterable[Path], kept_in: list[Path]) -> Iterable[tuple[Path, SessionTrace]]:
    """Every session of every run; what lies beside a case is no new run, and a folder may hold other files."""
    for file, named in files_to_read(paths):
        if not named and file.resolve().parent in kept_in:
            continue
        try:
            sessions = sessions_in([file])
        except NoSpansError:
            if named:
                raise
            continue
        yield from ((file, session) for session in sessions)


def _result(kept: KeptCase, runs: list[tuple[Path, SessionTrace]], override: str | None) -> CaseResult:
    case = kept.case
    graded = tuple(
        GradedRun(
            str(file),
            run.id,
            result.passed,
            result.failures,
            result.exercised,
            tuple(item for item in result.results if not item.exercised),
        )
        for file, run in runs
        for result in (kept.grade(run),)
    )
    verdict: Verdict
    if not kept.grade(kept.captured()).failures:
        verdict = "guards_nothing"
    elif not graded:
        verdict = "no_run"
    else:
        failed = any(run.failures for run in graded)
        idle = any(not run.exercised for run in graded)
        verdict = "failed" if failed else "not_exercised" if idle else "passed"
    excused = case.severity == "P2" or (case.severity == "P1" and override is not None)
    # what its own corrected run does not come to cannot be asked of a new one: it is told, and shuts nothing
    excused |= verdict == "not_exercised" and not _corrected_comes_to_it(kept)
    used = override if verdict != "passed" else None
    return CaseResult(case.id, case.severity, verdict, verdict != "passed" and not excused, used, graded)


def _corrected_comes_to_it(kept: KeptCase) -> bool:
    """Whether the corrected run comes to what the case is about; taken for granted where there is none."""
    return all(kept.grade(run).exercised for run in kept.corrected)


def _is_of(kept: KeptCase, file: Path, run: SessionTrace) -> bool:
    case = kept.case
    if case.id in (file.name.partition(".")[0], file.resolve().parent.name):
        return True
    asked = " ".join(case.input.split())
    return bool(asked) and " ".join((Case(run, kept.playbook).task or "").split()) == asked
