"""The flags. One rule, one file; adding one is a module with `detect` and a line here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from runbook_tui.diagnosis.case import Case
from runbook_tui.diagnosis.flags import (
    budget_warning,
    completions,
    context_drift,
    context_truncated,
    contradicted_claim,
    duplicate_side_effect,
    empty_result,
    entity_hallucination,
    injected_instruction,
    loop_detected,
    malformed_arguments,
    recorded,
    run,
    stale_result,
    tool_error,
    tool_schema_drift,
    ungrounded_value,
)
from runbook_tui.trace import Flag

__all__ = ["find_flags"]

_RULES: Final[tuple[Callable[[Case], Iterator[Flag]], ...]] = (
    recorded.detect,
    tool_schema_drift.detect,
    entity_hallucination.detect,
    malformed_arguments.detect,
    tool_error.detect,
    empty_result.detect,
    loop_detected.detect,
    duplicate_side_effect.detect,
    contradicted_claim.detect,
    ungrounded_value.detect,
    stale_result.detect,
    context_drift.detect,
    injected_instruction.detect,
    context_truncated.detect,
    completions.detect,
    budget_warning.detect,
    run.detect,
)


def find_flags(case: Case) -> tuple[Flag, ...]:
    """Every flag of the session in tree order, each name once a span; a recorded one wins over a detected one."""
    position = {
        span.span_id: place.position
        for span, place in zip(case.session.spans, case.session.places, strict=True)
    }
    found: dict[tuple[str, str | None], Flag] = {}
    for rule in _RULES:
        for flag in rule(case):
            found.setdefault((flag.flag, flag.span_id), flag)
    return tuple(sorted(found.values(), key=lambda flag: position.get(flag.span_id or "", -1)))
