"""From an origin to the wrong output: the steps that carried its premise, and how each is known.

Edges are causal, never parental: the tool-call id, then a value first stated at an earlier carrier, then
order alone for the last step.
"""

from __future__ import annotations

import re

from runbook_tui.diagnosis.known import entities, numbers
from runbook_tui.trace import CascadeStep, SessionTrace, Span, Step
from runbook_tui.trace.jsontext import decode, flat_values

__all__ = ["propose_cascade"]

_SHORTEST_VALUE = 3
_MOST = 400
_CONSTANT = re.compile(r"\b[A-Z]{2,}(?:_[A-Z]+)+\b")
"""A code such as NO_INCOME, which agents hand on as they are."""


def propose_cascade(session: SessionTrace, origin: Step) -> tuple[CascadeStep, ...]:
    """The steps after `origin` that used what it introduced, origin first, last step last.

    Of many alike calls under one step number the first one stands for all.
    """
    before = _values_before(session, origin)
    carried = _values(_said(origin.span)) - before
    call_ids = {part.call_id for part in origin.span.requested_calls if part.call_id}
    if origin.span.tool and origin.span.tool.call_id:
        call_ids.add(origin.span.tool.call_id)
    seen = {(origin.number, origin.kind)}
    found = [CascadeStep(origin.number, origin.span.span_id, "origin", None)]
    for step in session.steps[origin.index + 1 :]:
        edge = _edge(step, call_ids, carried)
        if edge is None:
            continue
        same_step = (step.number, step.kind)
        if same_step not in seen:
            seen.add(same_step)
            found.append(edge)
        call_ids |= {part.call_id for part in step.span.requested_calls if part.call_id}
        if step.kind == "llm":
            carried |= _values(_said(step.span)) - before
        if len(found) >= _MOST:
            break
    last = session.steps[-1]
    if last.index > origin.index and found[-1].span_id != last.span.span_id:
        found.append(CascadeStep(last.number, last.span.span_id, "order", None))
    return tuple(found)


def _edge(step: Step, call_ids: set[str], carried: set[str]) -> CascadeStep | None:
    span = step.span
    if span.tool is not None:
        if span.tool.call_id in call_ids:
            return CascadeStep(step.number, span.span_id, "call_id", span.tool.call_id)
        shared = carried & _values(span.tool.arguments or "")
    else:
        answered = [
            part.call_id
            for message in span.input_messages[-12:]
            for part in message.parts
            if part.type == "tool_result" and part.call_id in call_ids
        ]
        if answered:
            return CascadeStep(step.number, span.span_id, "call_id", answered[-1])
        shared = carried & _values(_said(span))
    if not shared:
        return None
    return CascadeStep(step.number, span.span_id, "value", max(shared, key=lambda value: (len(value), value)))


def _said(span: Span) -> str:
    parts = [span.output_text, *(part.text for part in span.requested_calls)]
    if span.tool is not None:
        parts += [span.tool.result or ""]
    return "\n".join(parts)


def _values_before(session: SessionTrace, origin: Step) -> set[str]:
    found: set[str] = set()
    for step in session.steps[: origin.index]:
        found |= _values(_said(step.span))
        for message in step.span.input_messages[:3]:
            found |= _values(message.text)
    return found


def _values(text: str) -> set[str]:
    found = {entity.lower() for entity in entities(text)}
    found |= {constant.lower() for constant in _CONSTANT.findall(text)}
    found |= {str(number) for number in numbers(text) if abs(number) >= 10}
    for path, _ in flat_values(decode(text)):
        name = path.rsplit(".", 1)[-1].lower()
        if len(name) >= _SHORTEST_VALUE and "_" in name:
            found.add(name)
    return {value for value in found if len(value) >= _SHORTEST_VALUE}
