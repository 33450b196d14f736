"""The reading order: which steps may have introduced the wrong premise, best first, and why.

A step scores by the flags on it, by what it does (steps that act or decide are read before steps that
report), by what it brings in that nothing before it had, by hedging words, and by what follows it. The
weights are in one table. Early steps win ties: errors are front-loaded in the runbook's experience.
"""

from __future__ import annotations

import re
from typing import Final

from runbook_tui.diagnosis.case import Case
from runbook_tui.diagnosis.known import Known, entities, numbers
from runbook_tui.trace import Evidence, Flag, Step, Suspect
from runbook_tui.trace.words import FlagName

__all__ = ["rank_suspects"]

_FLAG_WEIGHTS: Final[dict[FlagName, float]] = {
    "TOOL_SCHEMA_DRIFT": 10.0,
    "MALFORMED_ARGUMENTS": 9.0,
    "ENTITY_HALLUCINATION": 9.0,
    "EMPTY_RESULT": 8.5,
    "UNGROUNDED_VALUE": 8.0,
    "GUARDRAIL_TRIPPED": 8.0,
    "CONTEXT_DRIFT": 8.0,
    "TOOL_ERROR": 7.5,
    "LOOP_DETECTED": 7.0,
    "DUPLICATE_SIDE_EFFECT": 6.5,
    "CONTEXT_TRUNCATED": 6.0,
    "TRUNCATED_COMPLETION": 6.0,
    "LLM_ERROR": 5.0,
    "BUDGET_WARNING": 1.0,
    "RUN_ERROR": 0.5,
}
_FIRST_STATED: Final = 8.2
"""Just above UNGROUNDED_VALUE: the step that made a value up is read before the step that used it."""
_SEEN_BEFORE: Final = 0.9
_ACTING: Final = 1.0
_HEDGE: Final = 0.9
_BRINGS_IN: Final = 0.6
_BEFORE_TROUBLE: Final = 0.5
_HEDGING: Final = re.compile(
    r"(?i)\b(assum\w+|presum\w+|hypothetical\w*|simulat\w+|cannot (?:access|verify)|unable to|placeholder|"
    r"likely|approximat\w+|for (?:the sake|demonstration)|let'?s say|estimate\w*)\b"
)
_STATED: Final = re.compile(r" = (\S+?),? ")
_CODE: Final = re.compile(r"```|\bdef \w+\(|\bimport \w+")
_MOST: Final = 200
"""Suspects listed at most; the rest of a long session is read in order anyway."""


def rank_suspects(case: Case, flags: tuple[Flag, ...]) -> tuple[Suspect, ...]:
    """Every step that has a reason to be read, best first."""
    by_span: dict[str, list[Flag]] = {}
    for flag in flags:
        by_span.setdefault(flag.span_id or "", []).append(flag)
    sources = _first_stated(case, flags)
    seen: set[FlagName] = set()
    scored: list[tuple[float, Step, list[Evidence]]] = []
    for step, known in case.with_knowledge():
        score, reasons = _by_flags(case, step, by_span.get(step.span.span_id, []))
        if seen & {flag.flag for flag in by_span.get(step.span.span_id, [])}:
            score *= _SEEN_BEFORE
        seen |= {flag.flag for flag in by_span.get(step.span.span_id, [])}
        if value := sources.get(step.span.span_id):
            score += _FIRST_STATED
            reasons.append(case.evidence(f"first to state {value}, which a later action carries", step))
        extra, more = _by_content(case, step, known)
        scored.append((score + extra, step, reasons + more))
    for place in range(len(scored) - 1):
        after = scored[place + 1][1]
        trouble = [
            flag
            for flag in by_span.get(after.span.span_id, [])
            if flag.flag in ("TOOL_ERROR", "EMPTY_RESULT")
        ]
        if trouble:
            score, step, reasons = scored[place]
            reason = case.evidence(f"right before {trouble[0].flag} at step {after.number}", step)
            scored[place] = (score + _BEFORE_TROUBLE, step, [*reasons, reason])
    listed = sorted((item for item in scored if item[0] > 0), key=lambda item: (-item[0], item[1].index))[
        :_MOST
    ]
    return tuple(
        Suspect(rank, step.number, step.span.span_id, round(score, 3), tuple(reasons))
        for rank, (score, step, reasons) in enumerate(listed, 1)
    )


def _first_stated(case: Case, flags: tuple[Flag, ...]) -> dict[str, str]:
    """For each ungrounded value an action carried: the LLM call that stated it first, by span id."""
    wanted = {
        number
        for flag in flags
        if flag.flag == "UNGROUNDED_VALUE" and flag.source == "detected"
        for number in numbers(" ".join(_STATED.findall(flag.detail)))
    }
    found: dict[str, str] = {}
    for step in case.llm_steps if wanted else ():
        said = "\n".join((step.span.output_text, *(call.text for call in step.span.requested_calls)))
        for number in wanted & set(numbers(said)):
            found.setdefault(step.span.span_id, f"{number:f}")
            wanted = wanted - {number}
    return found


def _by_flags(case: Case, step: Step, flags: list[Flag]) -> tuple[float, list[Evidence]]:
    weights = sorted((_FLAG_WEIGHTS[flag.flag] for flag in flags), reverse=True)
    score = sum(weight if place == 0 else weight * 0.1 for place, weight in enumerate(weights))
    return score, [case.evidence(f"{flag.flag} ({flag.source}): {flag.detail}", step) for flag in flags]


def _by_content(case: Case, step: Step, known: Known) -> tuple[float, list[Evidence]]:
    """What an LLM call says and asks for; other steps report, they do not decide."""
    if step.kind != "llm":
        return 0.0, []
    text = step.span.output_text
    score = 0.0
    reasons: list[Evidence] = []
    calls = step.span.requested_calls
    if calls or _CODE.search(text):
        score += _ACTING
        names = ", ".join(dict.fromkeys(call.name or "a tool" for call in calls)) or "code"
        reasons.append(case.evidence(f"acts: calls {names}" if calls else "acts: writes code", step))
    if hedge := _HEDGING.search(text):
        score += _HEDGE
        reasons.append(case.evidence(f'hedges: "{hedge[0]}"', step))
    said = "\n".join((text, *(call.text for call in calls)))
    new = {str(number) for number in numbers(said) if abs(number) >= 10 and not known.has_number(number)}
    new |= {entity for entity in entities(said) if entity.lower() not in known.entities}
    if new:
        score += min(_BRINGS_IN * (1 + len(new) / 10), 1.2)
        shown = ", ".join(sorted(new)[:3])
        reasons.append(case.evidence(f"brings in {len(new)} values seen nowhere before: {shown}", step))
    return score, reasons
