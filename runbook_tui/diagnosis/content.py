"""What a step's own words and acts say about how early it should be read.

One table of weights, for LLM calls and user turns: a conditional-logit fit, shrunk towards nought and rounded to
0.05, on 78 annotated failed sessions of three kinds (47 group chats, 19 orchestrated teams, 12 dialogues with a
user). Of steps that show the same traits, the earlier is read first, in a dialogue the later. Where the annotated step
stands when sessions are read in this order, in percent: first / among the first three / the first five; share of the
session read up to it.

=========================================  ================  ================  ================
the weights are fitted and rounded         group chats       teams             dialogues
=========================================  ================  ================  ================
without the session that is judged         64 / 81 / 96; 23  32 / 58 / 68; 20  42 / 83 / 92; 6
without the half it is in (20 halvings)    60 / 83 / 96; 23  27 / 53 / 62; 20  36 / 68 / 78; 11
without any session of its kind            62 / 85 / 98; 22  16 / 58 / 58; 22  25 / 42 / 58; 20
=========================================  ================  ================  ================

In 84, 80 and 68 % of the 25 sessions that two teams read, a step that either marked is among the first three; of 25, one
more or less is 4 %, and the standard deviation over resamples 7 %. Without any of its kind, what only that kind shows (a
choice among results, consent, a user's decision) has no weight.

The traits themselves were chosen with all 78 in view, so expect less elsewhere: most of all in dialogues, of which
there were twelve, and of `unborne`, which two of them show and whose weight was set by hand; without it dialogues
stand at 33 / 67 / 75; 9 in the first row, and the marked steps at 76 %. `breaks off` rests on three teams.

Tried and left out, for they gained nothing where they were not fitted: who states a value of the final answer first, or
one that later steps use; who repeats itself, vouches, or goes on after an error in silence; the first code; calls that
were refused counting for less (those were marked as often); and lowering what resembles a step already listed.
`benchmarks/reading_order.py` makes the weights and these figures again.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from runbook_tui.diagnosis.addresses import Addresses, addresses
from runbook_tui.diagnosis.answers import Answers
from runbook_tui.diagnosis.case import Case
from runbook_tui.diagnosis.dialogue import Dialogue
from runbook_tui.diagnosis.flags.empty_result import is_empty
from runbook_tui.diagnosis.known import values as known_values
from runbook_tui.diagnosis.shape import choosing_turns, said_by, shape_of, writes_code
from runbook_tui.diagnosis.wording import wording
from runbook_tui.trace import Evidence, Step

__all__ = ["WEIGHTS", "Content", "read_content"]

WEIGHTS: Final[dict[str, float]] = {
    # whose turn it is
    "asks": 0.35,
    # what it says
    "figure": 0.75,
    "new": 0.25,
    "by words alone": 0.55,
    "address": 0.1,
    "hedges": 0.25,
    "replans": 0.75,
    "short": -0.5,
    # what it does
    "calls": 0.15,
    "code": 0.85,
    "fetches": 0.5,
    "changes": 0.9,
    # where it stands
    "takes over": 0.85,
    "trouble": 0.35,
    "chooses": 0.7,
    "breaks off": 0.25,
    # in a dialogue with a user
    "decides": 1.1,
    "proposes": -0.4,
    "unagreed": 0.4,
    "unborne": 1.5,
}
"""The weight of each trait; a step's score is the sum over the traits it shows."""

_TROUBLE: Final = ("traceback", "error:", "exception", "failed", "not found", "invalid")
_EXIT_CODE: Final = re.compile(r"exitcode: [1-9]")
_SHOWN: Final = 80


class Content(msgspec.Struct):
    """What speaks for reading a step early."""

    traits: dict[str, str]
    """The traits it shows, by their name in the table, each with the sentence that says what was seen."""
    step: Step

    @property
    def reasons(self) -> list[Evidence]:
        """The sentences, each resting on the step; made when asked for, as few steps of a long session are listed."""
        at = self.step
        return [Evidence(said, at.number, at.span.span_id) for said in self.traits.values() if said]

    @property
    def has_reason(self) -> bool:
        """Whether there is a sentence to show."""
        return any(self.traits.values())

    @property
    def score(self) -> float:
        """The sum of the weights of its traits."""
        return sum(WEIGHTS[trait] for trait in self.traits)


def read_content(case: Case) -> list[Content]:
    """One entry a step, in causal order; steps that only report score 0 and give no reason."""
    shape, hub = shape_of(case)
    dialogue = Dialogue() if shape == "dialogue" else None
    answers = Answers(case.instructions) if dialogue else None
    given = f"{case.task or ''}\n{case.instructions}"
    seen, named = set(known_values(given)), Addresses([given])
    choosing = choosing_turns(case, hub)
    last = case.llm_steps[-1].index if case.llm_steps else -1
    found: list[Content] = []
    for step in case.session.steps:
        text = _said(step)
        values, found_addresses = set(known_values(text)), addresses(text)
        new_address = named.first_named_in(found_addresses)
        traits: dict[str, str] = {}
        if step.kind == "user":
            traits["asks"] = "the user's turn: what was asked for here" if dialogue else ""
            if dialogue and (words := dialogue.user_says(text)) and step.index < last:
                traits["decides"] = f'the user decides what is to be done: "{words}"'
            if answers is not None:
                answers.user_says(text)
        elif step.kind == "llm":
            traits |= wording(text, values - seen, new_address)
            traits |= _acts(case, step, dialogue, found_addresses)
            traits |= _place(case, step, hub)
            if step.index in choosing:
                traits["chooses"] = "goes on from the first thing brought back: a choice among results"
            if _by_words_alone(case, step, traits):
                traits["by words alone"] = (
                    "states new values by words alone: no code, no call, no result before"
                )
            if answers and not step.span.requested_calls and (wrong := answers.wrong_in(text)):
                traits["unborne"] = wrong
        elif answers is not None:
            answers.result(step)
        seen |= values
        found.append(Content(traits, step))
    return found


def _acts(case: Case, step: Step, dialogue: Dialogue | None, found_addresses: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    names = [call.name or "a tool" for call in step.span.requested_calls]
    if names:
        found["calls"] = f"acts: calls {', '.join(dict.fromkeys(names))}"
    if writes_code(step):
        found["code"] = "acts: writes code"
        if found_addresses:
            found["fetches"] = f"its code goes to an address: {found_addresses[0][:_SHOWN]}"
    harmless = ("read",) if dialogue else ("read", "unknown")
    changing = [name for name in names if case.tool(name).effect not in harmless]
    if changing:
        found["changes"] = f"changes something outside: {changing[0]}"
        if dialogue and not dialogue.is_agreed:
            found["unagreed"] = f"does so without the user's consent to it: {changing[0]}"
    if dialogue and not names and dialogue.agent_says(step.span.output_text):
        found["proposes"] = ""
    return found


def _place(case: Case, step: Step, hub: str | None) -> dict[str, str]:
    steps = case.session.steps
    before = steps[step.index - 1] if step.index else None
    after = steps[step.index + 1] if step.index + 1 < len(steps) else None
    found: dict[str, str] = {}
    if before is not None and before.kind == "llm":
        found["takes over"] = f"builds on what step {before.number} said, no result between them"
    if after is None and _is_to_go_on(step, hub):
        found["breaks off"] = "the run breaks off here: nobody took up what this step brought"
    if after is not None and after.span.tool is not None and _is_trouble(after):
        found["trouble"] = f"right before an error or an empty result at step {after.number}"
    return found


def _is_to_go_on(step: Step, hub: str | None) -> bool:
    """Whether somebody was to take up what the step brought: a worker's turn, or a call that was never answered."""
    return (hub is not None and step.span.agent != hub) or bool(step.span.requested_calls)


def _by_words_alone(case: Case, step: Step, traits: dict[str, str]) -> bool:
    """Whether new values come from nothing but the step itself; the first step has the task to go by."""
    if "new" not in traits or "code" in traits or "calls" in traits or not step.index:
        return False
    return case.session.steps[step.index - 1].span.tool is None


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
    return said_by(step)
