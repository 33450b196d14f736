"""What differs between a step and the one of the good run that answers it.

A difference is material when it can have changed what came after; other wording of the same acts is not. Where the runs
are over different records, other values are no difference in themselves: one is material where this run had it from
nowhere and the good run had its own from what it was told or read.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any, Final, Literal

import msgspec

from runbook_tui.diagnosis.contract import Contract, drift, result_fields
from runbook_tui.diagnosis.emptiness import is_empty
from runbook_tui.diagnosis.knowledge import Knowledge
from runbook_tui.diagnosis.known import numbers
from runbook_tui.diagnosis.staleness import ages
from runbook_tui.diagnosis.ties import is_common
from runbook_tui.trace import SessionTrace, Span, Step
from runbook_tui.trace.jsontext import decode, flat_values

__all__ = ["Difference", "Known", "differences"]

What = Literal[
    "only_here",
    "only_good",
    "status",
    "arguments",
    "result_keys",
    "result",
    "instructions",
    "model",
    "calls",
    "figures",
    "text",
]

_LEAST: Final = 10
"""Smaller numbers say nothing either way."""
_OLDER: Final = timedelta(days=7)
_SHOWN: Final = 200


class Difference(msgspec.Struct, frozen=True):
    """One thing that is not as in the good run."""

    what: What
    path: str
    """Where in the arguments or the result, dotted; "" for the whole."""
    ours: str | None
    theirs: str | None
    material: bool


class Known:
    """Whether a value stood in what a session was told or had read before a step."""

    def __init__(self, session: SessionTrace) -> None:
        self._knowledge = Knowledge(session)
        self._texts: list[tuple[int, str]] = []
        for step in session.steps:
            told = [
                message.text for message in step.span.input_messages if message.role in ("system", "user")
            ]
            self._texts.append((step.index - 1, "\n".join(told)))
            self._texts.append((step.index, step.span.tool.result or "" if step.span.tool else ""))

    def before(self, step: Step, value: Any) -> bool:
        """True for a value that an earlier text has; short ones and truth values say nothing either way.

        A number counts in any notation, but not from the mouth of a delegated agent.
        """
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) >= _LEAST:
            return self._knowledge.has_number(Decimal(str(value)).normalize(), step.index)
        text = str(value)
        if isinstance(value, bool) or value is None or len(text) < 2:
            return True
        return any(at < step.index and text in found for at, found in self._texts)

    def made_up_by(self, step: Step) -> bool:
        """Whether a model states a number that no earlier text has and no two earlier numbers give."""
        known = self._knowledge
        return any(
            not known.has_number(number, step.index) and not known.derives(number, step.index)
            for number in numbers(step.span.output_text)
            if not is_common(number)
        )


def differences(
    ours: Step | None, theirs: Step | None, known: tuple[Known, Known], *, same_task: bool
) -> Iterator[Difference]:
    """What differs between two paired steps.

    Args:
        ours: the step; None where only the good run has one.
        theirs: the good run's; None where only this one has one.
        known: what each of the two runs knew.
        same_task: whether both were asked the same.
    """
    if ours is None or theirs is None:
        step = ours or theirs
        assert step is not None
        told = _cut(step.label)
        yield Difference(
            "only_here" if ours else "only_good", "", told if ours else None, None if ours else told, True
        )
        return
    left, right = ours.span, theirs.span
    if left.status != right.status and "error" in (left.status, right.status):
        yield Difference("status", "", left.status, right.status, True)
    if left.tool is not None and right.tool is not None:
        yield from _of_arguments(ours, theirs, known, same_task=same_task)
        yield from _of_results(left, right)
        yield from _of_ages(left, right)
    elif ours.kind == "llm":
        yield from _of_calls(ours, theirs, known)
    elif ours.kind == "user" and _told(left) != _told(right):
        yield Difference("text", "", _cut(_told(left)), _cut(_told(right)), False)


def _of_arguments(
    ours: Step, theirs: Step, known: tuple[Known, Known], *, same_task: bool
) -> Iterator[Difference]:
    left, right = _leaves(ours.span, "arguments"), _leaves(theirs.span, "arguments")
    for path in dict.fromkeys((*left, *right)):
        if left.get(path) == right.get(path) and (path in left) == (path in right):
            continue
        structural = (path in left) != (path in right) or type(left[path]) is not type(right[path])
        made_up = path in left and not known[0].before(ours, left[path])
        expected = path in right and known[1].before(theirs, right[path])
        yield Difference(
            "arguments",
            path,
            _cut(left[path]) if path in left else None,
            _cut(right[path]) if path in right else None,
            structural or same_task or (made_up and expected),
        )


def _of_results(left: Span, right: Span) -> Iterator[Difference]:
    assert left.tool is not None
    assert right.tool is not None
    if is_empty(left.tool) and not is_empty(right.tool):
        yield Difference("result", "", _cut(left.tool.result), _cut(right.tool.result), True)
        return
    mine, good = result_fields(left.tool), result_fields(right.tool)
    if mine and good and mine != good:
        found = drift(mine, Contract(good, good, "the good run"))
        renamed = dict(found.renamed) if found else {}
        for old in sorted(good - mine):
            yield Difference("result_keys", old, renamed.get(old), old, True)
        for new in sorted(mine - good - set(renamed.values())):
            yield Difference("result_keys", new, new, None, True)
    elif left.tool.result != right.tool.result:
        mine_, good_ = _leaves(left, "result"), _leaves(right, "result")
        for path in dict.fromkeys((*mine_, *good_)):
            if mine_.get(path) != good_.get(path):
                yield Difference("result", path, _cut(mine_.get(path)), _cut(good_.get(path)), False)


def _of_ages(left: Span, right: Span) -> Iterator[Difference]:
    """A result that says it was much older when it was read than the good run's: that one was good at its age."""
    theirs = ages(right)
    for path, mine in ages(left).items():
        if path in theirs and mine[1] - theirs[path][1] > _OLDER:
            said, good_said = (f"{date}, read {age.days} days later" for date, age in (mine, theirs[path]))
            yield Difference("result", path, said, good_said, True)
            return


def _of_calls(ours: Step, theirs: Step, known: tuple[Known, Known]) -> Iterator[Difference]:
    left, right = ours.span, theirs.span
    if left.model != right.model and left.model and right.model:
        yield Difference("model", "", left.model, right.model, True)
    if (told := _instructions(left)) != (good_told := _instructions(right)):
        line, good_line = _first_difference(told, good_told)
        yield Difference("instructions", "", line, good_line, True)
    if (asked := _asked(left)) != (good_asked := _asked(right)):
        yield Difference("calls", "", asked, good_asked, True)
    elif left.output_text != right.output_text:
        made_up = known[0].made_up_by(ours) and not known[1].made_up_by(theirs)
        what: What = "figures" if made_up else "text"
        yield Difference(what, "", _cut(left.output_text), _cut(right.output_text), made_up)


def _first_difference(ours: str, theirs: str) -> tuple[str | None, str | None]:
    """The first line that only one of two texts has, on each side."""
    left, right = ours.splitlines(), theirs.splitlines()
    mine = next((line for line in left if line not in right), None)
    good = next((line for line in right if line not in left), None)
    return _cut(mine), _cut(good)


def _leaves(span: Span, side: Literal["arguments", "result"]) -> dict[str, Any]:
    text = getattr(span.tool, side) if span.tool else None
    value = decode(text)
    return dict(flat_values(value)) if isinstance(value, dict | list) else {} if text is None else {"": text}


def _asked(span: Span) -> str | None:
    """The tools a call asks for, in order; one or several asked for n times in a row as `name x n`, `(a, b) x n`."""
    names = (part.name or "a tool" for part in span.requested_calls)
    runs = [(name, sum(1 for _ in run)) for name, run in groupby(names)]
    period = next((size for size in range(1, len(runs)) if runs[size:] == runs[:-size]), len(runs))
    times = len(runs) // period if runs and len(runs) % period == 0 else 1
    block = ", ".join(
        f"{name} x {count}" if count > 1 else name for name, count in runs[: len(runs) // times]
    )
    return (f"({block}) x {times}" if times > 1 else block) or None


def _instructions(span: Span) -> str:
    return "\n".join(message.text for message in span.input_messages if message.role == "system")


def _told(span: Span) -> str:
    return "\n".join(message.text for message in span.input_messages)


def _cut(value: Any) -> str | None:
    if value is None:
        return None
    text = " ".join(str(value).split())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
