"""How a session ended. One of five words, so that sessions can be counted by it."""

from __future__ import annotations

import re
from typing import Final

from runbook_tui.diagnosis.case import Case
from runbook_tui.trace import Flag, Signal
from runbook_tui.trace.words import OUTCOMES, Outcome, SignalName

__all__ = ["find_outcome"]

_RECORDED: Final = ("session.outcome", "agent.outcome", "agent.session.outcome")
_TIMEOUT: Final = re.compile(r"(?i)time[d ]*[- ]?out|deadline exceeded")
_BUDGET: Final = re.compile(
    r"(?i)usage ?limit|token.{0,12}limit|budget|recursion ?limit|request_limit"
    r"|max(imum)?[ _](turns|steps|iterations)"
)
_WRONG: Final = frozenset(
    {
        "ENTITY_HALLUCINATION",
        "TOOL_SCHEMA_DRIFT",
        "UNGROUNDED_VALUE",
        "CONTEXT_DRIFT",
        "DUPLICATE_SIDE_EFFECT",
    }
)


def find_outcome(case: Case, flags: tuple[Flag, ...], signals: dict[SignalName, Signal]) -> Outcome | None:
    """The recorded outcome, else what the run's end and its flags say; None while it goes on."""
    for span in case.session.spans:
        for name in _RECORDED:
            word = str(span.attributes.get(name, "")).lower().replace(" ", "_")
            if word in OUTCOMES:
                return next(outcome for outcome in OUTCOMES if outcome == word)
    if case.growing:
        return None
    names = {flag.flag for flag in flags}
    ended_badly = [flag.detail for flag in flags if flag.flag in ("RUN_ERROR", "LLM_ERROR")]
    for detail in ended_badly:
        if _BUDGET.search(detail):
            return "budget_exceeded"
        if _TIMEOUT.search(detail):
            return "timeout"
    unanswered = bool(case.llm_steps) and case.llm_steps[-1].span.status == "error"
    if "RUN_ERROR" in names or unanswered or ("TOOL_ERROR" in names and case.final is None):
        return "tool_error"
    if names & _WRONG or signals["downstream_ok"].value is False or _ended_by_guardrail(case, flags):
        return "bad_output"
    return "completed"


def _ended_by_guardrail(case: Case, flags: tuple[Flag, ...]) -> bool:
    """Whether no model call followed a tripped guardrail: nothing that it let through came out."""
    tripped = {flag.span_id for flag in flags if flag.flag == "GUARDRAIL_TRIPPED"}
    at = [step.index for step in case.session.steps if step.span.span_id in tripped]
    return bool(tripped) and not (at and any(step.index > max(at) for step in case.llm_steps))
