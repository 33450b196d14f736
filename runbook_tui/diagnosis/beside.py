"""A failed run beside a good one: which step answers which, and where they first part.

Steps are paired by kind and tool in their order, never by index: what both did word for word holds the two runs
together, and between such steps those of one kind and tool are paired.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import msgspec
from rapidfuzz.distance import LCSseq

from runbook_tui.diagnosis.differences import Difference, Known, differences
from runbook_tui.trace import SessionTrace, Step

__all__ = ["Beside", "Pair", "put_beside"]

_MOST: Final = 12
"""Differences told of one pair."""


class Pair(msgspec.Struct, frozen=True):
    """A step and the step of the good run that answers it; one side may be missing."""

    step: int | None
    span_id: str | None
    good_step: int | None
    good_span_id: str | None
    differences: tuple[Difference, ...]

    @property
    def diverges(self) -> bool:
        """Whether anything material differs."""
        return any(item.material for item in self.differences)


class Beside(msgspec.Struct, frozen=True):
    """Two runs, aligned: every step of both is in one pair, in the order of the failed run."""

    session: str
    good: str
    first_divergence: int | None
    """Index of the first pair with a material difference; None where there is none."""
    pairs: tuple[Pair, ...]


def put_beside(session: SessionTrace, good: SessionTrace) -> Beside:
    """Align two sessions and tell what differs, pair by pair."""
    known = Known(session), Known(good)
    same_task = _task(session) == _task(good)
    pairs = []
    for ours, theirs in _aligned(session.steps, good.steps):
        found = tuple(differences(ours, theirs, known, same_task=same_task))
        pairs.append(
            Pair(
                ours.number if ours else None,
                ours.span.span_id if ours else None,
                theirs.number if theirs else None,
                theirs.span.span_id if theirs else None,
                found[:_MOST],
            )
        )
    first = next((at for at, pair in enumerate(pairs) if pair.diverges), None)
    return Beside(session.id, good.id, first, tuple(pairs))


def _aligned(ours: Sequence[Step], theirs: Sequence[Step]) -> Iterator[tuple[Step | None, Step | None]]:
    """Pairs over all steps: word for word first, then by kind and tool in what lies between."""
    for mine, good, equal in _blocks(ours, theirs, _exactly):
        if equal:
            yield from zip(mine, good, strict=True)
            continue
        for left, right, alike in _blocks(mine, good, _kind):
            if alike:
                yield from zip(left, right, strict=True)
            else:
                yield from ((step, None) for step in left)
                yield from ((None, step) for step in right)


def _blocks(
    ours: Sequence[Step], theirs: Sequence[Step], key: Callable[[Step], int]
) -> Iterator[tuple[Sequence[Step], Sequence[Step], bool]]:
    """Both sequences cut where their longest common subsequence begins and ends; with whether a block is in it."""
    at = good_at = 0
    operations = LCSseq.opcodes([key(step) for step in ours], [key(step) for step in theirs])
    for part in operations:
        if part.tag == "equal":
            if part.src_start > at or part.dest_start > good_at:
                yield ours[at : part.src_start], theirs[good_at : part.dest_start], False
            at, good_at = part.src_end, part.dest_end
            yield ours[part.src_start : at], theirs[part.dest_start : good_at], True
    if at < len(ours) or good_at < len(theirs):
        yield ours[at:], theirs[good_at:], False


def _exactly(step: Step) -> int:
    span = step.span
    said = (
        span.tool.arguments
        if span.tool
        else (span.output_text, *(part.text for part in span.requested_calls))
    )
    return hash((_kind(step), said))


def _kind(step: Step) -> int:
    return hash((step.kind, step.span.tool.name if step.span.tool else None, step.span.agent))


def _task(session: SessionTrace) -> str | None:
    for step in session.steps:
        for message in step.span.input_messages:
            if message.role == "user" and message.text.strip():
                return message.text.strip()
    return None
