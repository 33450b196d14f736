"""What a step's own words and acts say about how early it should be read.

One table of weights, for LLM calls and user turns: a conditional-logit fit, shrunk towards nought and rounded to
0.05, on 78 annotated failed sessions of three kinds (47 group chats, 19 orchestrated teams, 12 dialogues with a
user). No trait is the place of a step, and none knows an agent, a tool or an answer by name: of steps that show the
same, the earlier is read first. Where the annotated step stands when sessions are read in this order, in percent
(first, among the first three, the first five; share of the session read up to it):

=========================================  ================  ================  ================
the weights are fitted and rounded         group chats       teams             dialogues
=========================================  ================  ================  ================
without the session that is judged         55 / 83 / 96, 24  16 / 42 / 68, 21  33 / 50 / 67, 12
without the half it is in (20 halvings)    54 / 83 / 95, 24  14 / 49 / 65, 22  30 / 50 / 63, 16
without any session of its kind            49 / 83 / 98, 24  16 / 42 / 58, 21  17 / 33 / 42, 25
=========================================  ================  ================  ================

The traits themselves were chosen with all 78 in view, those of dialogues on twelve sessions only; expect less
elsewhere. `benchmarks/diagnosis.py` prints the figures of the table as it stands on sessions at hand.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from runbook_tui.diagnosis.case import Case
from runbook_tui.diagnosis.dialogue import Dialogue
from runbook_tui.diagnosis.flags.empty_result import is_empty
from runbook_tui.diagnosis.known import entities, numbers
from runbook_tui.diagnosis.shape import shape_of, writes_code
from runbook_tui.trace import Evidence, Step

__all__ = ["WEIGHTS", "Content", "read_content"]

WEIGHTS: Final[dict[str, float]] = {
    # what kind of step it is
    "speaks": 0.25,
    "asks": 0.4,
    # what it says
    "figure": 0.75,
    "new": 0.55,
    "hedges": 0.25,
    "replans": 0.75,
    "short": -0.55,
    # what it does
    "calls": 0.05,
    "code": 0.8,
    "changes": 0.9,
    # where it stands
    "takes over": 0.9,
    "trouble": 0.4,
    "coordinates": -0.15,
    # in a dialogue with a user
    "decides": 1.15,
    "proposes": -0.45,
    "unagreed": 0.4,
}
"""The weight of each trait; a step's score is the sum over the traits it shows."""

_HEDGING: Final = re.compile(
    r"(?i)\b(assum\w+|presum\w+|hypothetical\w*|simulat\w+|cannot (?:access|verify)|unable to|placeholder|likely|"
    r"approximat\w+|for (?:the sake|demonstration)|let'?s say|estimate\w*|not able to|without access|example)\b"
)
_HEDGES_BEGIN: Final = (
    *("assum", "presum", "hypothetic", "simulat", "cannot", "unable", "placeholder", "likely", "approximat"),
    *("for the", "for demo", "let's", "lets", "estimate", "not able", "without access", "example"),
)
"""Beginnings that every hedge has one of; looking for them is cheaper than matching."""
_REPLANNING: Final = re.compile(r"(?i)\b(?:stalled|re-?plan\w*|(?:new|revised|updated) plan)\b")
_OPENING: Final = 300
"""A step says that it plans anew in its first lines; further on the words are about something else."""
_TROUBLE: Final = ("traceback", "error:", "exception", "failed", "not found", "invalid")
_EXIT_CODE: Final = re.compile(r"exitcode: [1-9]")
_FIGURE: Final = re.compile(r"\d[\d.,]*")
_SHORT_BELOW: Final = 40


class Content(msgspec.Struct):
    """What speaks for reading a step early."""

    traits: dict[str, str]
    """The traits it shows, by their name in the table, each with the sentence that says what was seen."""
    reasons: list[Evidence]

    @property
    def score(self) -> float:
        """The sum of the weights of its traits."""
        return sum(WEIGHTS[trait] for trait in self.traits)


def read_content(case: Case) -> list[Content]:
    """One entry a step, in causal order; steps that only report score 0 and give no reason."""
    shape, hub = shape_of(case)
    dialogue = Dialogue() if shape == "dialogue" else None
    seen = set(_values(f"{case.task or ''}\n{case.instructions}"))
    last = case.llm_steps[-1].index if case.llm_steps else -1
    found: list[Content] = []
    for step in case.session.steps:
        text = _said(step)
        values = set(_values(text))
        traits: dict[str, str] = {}
        if step.kind == "user":
            traits["asks"] = "the user's turn: what was asked for here" if dialogue else ""
            if dialogue and (words := dialogue.user_says(text)) and step.index < last:
                traits["decides"] = f'the user decides what is to be done: "{words}"'
        elif step.kind == "llm":
            traits["speaks"] = ""
            traits |= _words(text, values - seen)
            traits |= _acts(case, step, dialogue)
            traits |= _place(case, step, coordinates=hub is not None and step.span.agent == hub)
        seen |= values
        found.append(Content(traits, [case.evidence(said, step) for said in traits.values() if said]))
    return found


def _words(text: str, new: set[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    if new:
        shown = ", ".join(sorted(new)[:3])
        found["new"] = f"brings in {len(new)} values seen nowhere before: {shown}"
    if figure := _FIGURE.search(text):
        found["figure"] = "" if new else f"states a figure: {figure[0]}"
    folded = text.lower()
    if any(stem in folded for stem in _HEDGES_BEGIN) and (hedge := _HEDGING.search(text)):
        found["hedges"] = f'hedges: "{hedge[0]}"'
    if plan := _REPLANNING.search(text[:_OPENING]):
        found["replans"] = f'gives up the plan for another: "{plan[0]}"'
    if len(text.strip()) < _SHORT_BELOW:
        found["short"] = ""
    return found


def _acts(case: Case, step: Step, dialogue: Dialogue | None) -> dict[str, str]:
    found: dict[str, str] = {}
    names = [call.name or "a tool" for call in step.span.requested_calls]
    if names:
        found["calls"] = f"acts: calls {', '.join(dict.fromkeys(names))}"
    if writes_code(step):
        found["code"] = "acts: writes code"
    harmless = ("read",) if dialogue else ("read", "unknown")
    changing = [name for name in names if case.tool(name).effect not in harmless]
    if changing:
        found["changes"] = f"changes something outside: {changing[0]}"
        if dialogue and not dialogue.is_agreed:
            found["unagreed"] = f"does so without the user's consent to it: {changing[0]}"
    if dialogue and not names and dialogue.agent_says(step.span.output_text):
        found["proposes"] = ""
    return found


def _place(case: Case, step: Step, *, coordinates: bool) -> dict[str, str]:
    steps = case.session.steps
    before = steps[step.index - 1] if step.index else None
    after = steps[step.index + 1] if step.index + 1 < len(steps) else None
    found: dict[str, str] = {}
    if coordinates:
        found["coordinates"] = ""
    if before is not None and before.kind == "llm":
        found["takes over"] = f"builds on what step {before.number} said, no result between them"
    if after is not None and after.span.tool is not None and _is_trouble(after):
        found["trouble"] = f"right before an error or an empty result at step {after.number}"
    return found


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
