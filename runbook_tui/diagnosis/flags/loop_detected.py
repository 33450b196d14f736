"""LOOP_DETECTED: one tool called with alike arguments more than twice.

Alike is `thresholds.loop_similarity` by rapidfuzz over the arguments' text, and the same digits: a call
for another id or another page is another call. Only the last ten different calls of a tool are compared,
which keeps it linear. Wrong for honest polling; raise `thresholds.loop_repeats`.
Source: the runbook's flag table (90 % alike, more than twice).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec
from rapidfuzz import fuzz

from runbook_tui.diagnosis.case import Case
from runbook_tui.trace import Flag, Step
from runbook_tui.trace.jsontext import decode

__all__ = ["detect"]

_WINDOW: Final = 10
_DIGITS: Final = re.compile(r"\d+")


class _Group:
    """Alike calls of one tool."""

    def __init__(self, text: str, result: str | None) -> None:
        self.text = text
        self.digits = _DIGITS.findall(text)
        self.result = result
        self.steps: list[Step] = []


def detect(case: Case) -> Iterator[Flag]:
    """A flag on the call that made it a loop, saying how often it went on."""
    groups: dict[str, list[_Group]] = {}
    for step in case.tool_steps:
        tool = step.span.tool
        if tool is None or step.kind not in ("tool", "retrieval"):
            continue
        text = _canonical(tool.arguments)
        recent = groups.setdefault(f"{step.kind} {tool.name}", [])
        group = _alike(recent[-_WINDOW:], text, tool.result, case.thresholds.loop_similarity * 100)
        if group is None:
            group = _Group(text, tool.result)
            recent.append(group)
        group.steps.append(step)
    loops = [
        group
        for found in groups.values()
        for group in found
        if len(group.steps) >= case.thresholds.loop_repeats
    ]
    for group in sorted(loops, key=lambda group: group.steps[0].index):
        step = group.steps[case.thresholds.loop_repeats - 1]
        numbers = ", ".join(str(item.number) for item in group.steps[:6]) + (
            ", ..." if len(group.steps) > 6 else ""
        )
        detail = f"{step.label} called {len(group.steps)} times with alike arguments (steps {numbers})"
        yield case.flag("LOOP_DETECTED", "P1", step, detail)


def _canonical(arguments: str | None) -> str:
    value = decode(arguments)
    if isinstance(value, dict | list):
        return msgspec.json.encode(value, order="sorted").decode()
    return (arguments or "").strip()


def _alike(recent: list[_Group], text: str, result: str | None, least: float) -> _Group | None:
    digits = _DIGITS.findall(text)
    for group in reversed(recent):
        if group.text == text:
            empty = text in ("", "{}", "[]", "null")
            if not empty or group.result == result:
                return group
        elif group.digits == digits and fuzz.ratio(group.text, text, score_cutoff=least):
            return group
    return None
