"""What a model states after a tool found nothing, and nothing it had been told contains."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from itertools import islice
from typing import Final

from runbook_tui.diagnosis.case import Case
from runbook_tui.diagnosis.known import numbers
from runbook_tui.trace import Evidence, Flag, Step

__all__ = ["invented_after_nothing"]

_MOST: Final = 60
_STEPS: Final = 20
"""Numbers of a step, and steps after the empty result, that are looked at."""
_SMALL: Final = 10
"""Whole numbers below this count and order things."""


def invented_after_nothing(case: Case, flags: Iterable[Flag]) -> Evidence | None:
    """The first number that a model states after an empty result and that neither was known nor follows from what was."""
    empty = {flag.span_id for flag in flags if flag.flag == "EMPTY_RESULT"}
    first = next((step.index for step in case.tool_steps if step.span.span_id in empty), None)
    if first is None:
        return None
    after = (step for step in case.llm_steps if step.index > first)
    for step in islice(after, _STEPS):
        if (number := _from_nowhere(case, step)) is not None:
            return Evidence(
                f"{number:f} is stated, and nothing before contains it", step.number, step.span.span_id
            )
    return None


def _from_nowhere(case: Case, step: Step) -> Decimal | None:
    known = case.knowledge
    texts = (step.span.output_text, *(call.text for call in step.span.requested_calls))
    for number in islice((number for text in texts for number in numbers(text)), _MOST):
        counts = number == number.to_integral_value() and abs(number) < _SMALL
        if (
            not counts
            and not known.has_number(abs(number), step.index)
            and not known.derives(number, step.index)
        ):
            return number
    return None
