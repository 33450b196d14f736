"""TRUNCATED_COMPLETION and LLM_ERROR: a model call that was cut off, and one that failed.

Cut off is the provider's word for it (`length`, `max_tokens`), also as the reason of an error; another failed call has an
error status. Wrong where an error speaks of the length of something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from runbook_tui.diagnosis.case import Case
from runbook_tui.diagnosis.failures import error_text
from runbook_tui.diagnosis.flags.cut_off import was_cut_off
from runbook_tui.trace import Flag

__all__ = ["detect"]

_CUT_OFF: Final = re.compile(
    r"(?i)\breason\W{1,4}(max_output_tokens|max_tokens|length)\b|length limit was reached"
    r"|\breached (?:the )?max(?:imum)?[ _](?:output[ _])?tokens?\b"
)
"""How clients word it when they refuse what a model had no room to finish."""


def detect(case: Case) -> Iterator[Flag]:
    """A flag on each such call."""
    for step in case.llm_steps:
        error = error_text(step.span) or "" if step.span.status == "error" else ""
        if reason := _CUT_OFF.search(error):
            limit = reason[1] or "the length limit"
            yield case.flag(
                "TRUNCATED_COMPLETION", "P1", step, f"the completion ended at {limit}, and was refused"
            )
            continue
        if was_cut_off(step.span):
            yield case.flag(
                "TRUNCATED_COMPLETION", "P1", step, f"the completion ended at {step.span.finish_reason}"
            )
        if step.span.status == "error" or step.span.finish_reason == "error":
            said = error[:120] or "it ended with `error` and no message"
            yield case.flag("LLM_ERROR", "P1", step, f"the model call failed: {said}")
