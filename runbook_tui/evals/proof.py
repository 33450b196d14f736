"""The proof of a case: it fails on the captured trace, and passes on the corrected one."""

from __future__ import annotations

import msgspec

from runbook_tui.evals.case import EvalCase
from runbook_tui.evals.grading import Grade, grade
from runbook_tui.incident import RefusedError, Response

__all__ = ["Proof", "prove", "record_case"]


class Proof(msgspec.Struct, frozen=True):
    """A case on the runs it is about."""

    red: Grade
    """On the captured trace, where it must fail."""
    green: Grade | None
    """On the corrected trace, where it should pass; None while no good run is known."""

    @property
    def guards(self) -> bool:
        """Whether it fails on the captured trace, so that it would have caught this incident."""
        return bool(self.red.failures)

    @property
    def lets_good_pass(self) -> bool | None:
        """Whether it passes on the corrected trace; None while there is none."""
        return None if self.green is None else self.green.passed


def prove(response: Response, case: EvalCase) -> Proof:
    """Grade the case on the captured session and on the first good one."""
    good = response.baseline[0] if response.baseline else None
    red, green = (
        None if run is None else grade(case, run, response.playbook, response.baseline)
        for run in (response.whole(), good)
    )
    assert red is not None
    if green is not None:  # a good run need not come to what went wrong; it only must not break anything
        green = msgspec.structs.replace(green, passed=not green.failures)
    return Proof(red, green)


def record_case(response: Response, case: EvalCase) -> Proof:
    """Prove a case and keep it with the incident.

    Raises:
        RefusedError: it passes on the captured trace, so it would guard nothing.
    """
    proof = prove(response, case)
    if not proof.guards:
        held = "; ".join(result.assertion for result in proof.red.results[:3])
        raise RefusedError(
            "the case does not fail on this trace",
            case.id,
            f"it would guard nothing; add an assertion that the failed run breaks (these hold: {held})",
        )
    response.record_eval(
        case.model_dump(mode="json", by_alias=True), red=proof.guards, green=proof.lets_good_pass
    )
    return proof
