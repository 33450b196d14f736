"""RUN_ERROR and GUARDRAIL_TRIPPED: the run itself ended badly, or a guardrail stopped it.

An error that a step raised and nothing caught is told on that step, any other on the run itself; what is around a
failed agent may have ended well all the same, where nothing was said after it. A run whose root never
arrived was killed or exported in part; that is told on the last step. A run that a guardrail ended carries that
flag alone, on what it stopped where the guardrail itself was not recorded. A session that a receiver heard of a moment
ago may still go on, and is not flagged for want of a root. Wrong when a root is merely late; import the rest of the session.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from runbook_tui.diagnosis.case import Case
from runbook_tui.diagnosis.failures import NO_MESSAGE, error_text
from runbook_tui.trace import Flag, Span, Step

__all__ = ["detect"]

_TRIPPED: Final = re.compile(r"(?i)guardrail.{0,40}(trip|trigger|block)|tripwire")


def detect(case: Case) -> Iterator[Flag]:
    """A flag on each tripped guardrail; else one on the failed or missing root."""
    tripped = list(_guardrails(case))
    yield from tripped
    if not tripped:
        yield from _run(case)


def _guardrails(case: Case) -> Iterator[Flag]:
    stopped = [span for span in case.session.spans if _TRIPPED.search(_failure(span) or "")]
    said = _failure(stopped[0]) if stopped else None
    guards = [step for step in case.session.steps if step.kind == "guardrail"]
    if said and not guards:
        flag = _on(case.session.steps, stopped[0], said[:140])
        yield msgspec.structs.replace(flag, flag="GUARDRAIL_TRIPPED")
    named = [step for step in guards if said and (len(guards) == 1 or step.span.name in said)]
    if len(named) > 1:  # the same guard ran before, and let it pass
        last = stopped[-1]
        named = [step for step in named if step.span.parent_id == last.span_id] or named[-1:]
    for step in guards:
        triggered = step.span.attributes.get("guardrail.triggered") is True
        if triggered or step.span.status == "error" or step in named:
            yield case.flag(
                "GUARDRAIL_TRIPPED", "P1", step, f"{step.span.name}: {(said or 'triggered')[:120]}"
            )


def _run(case: Case) -> Iterator[Flag]:
    session = case.session
    roots = [span for span, place in zip(session.spans, session.places, strict=True) if place.depth == 0]
    failed = next(
        (span for span in roots if span.status == "error" and span.kind in ("agent", "other")), None
    )
    failed = failed or _failed_agent(case)
    if failed is not None:
        text = _failure(failed) or NO_MESSAGE
        raised = _raised_by(session.steps, text)
        yield _on(session.steps, raised or failed, f"the run ended with an error: {text[:140]}")
    elif (
        not case.growing
        and session.spans
        and all(place.orphan for place in session.places if place.depth == 0)
        and not _is_whole(roots)
    ):
        last = session.steps[-1].span if session.steps else session.spans[-1]
        yield _on(
            session.steps,
            last,
            "the root span has not arrived: the run was killed, or this export is incomplete",
        )


def _failed_agent(case: Case) -> Span | None:
    """The outermost agent that failed, where no model said anything after it."""
    session = case.session
    failed = [
        (place.depth, place.position, span)
        for span, place in zip(session.spans, session.places, strict=True)
        if span.kind == "agent" and span.status == "error" and span.end_ns
    ]
    if not failed or (case.llm_steps and case.llm_steps[-1].span.status == "error"):
        return None
    *_, span = min(failed, key=lambda item: item[:2])
    said_later = any(
        step.span.output_text.strip() and (step.span.start_ns or 0) >= (span.end_ns or 0)
        for step in case.llm_steps
    )
    return None if said_later else span


def _is_whole(roots: Sequence[Span]) -> bool:
    """Whether one agent span that ended holds everything: what called it is recorded elsewhere."""
    return len(roots) == 1 and roots[0].kind == "agent" and roots[0].end_ns is not None


def _raised_by(steps: Sequence[Step], text: str) -> Span | None:
    """The step whose error went up to the run: the last one that failed with the same words."""
    if text == NO_MESSAGE:
        return None
    return next((step.span for step in reversed(steps) if _failure(step.span) == text), None)


def _on(steps: Sequence[Step], span: Span, detail: str) -> Flag:
    number = next((step.number for step in steps if step.span.key == span.key), None)
    return Flag("RUN_ERROR", "P1", number, span.span_id, detail, "detected")


def _failure(span: Span) -> str | None:
    return error_text(span) if span.status == "error" else None
