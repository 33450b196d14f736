"""The session in figures, and its steps as rows. Tokens of one call are counted once."""

from __future__ import annotations

from collections import Counter
from typing import Final

from runbook_tui.diagnosis.case import Case
from runbook_tui.trace import SessionSummary, SessionTrace, Step, StepRow, rfc3339
from runbook_tui.trace.words import Outcome

__all__ = ["cost", "step_rows", "summarise", "tokens_used"]

_CUT: Final = 400
"""Characters of a text in `steps`; `--full` keeps them all."""


def counted_calls(session: SessionTrace) -> tuple[Step, ...]:
    """The LLM calls whose usage counts: one a response id, so that two libraries on one call count once."""
    seen: set[str] = set()
    found: list[Step] = []
    for step in session.steps:
        response = step.span.response_id
        if step.kind != "llm" or (response is not None and response in seen):
            continue
        if response is not None:
            seen.add(response)
        found.append(step)
    return tuple(found)


def tokens_used(session: SessionTrace) -> tuple[int | None, int | None]:
    """(input, output) tokens, None where no call carries any."""
    calls = counted_calls(session)
    asked = [step.span.input_tokens for step in calls if step.span.input_tokens is not None]
    said = [step.span.output_tokens for step in calls if step.span.output_tokens is not None]
    return (sum(asked) if asked else None, sum(said) if said else None)


def cost(session: SessionTrace) -> float | None:
    """Recorded cost in USD, None where no call carries it."""
    known = [step.span.cost_usd for step in counted_calls(session) if step.span.cost_usd is not None]
    return round(sum(known), 8) if known else None


def summarise(case: Case, outcome: Outcome) -> SessionSummary:
    """The session in figures."""
    session = case.session
    starts = [span.start_ns for span in session.spans if span.start_ns is not None]
    ends = [span.end_ns for span in session.spans if span.end_ns is not None]
    begin, end = min(starts, default=None), max(ends, default=None)
    asked, said = tokens_used(session)
    agents = Counter(step.span.agent for step in session.steps if step.span.agent)
    root = next((span.agent for span in session.spans if span.kind == "agent" and span.agent), None)
    calls = counted_calls(session)
    return SessionSummary(
        id=session.id,
        trace_ids=session.trace_ids,
        agent=root or (agents.most_common(1)[0][0] if agents else None),
        task=case.task[:2000] if case.task else None,
        format=session.format,
        started_at=rfc3339(begin),
        ended_at=rfc3339(end),
        duration_ms=(end - begin) / 1e6 if begin is not None and end is not None and end >= begin else None,
        spans=len(session.spans),
        steps=len(session.steps),
        llm_calls=len(calls),
        tool_calls=sum(step.kind in ("tool", "handoff") for step in session.steps),
        input_tokens=asked,
        output_tokens=said,
        tokens_estimated=any(step.span.tokens_estimated for step in calls),
        cost_usd=cost(session),
        models=tuple(sorted({step.span.model for step in calls if step.span.model})),
        outcome=outcome,
    )


def step_rows(session: SessionTrace, *, full: bool = False) -> tuple[StepRow, ...]:
    """One row a step, long texts cut unless `full`."""
    return tuple(_row(step, full) for step in session.steps)


def _row(step: Step, full: bool) -> StepRow:
    span = step.span
    limit = None if full else _CUT
    text = span.step_summary or span.output_text or None
    if step.kind == "user":
        text = "\n".join(message.text for message in span.input_messages)
    given = (span.tool.arguments, span.tool.result) if span.tool else (None, None)
    texts = [None if item is None else item[:limit] for item in (*given, text)]
    return StepRow(
        step=step.number,
        span_id=span.span_id,
        kind=step.kind,
        agent=span.agent,
        name=span.name,
        tool=span.tool.name if span.tool else None,
        arguments=texts[0],
        result=texts[1],
        status=(span.tool.status if span.tool and span.tool.status else span.status),
        input_tokens=span.input_tokens,
        output_tokens=span.output_tokens,
        text=texts[2],
        truncated=any(
            whole is not None and cut is not None and len(cut) < len(whole)
            for whole, cut in zip((*given, text), texts, strict=True)
        ),
    )
