"""The eval case: the regression test an incident leaves behind, in the tool's own form."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from runbook_tui.evals.assertions import Assertion, SignalIs
from runbook_tui.playbook.fields import PlaybookId, Strict
from runbook_tui.playbook.rules import Comparison
from runbook_tui.trace.words import Mode, Pattern, Severity, SignalName

__all__ = ["FORMAT", "CaseId", "EvalCase", "Expected", "TraceFile"]

FORMAT = "runbook_tui/eval/v1"
"""The value of the `schema` key; a breaking change of the format gets another one."""

CaseId = Annotated[str, StringConstraints(pattern=r"^PROD-[A-Z0-9-]+$", max_length=80)]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9._-]*$", max_length=200)]
Expected = Comparison | bool


class TraceFile(Strict):
    """A file of the captured run, beside the case."""

    file: FileName
    sha256: Digest


class EvalCase(Strict):
    """A regression test: a failed run, and what a run of the same task must and must not do."""

    format: Literal["runbook_tui/eval/v1"] = Field(default="runbook_tui/eval/v1", alias="schema")
    id: CaseId
    incident: str
    session_id: str
    agent: str | None
    severity: Severity
    grader: Literal["assertion", "behavioral_signals"]
    failure_mode: Mode
    pattern: Pattern | None
    root_cause: str
    """What may have changed in the system, as far as the trace tells."""
    contributing_factors: tuple[str, ...] = ()
    """What let it happen, in the words of the postmortem; each of them alone was not enough."""
    input: str
    """What the agent was asked."""
    trace: Annotated[tuple[TraceFile, ...], Field(min_length=1)]
    """The failed run as captured; several files where it came in several."""
    playbook: PlaybookId
    """Whose catalogue and thresholds judge a run."""
    fault_origin_step: int | None
    cascade_steps: tuple[int, ...]
    assertions: Annotated[tuple[Assertion, ...], Field(min_length=1)]
    expected_signals: dict[SignalName, Expected]
    tags: tuple[str, ...]

    @model_validator(mode="after")
    def _signals_fit(self) -> EvalCase:
        _ = self.signal_assertions  # each of them refuses a value that its signal cannot have
        return self

    @property
    def signal_assertions(self) -> tuple[SignalIs, ...]:
        """The expected signals in the form of assertions."""
        return tuple(SignalIs(name=name, expected=value) for name, value in self.expected_signals.items())
