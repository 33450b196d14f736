"""LOOP_DETECTED: one tool called with alike arguments more than twice.

Alike is `thresholds.loop_similarity` by rapidfuzz over free text, and the same numbers and ids: a call for
another customer or another page is another call. Only the last ten different calls of a tool are compared,
which keeps it linear. Asking in other words, time after time, what is answered the same is a loop too. The very
same call that brings something new is no repetition, and waiting that ended in something new was none. Wrong for
waiting that is still going on; raise `thresholds.loop_repeats`. Source: the runbook's flag table (90 % alike, more
than twice).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final, NamedTuple

from rapidfuzz import fuzz

from runbook_tui.diagnosis.case import Case
from runbook_tui.diagnosis.emptiness import is_empty
from runbook_tui.diagnosis.failures import error_text
from runbook_tui.diagnosis.naming import sounds_like_reading
from runbook_tui.trace import Flag, Step
from runbook_tui.trace.jsontext import decode, flat_values

__all__ = ["detect", "find_loops"]

_WINDOW: Final = 10
_REWORDED: Final = 50.0
"""rapidfuzz token set ratio (0..100) from which two texts ask for the same in other words."""
_DIGITS: Final = re.compile(r"\d+")
_ID_LIKE: Final = re.compile(r"(?=.*[\d_@/:#-])\S+")
"""A word that names something; a plain word is free text, however it is capitalised."""


class _Call(NamedTuple):
    """A call's arguments, taken apart for comparison."""

    exact: tuple[tuple[str, str], ...]
    """Numbers, ids and digits: these must be the same."""
    text: str
    """Free text: this must be alike."""


class _Group:
    """Alike calls of one tool."""

    def __init__(self, call: _Call, result: str | None) -> None:
        self.call = call
        self.result = result
        self.steps: list[Step] = []


def detect(case: Case) -> Iterator[Flag]:
    """A flag on the first call that was made again, saying how often it went on."""
    for steps in find_loops(case):
        numbers = ", ".join(str(item.number) for item in steps[:6]) + (", ..." if len(steps) > 6 else "")
        again = steps[1]
        detail = f"{again.label} called {len(steps)} times with alike arguments (steps {numbers})"
        yield case.flag("LOOP_DETECTED", "P1", again, detail)


def find_loops(case: Case) -> list[list[Step]]:
    """Every loop, as the alike calls it is made of, in the order in which they begin."""
    groups: dict[str, list[_Group]] = {}
    for step in case.tool_steps:
        tool = step.span.tool
        if tool is None or step.kind not in ("tool", "retrieval"):
            continue
        call = _taken_apart(tool.arguments)
        recent = groups.setdefault(f"{step.kind} {tool.name}", [])
        group = _alike(recent[-_WINDOW:], call, tool.result, case.thresholds.loop_similarity * 100)
        if group is None:
            group = _Group(call, tool.result)
            recent.append(group)
        group.steps.append(step)
    least = max(case.thresholds.loop_repeats, 2)
    loops = [
        steps
        for found in groups.values()
        for group in found
        if len(group.steps) >= least
        for steps in _without_progress(group.steps)
        if len(steps) >= least
    ]
    known = {step.index for steps in loops for step in steps}
    loops += [
        steps
        for steps in _rewordings(case)
        if len(steps) > least and not known & {item.index for item in steps}
    ]
    return sorted(loops, key=lambda steps: steps[0].index)


def _rewordings(case: Case) -> Iterator[list[Step]]:
    """The stretches in which nothing was done but to ask one tool in other words, for the same answer."""
    stretch: list[Step] = []
    for step in case.tool_steps:
        if stretch and not _asks_again(stretch[-1], step):
            yield stretch
            stretch = []
        stretch.append(step)
    yield stretch


def _asks_again(before: Step, step: Step) -> bool:
    earlier, later = before.span.tool, step.span.tool
    if earlier is None or later is None or earlier.name != later.name or earlier.arguments == later.arguments:
        return False
    told = [
        error_text(item.span) or (item.span.tool.result if item.span.tool else None)
        for item in (before, step)
    ]
    if told[0] is None or told[0] != told[1]:
        return False
    if not (sounds_like_reading(later.name) or error_text(step.span) is not None or is_empty(later)):
        return False  # what acts says ok, time after time
    one, other = _taken_apart(earlier.arguments), _taken_apart(later.arguments)
    return one.exact == other.exact and fuzz.token_set_ratio(one.text, other.text) >= _REWORDED


def _without_progress(steps: list[Step]) -> Iterator[list[Step]]:
    """The stretches of alike calls that brought nothing new: the last one, and those in which each call failed."""
    stretch = steps[:1]
    for before, step in pairwise(steps):
        if _brings_news(before, step):
            if all(error_text(item.span) is not None for item in stretch):
                yield stretch
            stretch = []
        stretch.append(step)
    yield stretch


def _brings_news(before: Step, step: Step) -> bool:
    """Whether a call differs from the one before in nothing but its result; failing again is no news."""
    earlier, later = before.span.tool, step.span.tool
    if earlier is None or later is None or earlier.arguments != later.arguments:
        return False
    failed = error_text(before.span) is not None and error_text(step.span) is not None
    return earlier.result != later.result and not failed


def _taken_apart(arguments: str | None) -> _Call:
    value = decode(arguments)
    pairs = flat_values(value) if isinstance(value, dict | list) else [("", (arguments or "").strip())]
    exact: list[tuple[str, str]] = []
    text: list[str] = []
    for path, leaf in sorted(pairs, key=lambda pair: pair[0]):
        if isinstance(leaf, str) and not _ID_LIKE.fullmatch(leaf):
            text.append(leaf.strip(" .").lower())
            exact.append((path, " ".join(_DIGITS.findall(leaf))))
        else:
            exact.append((path, str(leaf)))
    return _Call(tuple(exact), "\n".join(text))


def _alike(recent: list[_Group], call: _Call, result: str | None, least: float) -> _Group | None:
    for group in reversed(recent):
        if group.call == call:
            if call.exact or group.result == result:
                return group
        elif group.call.exact == call.exact and fuzz.ratio(group.call.text, call.text, score_cutoff=least):
            return group
    return None
