"""Every text of a session in the order in which it came to be, with the step it belongs to.

A model's history is told by the steps it is made of. The result of a call that ran an agent came to be after that
agent's steps, though the call began before them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Literal

from runbook_tui.trace import SessionTrace, Span, Step

__all__ = ["Where", "delegated_calls", "presences", "returns_after"]

Where = Literal["prompt", "user", "result", "arguments", "output", "request"]


def presences(
    session: SessionTrace, among: Collection[int] | None = None
) -> Iterator[tuple[Step, Where, str]]:
    """(step, which of its texts, the text): what each step was given, then what it gave.

    With `among` only of the steps at these positions; the others are not looked at.
    """
    after = returns_after(session)
    due: dict[int, list[Step]] = {}
    for step in session.steps:
        if among is not None and step.position not in among:
            yield from _returned(due.pop(step.index, ()))
            continue
        span = step.span
        if step.kind == "user":
            yield step, "user", "\n".join(message.text for message in span.input_messages)
        elif span.tool is None:
            yield step, "prompt", _prompt(span)
            yield step, "output", span.output_text
            yield step, "request", "\n".join(call.text for call in span.requested_calls)
        else:
            yield step, "arguments", span.tool.arguments or ""
            due.setdefault(after[step.index], []).append(step)
        yield from _returned(due.pop(step.index, ()))


def _returned(steps: Sequence[Step]) -> Iterator[tuple[Step, Where, str]]:
    for step in reversed(steps):
        yield step, "result", step.span.tool.result or "" if step.span.tool else ""


def returns_after(session: SessionTrace) -> tuple[int, ...]:
    """For each step, by its index, the index of the last step that ran inside it; its own where none did."""
    latest = [-1] * len(session.spans)
    for step in session.steps:
        latest[step.position] = step.index
    for place in reversed(session.places):
        if place.parent >= 0:
            latest[place.parent] = max(latest[place.parent], latest[place.position])
    return tuple(latest[step.position] for step in session.steps)


def delegated_calls(session: SessionTrace) -> frozenset[str | None]:
    """Ids of calls of tools that are agents themselves: their results are a model's words, not the world's."""
    asks = [span.kind == "llm" for span in session.spans]
    for place in reversed(session.places):
        if asks[place.position] and place.parent >= 0:
            asks[place.parent] = True
    return frozenset(
        step.span.tool.call_id for step in session.steps if step.span.tool is not None and asks[step.position]
    )


def _prompt(span: Span) -> str:
    told = (
        part.text
        for message in span.input_messages
        if message.role in ("system", "user", "tool")
        for part in message.parts
    )
    return "\n".join(told)
