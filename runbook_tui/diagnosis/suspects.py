"""The reading order: which steps may have introduced the wrong premise, best first, and why.

A step scores by the flags on it and by its content (`content.py`): steps that act or decide are read
before steps that report. All weights are in two tables. The earlier step wins a tie, in a dialogue the later, and
of the first five no more than two show the same (`variety.py`).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from decimal import Decimal
from typing import Final

from runbook_tui.diagnosis.case import Case
from runbook_tui.diagnosis.content import Content, read_content
from runbook_tui.diagnosis.failures import error_text
from runbook_tui.diagnosis.flags.ungrounded_value import ungrounded_numbers
from runbook_tui.diagnosis.known import numbers
from runbook_tui.diagnosis.shape import shape_of
from runbook_tui.diagnosis.values import first_sightings
from runbook_tui.diagnosis.variety import varied
from runbook_tui.trace import Evidence, Flag, Step, Suspect
from runbook_tui.trace.words import FlagName

__all__ = ["is_read_backwards", "rank_suspects", "what_shows"]

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
_PARTED: Final = 5.0
"""Beside a good run, where the two part: as much as a flag, so that one flag and this come before two lesser ones."""
_ONE_MORE: Final = 0.5
"""Where it only went on calling what both had called: there may be more to read."""
_ASKS_AGAIN: Final = 2.0
"""Below LOOP_DETECTED: the call that was made again, then the model call that asked for it."""
_OTHER_UNIT: Final = 9.5
"""Above the step that stated an ungrounded value first: the result it was read from, in a unit that was not seen."""
_UNITS: Final = tuple(Decimal(10) ** power for power in (2, -2, 4, -4))
_SEEN_BEFORE: Final = 0.9
_PASSED_ON: Final = 0.5
"""A tool that only handed up the error of what failed inside it is read after that."""
_CONTENT_BESIDE_FLAGS: Final = 0.3
"""Where there are flags, what a step says only orders steps of equal flags."""
_COMMON_IN_TALK: Final = frozenset(
    {
        "TOOL_ERROR",
        "EMPTY_RESULT",
        "LOOP_DETECTED",
        "LLM_ERROR",
        "RUN_ERROR",
        "BUDGET_WARNING",
        "DUPLICATE_SIDE_EFFECT",
    }
)
_TALK_SHARE: Final = 0.1
_MOST: Final = 200
"""Suspects listed at most; the rest of a long session is read in order anyway."""
_SAME_WORDS: Final = 60
"""Characters by which an error is known again in the one that passes it on."""
_LEVELS: Final = 50
"""Spans between the two."""
_FOLLOWED: Final = 200
"""Values whose first statement is looked for; each is compared with all that is said."""


def _is_talk(case: Case) -> bool:
    """Whether the session is a conversation, with a user or among agents that call no tools by id.

    There, failed and empty tool runs are part of the work and say little about where it went wrong.
    """
    shape, _ = shape_of(case)
    asked = any(step.span.requested_calls for step in case.llm_steps)
    return shape == "dialogue" or (shape in ("group", "orchestrated") and not asked)


def is_read_backwards(case: Case) -> bool:
    """Whether of equal steps the later is read first: so in a dialogue with a user, where requests come one by one.

    What went wrong early there the user saw and could still put right. Over all annotated sessions of the study that the
    weights come from, reading backward reads 35 % of a dialogue, forward 68 %; of any other kind backward reads more.
    """
    shape, _ = shape_of(case)
    return shape == "dialogue"


def rank_suspects(case: Case, flags: tuple[Flag, ...]) -> tuple[Suspect, ...]:
    """Every step that has a reason to be read, best first."""
    by_span: dict[str, list[Flag]] = {}
    for flag in flags:
        by_span.setdefault(flag.span_id or "", []).append(flag)
    wanted = ungrounded_numbers(flags)
    sources: dict[str, str] = {}
    for stated, at in first_sightings(
        case.session, sorted(f"{number:f}" for number in wanted)[:_FOLLOWED]
    ).items():
        if at.where in ("output", "request"):
            sources.setdefault(at.span_id, stated)
    talk = _is_talk(case)
    telling = [flag for flag in flags if not (talk and flag.flag in _COMMON_IN_TALK)]
    share = _CONTENT_BESIDE_FLAGS if telling else 1.0
    passed_on = _passed_on(case, flags)
    parted = _parted_from_good(case)
    if parted is not None:
        parted = (passed_on.get(parted[0], parted[0]), *parted[1:])
    repeated = _asks_again(case, flags)
    seen: set[FlagName] = set()
    scored: list[tuple[float, Step, list[Evidence], Content]] = []
    for step, content in zip(case.session.steps, read_content(case), strict=True):
        here = by_span.get(step.span.span_id, [])
        score, reasons = _by_flags(case, step, here)
        if talk and all(flag.flag in _COMMON_IN_TALK for flag in here):
            score *= _TALK_SHARE
        if seen & {flag.flag for flag in here}:
            score *= _SEEN_BEFORE
        if step.span.span_id in passed_on:
            score *= _PASSED_ON
        seen |= {flag.flag for flag in here}
        if value := sources.get(step.span.span_id):
            score += _FIRST_STATED
            reasons.append(case.evidence(f"first to state {value}, which a later action carries", step))
        if step.span.span_id in sources:
            wanted = frozenset()  # what comes after the first statement is no source of it
        if other := _in_another_unit(case, step, wanted):
            score += _OTHER_UNIT
            reasons.append(case.evidence(other, step))
        if again := repeated.get(step.span.span_id):
            score += _ASKS_AGAIN
            reasons.append(case.evidence(f"asks again for what was done: {again}", step))
        if parted is not None and parted[0] == step.span.span_id:
            score += _PARTED * (_ONE_MORE if parted[2] else 1)
            reasons.append(case.evidence(f"first divergence from the good run: {parted[1]}", step))
        scored.append((score + share * content.score, step, reasons, content))
    with_reason = [item for item in scored if item[2] or item[3].has_reason]
    onward = -1 if is_read_backwards(case) else 1
    ordered = sorted(with_reason, key=lambda item: (-item[0], onward * item[1].index))
    listed = varied(ordered, lambda item: what_shows(item[1], item[3], by_span.get(item[1].span.span_id, ())))
    return tuple(
        Suspect(rank, step.number, step.span.span_id, round(score, 3), (*reasons, *content.reasons))
        for rank, (score, step, reasons, content) in enumerate(listed[:_MOST], 1)
    )


def what_shows(step: Step, content: Content, flags: Iterable[Flag]) -> Hashable:
    """What two steps have in common that tell the same: whose they are, and by what they stand where they do.

    Results are alike whatever is wrong with them: where many failed, what the agent made of them is to be read as
    well. Of 78 annotated steps 77 are what somebody said or did.
    """
    if step.span.tool is not None:
        return "result"
    return (
        step.kind,
        step.span.agent,
        frozenset(flag.flag for flag in flags),
        frozenset(content.traits),
    )


def _in_another_unit(case: Case, step: Step, wanted: frozenset[Decimal]) -> str | None:
    """What a result has in another unit: a field read in cents that is none, or the other way, once or twice."""
    if not wanted or step.span.tool is None or step.span.tool.call_id in case.delegated:
        return None
    for number in numbers(step.span.tool.result or ""):
        for factor in _UNITS:
            if number and (number * factor).normalize() in wanted:
                return f"its result has {number:f}, an action carried {(number * factor).normalize():f}"
    return None


def _passed_on(case: Case, flags: tuple[Flag, ...]) -> dict[str, str]:
    """The tool calls whose error is that of a step inside them, each with that step, by span id."""
    failed = {flag.span_id for flag in flags if flag.flag in ("TOOL_ERROR", "LLM_ERROR")}
    if len(failed) < 2:
        return {}
    steps = {step.span.span_id: step for step in case.session.steps if step.span.span_id in failed}
    above = {span.span_id: span.parent_id for span in case.session.spans}
    found: dict[str, str] = {}
    for inner, step in steps.items():
        text = (error_text(step.span) or "")[:_SAME_WORDS]
        at = above.get(inner)
        for _ in range(_LEVELS):
            outer = steps.get(at or "")
            if outer is not None and text and text in (error_text(outer.span) or ""):
                found[outer.span.span_id] = inner
            at = above.get(at or "")
    return found


def _asks_again(case: Case, flags: tuple[Flag, ...]) -> dict[str, str]:
    """For each loop, the LLM call that asked for the first repetition, by span id."""
    looping = {flag.span_id for flag in flags if flag.flag == "LOOP_DETECTED"}
    wanted = {
        step.span.tool.call_id: step.label
        for step in case.tool_steps
        if step.span.span_id in looping and step.span.tool is not None and step.span.tool.call_id
    }
    return {
        step.span.span_id: wanted[call.call_id]
        for step in (case.llm_steps if wanted else ())
        for call in step.span.requested_calls
        if call.call_id in wanted
    }


def _parted_from_good(case: Case) -> tuple[str, str, bool] | None:
    """The span at which the session parts from the good run it keeps step with longest, how, and whether by one more
    call of what was called before.
    """
    best: tuple[int, str, str, bool] | None = None
    for found in case.beside:
        if found.first_divergence is None:
            return None
        at = found.first_divergence
        pair = next((pair for pair in found.pairs[at:] if pair.span_id is not None), None)
        if pair is None or pair.span_id is None:
            continue
        material = [item for item in found.pairs[at].differences if item.material]
        told = next((item for item in material if item.what != "arguments"), material[0])
        what = " ".join(filter(None, (told.what.replace("_", " "), told.path)))
        where = _asked_by(case, pair.span_id) if told.what == "arguments" else pair.span_id
        said = f"{what}, {told.ours or 'none'} here, {told.theirs or 'none'} there"
        more = told.what in ("calls", "only_here") and _was_called(case, told.ours, where)
        this = (at, where, said, more)
        best = max(best or this, this)
    return best[1:] if best else None


def _was_called(case: Case, names: str | None, span_id: str) -> bool:
    called: set[str] = set()
    for step in case.session.steps:
        if step.span.span_id == span_id:
            break
        if step.span.tool is not None:
            called.add(step.span.tool.name)
    return bool(names) and called.issuperset((names or "").split(", "))


def _asked_by(case: Case, span_id: str) -> str:
    """The LLM call that asked for a tool call, which chose its arguments; else the call itself."""
    wanted = {
        step.span.tool.call_id for step in case.tool_steps if step.span.span_id == span_id and step.span.tool
    }
    for step in case.llm_steps:
        if any(call.call_id and call.call_id in wanted for call in step.span.requested_calls):
            return step.span.span_id
    return span_id


def _by_flags(case: Case, step: Step, flags: list[Flag]) -> tuple[float, list[Evidence]]:
    weights = sorted((_FLAG_WEIGHTS[flag.flag] for flag in flags), reverse=True)
    score = sum(weight if place == 0 else weight * 0.1 for place, weight in enumerate(weights))
    return score, [case.evidence(f"{flag.flag} ({flag.source}): {flag.detail}", step) for flag in flags]
