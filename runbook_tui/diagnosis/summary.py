"""The session in figures, and its steps as rows. Tokens of one call are counted once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from runbook_tui.diagnosis.case import Case
from runbook_tui.playbook import Prices
from runbook_tui.trace import SessionSummary, SessionTrace, Span, Step, StepRow, ToolUse, rfc3339
from runbook_tui.trace.words import Outcome

__all__ = ["call_cost", "cost", "cost_of", "main_agent", "step_rows", "summarise", "tokens_used", "tool_use"]

_CUT: Final = 400
"""Characters of a text in `steps`; `--full` keeps them all."""


def counted_calls(session: SessionTrace) -> tuple[Step, ...]:
    """The LLM calls whose usage counts: one a response id, so that two libraries on one call count once."""
    return tuple(_counted(session.steps))


def _counted(steps: Iterable[Step]) -> Iterator[Step]:
    seen: set[str] = set()
    for step in steps:
        response = step.span.response_id
        if step.kind != "llm" or (response is not None and response in seen):
            continue
        if response is not None:
            seen.add(response)
        yield step


def tokens_used(session: SessionTrace) -> tuple[int | None, int | None]:
    """(input, output) tokens, None where no call carries any."""
    calls = counted_calls(session)
    if not _counts(step.span for step in calls) and (told := _told_by_agents(session)) is not None:
        return told
    asked = [step.span.input_tokens for step in calls if step.span.input_tokens is not None]
    said = [step.span.output_tokens for step in calls if step.span.output_tokens is not None]
    return (sum(asked) if asked else None, sum(said) if said else None)


def _counts(spans: Iterable[Span]) -> bool:
    return any(span.input_tokens is not None and not span.tokens_estimated for span in spans)


def _told_by_agents(session: SessionTrace) -> tuple[int, int] | None:
    """The sums that the outermost agents recorded: what their calls used, where no call says so itself."""
    agents = {span.span_id: span for span in session.spans if span.kind == "agent" and _counts([span])}
    parents = {span.span_id: span.parent_id for span in session.spans} if agents else {}
    outer = [span for span in agents.values() if not _inside(span, agents, parents)]
    if not outer:
        return None
    return sum(span.input_tokens or 0 for span in outer), sum(span.output_tokens or 0 for span in outer)


def _inside(span: Span, agents: dict[str, Span], parents: dict[str, str | None]) -> bool:
    seen: set[str | None] = set()
    above = span.parent_id
    while above is not None and above not in seen:
        if above in agents:
            return True
        seen.add(above)
        above = parents.get(above)
    return False


def call_cost(span: Span, prices: Prices | None) -> float | None:
    """Cost of one LLM call in USD: recorded, else by the price table; None where neither knows."""
    if span.cost_usd is not None or prices is None or span.kind != "llm":
        return span.cost_usd
    return prices.cost(span.model, span.input_tokens, span.output_tokens)


def cost_of(steps: Iterable[Step], prices: Prices | None) -> float | None:
    """Cost of these steps' LLM calls in USD. None where one is unknown: a part is not the whole."""
    calls = (step.span for step in _counted(steps))
    known = [
        call_cost(span, prices) for span in calls if span.status != "error" or span.output_tokens is not None
    ]
    if not known or None in known:
        return None
    return round(sum(item for item in known if item is not None), 8)


def tool_use(case: Case) -> tuple[ToolUse, ...]:
    """Every tool with its calls, failures and cost, the dearest first, then the most called."""
    calls = Counter(step.span.tool.name for step in case.tool_steps if step.span.tool)
    errors = Counter(
        step.span.tool.name for step in case.tool_steps if step.span.tool and step.span.status == "error"
    )
    shares: dict[str, list[float | None]] = {name: [] for name in calls}
    for step in counted_calls(case.session):
        asked = [call.name for call in step.span.requested_calls if call.name]
        price = call_cost(step.span, case.playbook.prices)
        for name in asked:
            if name in shares:
                shares[name].append(None if price is None else price / len(asked))
    found = [ToolUse(name, count, errors[name], _sum(shares[name])) for name, count in calls.items()]
    return tuple(sorted(found, key=lambda item: (-(item.cost_usd or 0), -item.calls, item.tool)))


def _sum(parts: list[float | None]) -> float | None:
    known = [part for part in parts if part is not None]
    return round(sum(known), 8) if known and len(known) == len(parts) else None


def cost(session: SessionTrace, prices: Prices | None) -> float | None:
    """Cost of the session in USD."""
    return cost_of(session.steps, prices)


def main_agent(session: SessionTrace) -> str | None:
    """The agent that was run: the outermost one, else the one with most steps."""
    root = next((span.agent for span in session.spans if span.kind == "agent" and span.agent), None)
    agents = Counter(step.span.agent for step in session.steps if step.span.agent)
    return root or (agents.most_common(1)[0][0] if agents else None)


def summarise(case: Case, outcome: Outcome | None) -> SessionSummary:
    """The session in figures."""
    session = case.session
    starts = [span.start_ns for span in session.spans if span.start_ns is not None]
    ends = [span.end_ns for span in session.spans if span.end_ns is not None]
    begin, end = min(starts, default=None), max(ends, default=None)
    asked, said = tokens_used(session)
    calls = counted_calls(session)
    return SessionSummary(
        id=session.id,
        trace_ids=session.trace_ids,
        agent=main_agent(session),
        task=case.task[:2000] if case.task else None,
        format=session.format,
        started_at=rfc3339(begin),
        ended_at=rfc3339(end),
        duration_ms=(end - begin) / 1e6 if begin is not None and end is not None and end >= begin else None,
        spans=len(session.spans),
        steps=len({step.number for step in session.steps}),
        llm_calls=len(calls),
        tool_calls=sum(step.kind in ("tool", "handoff") for step in session.steps),
        input_tokens=asked,
        output_tokens=said,
        tokens_estimated=any(step.span.tokens_estimated for step in calls)
        and (_counts(step.span for step in calls) or _told_by_agents(session) is None),
        cost_usd=cost(session, case.playbook.prices),
        models=tuple(sorted({step.span.model for step in calls if step.span.model})),
        outcome=outcome,
    )


def step_rows(session: SessionTrace, prices: Prices | None, *, full: bool = False) -> tuple[StepRow, ...]:
    """One row a step, long texts cut unless `full`."""
    return tuple(_row(step, prices, full) for step in session.steps)


def _row(step: Step, prices: Prices | None, full: bool) -> StepRow:
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
        cost_usd=call_cost(span, prices),
        text=texts[2],
        truncated=not full and any(item is not None and len(item) > _CUT for item in (*given, text)),
    )
