"""From an origin to the wrong output: the steps that carried its premise, what they did with it, and how each is known.

Edges are causal, never parental. A step carries the premise when it is a call that a carrier asked for, or is handed
the result of one; when it acts with a carrier's result or own words in view, as in a note for the next window; or when
it uses a value that a carrier brought in (see `ties`). Order alone is taken only for a call without an id right after
its model call, for the model call right after a result where nothing says what it was handed, and for the last step.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from runbook_tui.diagnosis.presence import returns_after
from runbook_tui.diagnosis.ties import telling, ties
from runbook_tui.trace import CascadeStep, Message, SessionTrace, Span, Step
from runbook_tui.trace.jsontext import decode, flat_values

__all__ = ["propose_cascade"]

_MOST = 400
_SHORTEST_NAME = 3
_SHORTEST_CLAUSE = 24
_FEWEST_WORDS = 4
_SHOWN = 80
_CLAUSE = re.compile(r"[.!?;:]\s+|\n+")
_LONGEST = 100_000
_OPENING = 3
"""Messages a context begins with; what comes between them and the last ones, earlier steps were handed."""
_IN_VIEW = 12
"""Messages at the end of a context, on which a call that acts is taken to act."""


def propose_cascade(session: SessionTrace, origin: Step) -> tuple[CascadeStep, ...]:
    """The steps after `origin` that used what it introduced, in causal order: origin first, last step last.

    Of many calls of one tool under one step number the first one stands for all.
    """
    after = returns_after(session)
    enclosing: dict[int, list[Step]] = {}
    for step in session.steps:
        if step.span.tool is not None and after[step.index] >= max(step.index + 1, origin.index):
            enclosing.setdefault(after[step.index], []).append(step)
    premise = _Premise(session, origin, after)
    found = [CascadeStep(origin.number, origin.span.span_id, "origin", None)]
    seen = {_alike(origin)}
    for step in session.steps[origin.index :]:
        edge = premise.edge_to(step) if step is not origin else None
        if edge is not None:
            premise.carried_by(step)
            if _alike(step) not in seen:
                seen.add(_alike(step))
                found.append(edge)
        for call in reversed(enclosing.get(step.index, ())):
            premise.returned(call)
        if len(found) >= _MOST:
            break
    last = session.steps[-1]
    if last.index > origin.index and found[-1].span_id != last.span.span_id:
        found.append(CascadeStep(last.number, last.span.span_id, "order", None))
    return tuple(found)


def _alike(step: Step) -> tuple[int, str, str | None]:
    return step.number, step.kind, step.span.tool.name if step.span.tool is not None else None


class _Premise:
    """What has spread from the origin so far: calls, values, and texts."""

    def __init__(self, session: SessionTrace, origin: Step, after: tuple[int, ...]) -> None:
        self._before: set[str] = set()
        self._told_before: list[str] = []
        self._call_ids: set[str | None] = set()
        self._values: set[str] = set()
        self._texts: set[str] = set()
        self._carrier: Step | None = None
        for step in session.steps[: origin.index + 1]:
            if step.span.tool is None or after[step.index] < origin.index:
                self._known(step, told_only=step is origin)
        self.carried_by(origin)

    def _known(self, step: Step, *, told_only: bool) -> None:
        """What the session had before the origin is no premise of it."""
        messages = step.span.input_messages
        told = [message.text for message in (*messages[:_OPENING], *_handed_last(messages))]
        for text in dict.fromkeys(told if told_only else [*told, _said(step.span)]):
            self._before |= _values(text)
            if step.span.tool is None:
                self._told_before.append(text)

    @cached_property
    def _texts_before(self) -> frozenset[int]:
        """Hashes of the clauses the session had before the origin: of a long one they are many, and seldom asked for."""
        return frozenset(hash(clause) for text in self._told_before for clause in _clauses(text))

    def carried_by(self, step: Step) -> None:
        """Take in what a step that carries the premise hands on: its calls, and the words that are its own."""
        span = step.span
        origin = self._carrier is None
        self._carrier = step
        self._call_ids |= {part.call_id for part in span.requested_calls if part.call_id}
        if span.tool is not None:
            self._call_ids |= {span.tool.call_id} - {None}
        if span.tool is None or origin:
            self._take_in(_said(span))

    def returned(self, call: Step) -> None:
        """A call that ran an agent came back: what that agent was wrong about is in its result."""
        tool = call.span.tool
        if tool is not None and self._shared(tool.result or ""):
            self._call_ids |= {tool.call_id} - {None}
            self._take_in(tool.result or "")

    def _take_in(self, text: str) -> None:
        self._values |= _values(text) - self._before
        self._texts.update(clause for clause in _clauses(text) if hash(clause) not in self._texts_before)

    def edge_to(self, step: Step) -> CascadeStep | None:
        """How the premise reached a step; None where nothing shows that it did."""
        span = step.span
        if span.tool is not None:
            if span.tool.call_id in self._call_ids:
                return CascadeStep(step.number, span.span_id, "call_id", span.tool.call_id)
            shared = self._values & _values(span.tool.arguments or "")
        else:
            acts = bool(span.requested_calls)
            handed = span.input_messages[-_IN_VIEW:] if acts else _handed_last(span.input_messages)
            answered = [
                part.call_id
                for message in handed
                for part in message.parts
                if part.type == "tool_result" and part.call_id in self._call_ids
            ]
            if answered:
                return CascadeStep(step.number, span.span_id, "call_id", answered[-1])
            shared = self._values & _values(_said(span))
            if not shared and acts and self._texts:
                shared = self._texts.intersection(
                    clause for message in handed for clause in _clauses(message.text)
                )
        if shared:
            return CascadeStep(step.number, span.span_id, "value", max(shared, key=telling)[:_SHOWN])
        return CascadeStep(step.number, span.span_id, "order", None) if self._follows(step) else None

    def _shared(self, text: str) -> bool:
        if self._values & _values(text):
            return True
        return bool(self._texts) and not self._texts.isdisjoint(_clauses(text))

    def _follows(self, step: Step) -> bool:
        """Whether a call without an id, or the model call that reads a result, comes right after a carrier.

        What a model was handed counts where it is recorded; only elsewhere does order.
        """
        before = self._carrier
        if before is None or before.index != step.index - 1:
            return False
        if len({before.span.agent, step.span.agent} - {None}) > 1:
            return False
        if step.span.tool is not None:
            return before.kind == "llm" and step.span.tool.call_id is None
        unknown = before.span.tool is not None and before.span.tool.call_id is None
        return (
            step.kind == "llm" and before.span.tool is not None and (unknown or not step.span.input_messages)
        )


def _handed_last(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """What a model was handed since its own last words."""
    start = next((at for at in range(len(messages), 0, -1) if messages[at - 1].role == "assistant"), 0)
    return messages[start:]


def _said(span: Span) -> str:
    parts = [span.output_text, *(part.text for part in span.requested_calls)]
    if span.tool is not None:
        parts += [span.tool.result or ""]
    return "\n".join(parts)


def _clauses(text: str) -> Iterator[str]:
    """The parts of a text long enough to be recognised in another."""
    if len(text) < _SHORTEST_CLAUSE:
        return
    for clause in _CLAUSE.split(text[:_LONGEST]):
        folded = " ".join(clause.casefold().split()).rstrip(".!?;:")
        if len(folded) >= _SHORTEST_CLAUSE and folded.count(" ") >= _FEWEST_WORDS - 1:
            yield folded


def _values(text: str) -> set[str]:
    """What ties, and the names of fields, which are what a changed schema brings in."""
    found = set(ties(text))
    if "_" not in text:
        return found
    for path, _ in flat_values(decode(text)):
        name = path.rsplit(".", 1)[-1].lower()
        if len(name) >= _SHORTEST_NAME and "_" in name:
            found.add(name)
    return found
