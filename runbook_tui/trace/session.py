"""A session: the spans of one run of an agent, placed in a tree and numbered as steps."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

import msgspec

from runbook_tui.trace.span import Span
from runbook_tui.trace.words import Kind

__all__ = ["Defects", "Place", "SessionTrace", "Step", "rfc3339"]


def rfc3339(ns: int | None) -> str | None:
    """Nanoseconds since 1970 as an RFC 3339 UTC timestamp with milliseconds; None stays None."""
    if ns is None:
        return None
    try:
        moment = datetime.fromtimestamp(ns // 1_000_000 / 1000, UTC)
    except (OverflowError, OSError, ValueError):
        return None
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


class Place(msgspec.Struct, frozen=True):
    """Where a span stands in the depth-first order of its session's forest."""

    position: int
    """From 0; also the span's row in the browser."""
    depth: int
    parent: int
    """Position of the parent, -1 for a root."""
    last: int
    """Position of the last descendant, its own position for a leaf."""
    orphan: bool = False
    """Its recorded parent is not in the session."""


class Step(msgspec.Struct, frozen=True):
    """What an engineer reads: one LLM call, tool call, retrieval, hand-off, guardrail or user message."""

    index: int
    """From 0, in causal order."""
    number: int
    """As shown: `agent.step` where the trace records it, else from 1 in causal order."""
    position: int
    """Row of its span."""
    span: Span

    @property
    def kind(self) -> Kind:
        """The kind of its span."""
        return self.span.kind

    @property
    def label(self) -> str:
        """What to show of it on one line."""
        return self.span.label


class Defects(msgspec.Struct, frozen=True):
    """What was wrong with the recording, counted, so that nothing is repaired in silence."""

    orphans: int = 0
    duplicates: int = 0
    cycles: int = 0
    reversed_times: int = 0
    missing_times: int = 0
    equal_times: int = 0
    """Spans that start together with one beside them; the calls asked for, then the ends, decide their order."""
    cut_texts: int = 0
    """Spans with a JSON text that breaks off, as exporters with a length limit leave them."""
    unrecorded_calls: int = 0
    """Calls that only a message tells of."""


class SessionTrace(msgspec.Struct, frozen=True):
    """One session, complete. `spans[i]` stands at `places[i]`."""

    id: str
    format: str
    spans: Sequence[Span]
    places: Sequence[Place]
    steps: Sequence[Step]
    defects: Defects = Defects()

    @property
    def trace_ids(self) -> tuple[str, ...]:
        """The traces the session spans, in order of first appearance."""
        return tuple(dict.fromkeys(span.trace_id for span in self.spans))

    def step_of(self, span_id: str) -> Step | None:
        """The step of that span, if it is one."""
        return next((step for step in self.steps if step.span.span_id == span_id), None)

    def holding(self, pieces: Sequence[str]) -> Collection[int] | None:  # noqa: ARG002
        """Positions of the spans that may hold one of the pieces; None where it may be any.

        A piece is ASCII words, in any case, that stand in this order with anything between them.
        """
        return None

    def steps_numbered(self, number: int) -> tuple[Step, ...]:
        """The steps shown with that number, in causal order."""
        return tuple(step for step in self.steps if step.number == number)
