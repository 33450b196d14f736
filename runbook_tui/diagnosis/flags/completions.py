"""TRUNCATED_COMPLETION and LLM_ERROR: a model call that was cut off, and one that failed.

Cut off is the provider's word for it (`length`, `max_tokens`); a failed call has an error status.
"""

from __future__ import annotations

from collections.abc import Iterator

from runbook_tui.diagnosis.case import Case
from runbook_tui.diagnosis.flags.cut_off import was_cut_off
from runbook_tui.diagnosis.flags.tool_error import error_text
from runbook_tui.trace import Flag

__all__ = ["detect"]


def detect(case: Case) -> Iterator[Flag]:
    """A flag on each such call."""
    for step in case.llm_steps:
        if was_cut_off(step.span):
            yield case.flag(
                "TRUNCATED_COMPLETION", "P1", step, f"the completion ended at {step.span.finish_reason}"
            )
        if step.span.status == "error":
            yield case.flag(
                "LLM_ERROR", "P1", step, f"the model call failed: {(error_text(step.span) or '')[:120]}"
            )
