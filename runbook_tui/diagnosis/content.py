"""What a step's own words and acts say about how early it should be read.

One table of weights, for LLM calls and user turns. They are rounded by hand from a conditional-logit fit on 78
annotated failed sessions of three kinds (group chats, orchestrated teams, dialogues with a user), without any
weight for the position of a step: those did not carry over from one kind to another. The weights that hold in
dialogues alone were adjusted by hand on twelve sessions. This very table was not cross-validated; fuller fits,
left-one-out, put the annotated step first in 10 to 45 % and among the first five in 37 to 94 %, depending on the
kind. `benchmarks/diagnosis.py` prints the figures on the sessions it was made from, which are higher.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import Final, Literal

import msgspec

from runbook_tui.diagnosis.case import Case
from runbook_tui.diagnosis.flags.empty_result import is_empty
from runbook_tui.diagnosis.known import entities, numbers
from runbook_tui.trace import Evidence, Step

__all__ = ["Content", "read_content", "shape_of"]

Shape = Literal["dialogue", "orchestrated", "group", "single"]

_BASE: Final = {"llm": 0.3, "user": 0.2}
_NUMBER: Final = 0.7
_NEW: Final = 0.5
_NEW_EACH: Final = 0.33
_ACTS: Final = 0.4
_CODE: Final = 0.5
_CHANGES: Final = 0.5
_CHANGES_IN_DIALOGUE: Final = 0.5
_TROUBLE_AFTER: Final = 0.4
_TROUBLE_AFTER_IN_DIALOGUE: Final = 0.35
_ASKS: Final = 0.25
_CLAIMS: Final = 0.25
_RETELLS_IN_DIALOGUE: Final = 0.2
_HEDGES: Final = 0.2
_VERIFIES: Final = 0.25
_REPEATS: Final = 0.25
_SHORT: Final = -0.6
_RETELLS: Final = -0.5
_OPENS: Final = -0.45
_COORDINATES: Final = -0.25
_AFTER_TROUBLE: Final = -0.25

_HEDGING: Final = re.compile(
    r"(?i)\b(assum\w+|presum\w+|hypothetical\w*|simulat\w+|cannot (?:access|verify)|unable to|placeholder|likely|"
    r"approximat\w+|for (?:the sake|demonstration)|let'?s say|estimate\w*|not able to|without access|example)\b"
)
_HEDGES_BEGIN: Final = (
    *("assum", "presum", "hypothetic", "simulat", "cannot", "unable", "placeholder", "likely", "approximat"),
    *("for the", "for demo", "let's", "lets", "estimate", "not able", "without access", "example"),
)
"""Beginnings that every hedge has one of; looking for them is cheaper than matching."""
_VERIFYING: Final = re.compile(r"(?i)\b(verified|verify|correct|confirmed|accurate|consistent)\b")
_CLAIMING: Final = re.compile(
    r"(?i)\b(none|only|all|every|available|cheapest|lowest|highest|total|there are|currently)\b"
)
_WRITES_CODE: Final = re.compile(r"```|\bdef \w+\(|\bimport \w+")
_TROUBLE: Final = ("traceback", "error:", "exception", "failed", "not found", "invalid")
_EXIT_CODE: Final = re.compile(r"exitcode: [1-9]")
_DIGIT: Final = re.compile(r"\d")
_SHORT_BELOW: Final = 40
_HUB_SHARE: Final = 0.4
_HUB_RETURNS: Final = 0.7
_FEWEST_TURNS: Final = 3


class Content(msgspec.Struct):
    """What speaks for reading a step early."""

    score: float
    reasons: list[Evidence]


def shape_of(case: Case) -> tuple[Shape, str | None]:
    """How the session is built, and its coordinating agent; from structure alone, never from names.

    A dialogue has several user turns. An orchestrated session has one agent that speaks most and comes
    back after nearly everybody else's turn; a group has several agents and no such one.
    """
    if sum(step.kind == "user" for step in case.session.steps) >= _FEWEST_TURNS:
        return "dialogue", None
    speakers = [step.span.agent for step in case.llm_steps]
    if len(set(speakers)) < 2:
        return "single", None
    hub, turns = Counter(speakers).most_common(1)[0]
    others = [at for at, name in enumerate(speakers[:-1]) if name != hub]
    returns = sum(speakers[at + 1] == hub for at in others)
    if others and turns >= _HUB_SHARE * len(speakers) and returns >= _HUB_RETURNS * len(others):
        return "orchestrated", hub
    return "group", None


def read_content(case: Case) -> list[Content]:
    """One entry a step, in causal order; steps that only report score 0 and give no reason."""
    shape, hub = shape_of(case)
    seen = set(_values(f"{case.task or ''}\n{case.instructions}"))
    said_before: set[str] = set()
    found: list[Content] = []
    opened = False
    for step in case.session.steps:
        text = _said(step)
        values = set(_values(text))
        content = Content(_BASE.get(step.kind, 0.0), [])
        if step.kind == "user" and shape == "dialogue":
            _add(case, step, content, _ASKS, "the user's turn: what was asked for here")
        if step.kind == "llm":
            _acts(case, step, text, content, dialogue=shape == "dialogue")
            _words(case, step, text, values - seen, content)
            if shape == "dialogue":
                _claims(case, step, text, content)
            _place(case, step, content, opened=opened, coordinates=hub is not None and step.span.agent == hub)
            if text.strip() and text.strip() in said_before:
                _add(case, step, content, _REPEATS, "says word for word what was said before")
            said_before.add(text.strip())
            opened = True
            _neighbours(case, step, content, dialogue=shape == "dialogue")
        seen |= values
        found.append(content)
    return found


def _add(case: Case, step: Step, content: Content, weight: float, reason: str) -> None:
    content.score += weight
    content.reasons.append(case.evidence(reason, step))


def _acts(case: Case, step: Step, text: str, content: Content, *, dialogue: bool) -> None:
    names = [call.name or "a tool" for call in step.span.requested_calls]
    code = bool(_WRITES_CODE.search(text))
    if names:
        _add(case, step, content, _ACTS, f"acts: calls {', '.join(dict.fromkeys(names))}")
    if code:
        _add(case, step, content, _CODE + (0.0 if names else _ACTS), "acts: writes code")
    harmless = ("read",) if dialogue else ("read", "unknown")
    changing = [name for name in names if case.tool(name).effect not in harmless]
    if changing:
        weight = _CHANGES + (_CHANGES_IN_DIALOGUE if dialogue else 0.0)
        _add(case, step, content, weight, f"changes something outside: {changing[0]}")


def _words(case: Case, step: Step, text: str, new: set[str], content: Content) -> None:
    if _DIGIT.search(text):
        content.score += _NUMBER
    if new:
        shown = ", ".join(sorted(new)[:3])
        weight = _NEW + _NEW_EACH * math.log1p(len(new))
        _add(case, step, content, weight, f"brings in {len(new)} values seen nowhere before: {shown}")
    folded = text.lower()
    if any(stem in folded for stem in _HEDGES_BEGIN) and (hedge := _HEDGING.search(text)):
        _add(case, step, content, _HEDGES, f'hedges: "{hedge[0]}"')
    if not new and (claim := _VERIFYING.search(text)):
        _add(case, step, content, _VERIFIES, f'says "{claim[0]}" with nothing new to support it')
    if len(text.strip()) < _SHORT_BELOW:
        content.score += _SHORT


def _claims(case: Case, step: Step, text: str, content: Content) -> None:
    """What an agent tells its user of what it found."""
    if step.span.requested_calls:
        return
    before = case.session.steps[step.index - 1] if step.index else None
    if before is not None and before.span.tool is not None:
        content.score += _RETELLS_IN_DIALOGUE
    if claim := _CLAIMING.search(text):
        _add(case, step, content, _CLAIMS, f'tells the user what there is: "{claim[0]}"')


def _place(case: Case, step: Step, content: Content, *, opened: bool, coordinates: bool) -> None:
    before = case.session.steps[step.index - 1] if step.index else None
    if not opened:
        content.score += _OPENS
    if coordinates:
        content.score += _COORDINATES
    if before is not None and before.span.tool is not None:
        if not step.span.requested_calls:
            content.score += _RETELLS
        if _is_trouble(before):
            content.score += _AFTER_TROUBLE


def _neighbours(case: Case, step: Step, content: Content, *, dialogue: bool) -> None:
    after = case.session.steps[step.index + 1] if step.index + 1 < len(case.session.steps) else None
    if after is not None and after.span.tool is not None and _is_trouble(after):
        weight = _TROUBLE_AFTER + (_TROUBLE_AFTER_IN_DIALOGUE if dialogue else 0.0)
        _add(case, step, content, weight, f"right before an error or an empty result at step {after.number}")


def _is_trouble(step: Step) -> bool:
    tool = step.span.tool
    if step.span.status == "error":
        return True
    if tool is None:
        return False
    start = (tool.result or "")[:600].lower()
    return any(word in start for word in _TROUBLE) or bool(_EXIT_CODE.search(start)) or is_empty(tool)


def _said(step: Step) -> str:
    span = step.span
    if step.kind == "user":
        return "\n".join(message.text for message in span.input_messages)
    if span.tool is not None:
        return span.tool.result or ""
    return "\n".join((span.output_text, *(call.text for call in span.requested_calls)))


def _values(text: str) -> list[str]:
    return [*(f"{number:f}" for number in numbers(text)), *(entity.lower() for entity in entities(text))]
