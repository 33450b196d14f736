"""What one assertion says of one run, and the words it says it in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, NamedTuple

from pydantic import Field, StringConstraints

from runbook_tui.trace import Step

__all__ = ["Name", "Names", "Verdict", "at_step", "listed", "not_exercised"]

Name = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
Names = Annotated[tuple[Name, ...], Field(min_length=1)]


class Verdict(NamedTuple):
    """What one assertion says of a run, and the step it rests on."""

    passed: bool
    said: str
    step: int | None = None
    span_id: str | None = None
    exercised: bool = True
    """False where it holds only because the run never came to what it is about."""


def not_exercised(said: str) -> Verdict:
    """A verdict on a run that never came to what the assertion is about: nothing was broken, and nothing was shown."""
    return Verdict(True, said, exercised=False)


def at_step(passed: bool, said: str, step: Step) -> Verdict:
    """A verdict that rests on that step."""
    return Verdict(passed, said, step.number, step.span.span_id)


def listed(names: Iterable[str], most: int = 6) -> str:
    """Names in a row, the first few of them."""
    shown = list(names)
    return ", ".join(shown[:most]) + (f" and {len(shown) - most} more" if len(shown) > most else "")
