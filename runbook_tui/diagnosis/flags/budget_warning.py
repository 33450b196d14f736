"""BUDGET_WARNING: the session has used `thresholds.budget_warning` (60 %) of its token budget.

The budget is the playbook's `thresholds.token_budget`, else one the trace records, else one that the
run's own error names ("exceed the total_tokens_limit of 50000"), else twice what the hungriest of three
good runs or more used: fewer say little of what is usual. Without any, nothing is flagged.
Source: the runbook's flag table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from runbook_tui.diagnosis.case import Case
from runbook_tui.diagnosis.summary import tokens_used
from runbook_tui.trace import Flag

__all__ = ["detect", "token_budget"]

_ATTRIBUTES: Final = ("agent.token_budget", "agent.budget.tokens", "gen_ai.request.token_budget")
_OF_GOOD_RUNS: Final = 2
_GOOD_RUNS: Final = 3
_LIMIT_IN_ERROR: Final = re.compile(r"(?i)tokens?_limit(?: of)?[ =:]*([\d,_]{2,12})")


def token_budget(case: Case) -> tuple[int, str] | None:
    """The session's token budget and where it is stated."""
    if case.thresholds.token_budget is not None:
        return case.thresholds.token_budget, "playbook"
    for span in case.session.spans:
        for name in _ATTRIBUTES:
            value = span.attributes.get(name)
            if isinstance(value, int) and value > 0:
                return value, "trace"
        texts = [
            span.status_message or "",
            *(str(event.attributes.get("exception.message", "")) for event in span.events),
        ]
        for text in texts:
            if match := _LIMIT_IN_ERROR.search(text):
                return int(re.sub(r"\D", "", match[1])), "the run's error"
    good = max((sum(filter(None, tokens_used(session))) for session in case.baseline), default=0)
    return (_OF_GOOD_RUNS * good, "the good runs") if good and len(case.baseline) >= _GOOD_RUNS else None


def detect(case: Case) -> Iterator[Flag]:
    """A flag on the LLM call that crossed the line."""
    budget = token_budget(case)
    if budget is None:
        return
    limit, source = budget
    used = 0
    for step in case.llm_steps:
        used += (step.span.input_tokens or 0) + (step.span.output_tokens or 0)
        if used >= limit * case.thresholds.budget_warning:
            detail = f"{used:,} of {limit:,} tokens used ({used / limit:.0%}; budget from {source})"
            yield case.flag("BUDGET_WARNING", "P2", step, detail)
            return
