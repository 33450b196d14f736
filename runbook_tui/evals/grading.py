"""Grading: does a run hold what the case requires? Pure and deterministic; no model is called."""

from __future__ import annotations

import msgspec

from runbook_tui.evals.assertions import ToolOutputFields
from runbook_tui.evals.case import EvalCase
from runbook_tui.evals.trial import Trial
from runbook_tui.playbook import Playbook
from runbook_tui.trace import SessionTrace

__all__ = ["Grade", "Result", "grade"]


class Result(msgspec.Struct, frozen=True):
    """One assertion on one run."""

    assertion: str
    """The assertion in a few words."""
    passed: bool
    said: str
    step: int | None
    span_id: str | None
    exercised: bool = True
    """False where it holds only because the run never came to what it is about."""


class Grade(msgspec.Struct, frozen=True):
    """A case on one run: passed when every assertion did, and the run came to what one of them is about."""

    passed: bool
    results: tuple[Result, ...]
    exercised: bool = True
    """Whether it came to what any of the case's assertions is about; expected signals alone do not count."""

    @property
    def failures(self) -> tuple[Result, ...]:
        """What did not hold."""
        return tuple(result for result in self.results if not result.passed)


def grade(
    case: EvalCase, session: SessionTrace, playbook: Playbook, baseline: tuple[SessionTrace, ...] = ()
) -> Grade:
    """Check every assertion and every expected signal of a case on a run.

    Args:
        case: the case.
        session: the run.
        playbook: whose catalogue and thresholds apply.
        baseline: good runs that flags are judged against.
    """
    complete = {
        item.tool: item.fields
        for item in case.assertions
        if isinstance(item, ToolOutputFields) and not item.optional and not item.allow_extra
    }
    trial = Trial(session, playbook, baseline, complete)
    results = tuple(
        Result(item.label, *item.check(trial)) for item in (*case.assertions, *case.signal_assertions)
    )
    exercised = any(result.exercised for result in results[: len(case.assertions)])
    return Grade(exercised and all(result.passed for result in results), results, exercised)
