"""What a step's own words and acts say about how early it should be read.

One table of weights, for LLM calls and user turns: a conditional-logit fit, shrunk towards nought and rounded to
0.05, on 78 annotated failed sessions of three kinds (47 group chats, 19 orchestrated teams, 12 dialogues with a
user). Of steps that show the same traits, the earlier is read first, in a dialogue the later; of the first five no more
than two show the same (`variety`). Where the annotated step stands when sessions are read in this order, in percent:
first / among the first three / the first five; share of the session read up to it.

=========================================  ================  ================  ================
the weights are fitted and rounded         group chats       teams             dialogues
=========================================  ================  ================  ================
without the session that is judged         62 / 81 / 96; 23  26 / 58 / 68; 19  42 / 100 / 100; 5
without the half it is in (20 halvings)    62 / 84 / 96; 22  25 / 52 / 64; 20  37 / 75 / 83; 11
without any session of its kind            62 / 87 / 96; 23  16 / 58 / 58; 22  25 / 50 / 58; 21
=========================================  ================  ================  ================

In 100, 85 and 72 % of the 25 sessions that two teams read, a step that either marked is among the first three; of 25, one
more or less is 4 %, and the standard deviation over resamples 7 %. Without any of its kind, what only that kind shows (a
choice among results, consent, a user's decision) has no weight.

The traits themselves were chosen with all 78 in view, so expect less elsewhere, nearer the second row than the first:
most of all in dialogues, of which there were twelve, and of `unborne`, which two of them show and whose weight was set by
hand; without it dialogues stand at 33 / 83 / 83; 9 in the first row, and the marked steps at 92 %. `breaks off` rests on
three teams.

No annotated session is a tree of spans with code agents in it. What counts there was reasoned from how such sessions are
recorded: code calls the tools it names (`acts`), what a model was shown is not new to it, an answer given through a tool is
none of its acts, and no result a span tells of need lie between two calls for the second to have been told one.

Tried and left out, for they gained nothing where they were not fitted: who states a value of the final answer first, or
one that later steps use; who repeats itself, restates, vouches, denies, concludes, gives up, or goes on after an error in
silence; new names; hard-wired data in code; a plan before any act; the coordinator's turns; the first code; calls that
were refused counting for less (those were marked as often) or, in a dialogue, not counting as trouble; a stronger or weaker
penalty; and lowering what resembles any one step already listed. Some traits could go without loss, none with gain.
`benchmarks/reading_order.py` makes the weights and these figures again.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Final

import msgspec

from runbook_tui.diagnosis.acts import acts, is_told_something, results_after
from runbook_tui.diagnosis.addresses import Addresses, addresses
from runbook_tui.diagnosis.answers import Answers
from runbook_tui.diagnosis.case import Case
from runbook_tui.diagnosis.dialogue import Dialogue
from runbook_tui.diagnosis.emptiness import is_empty
from runbook_tui.diagnosis.known import values as known_values
from runbook_tui.diagnosis.shape import choosing_turns, said_by, shape_of
from runbook_tui.diagnosis.wording import without_list_numbers, wording
from runbook_tui.trace import Evidence, Step

__all__ = ["WEIGHTS", "Content", "read_content"]

WEIGHTS: Final[dict[str, float]] = {
    # whose turn it is
    "asks": 0.4,
    # what it says
    "figure": 0.8,
    "new": 0.25,
    "by words alone": 0.75,
    "address": 0.2,
    "hedges": 0.25,
    "replans": 0.8,
    "short": -0.6,
    # what it does
    "calls": 0.15,
    "code": 0.85,
    "fetches": 0.5,
    "changes": 0.9,
    # where it stands
    "takes over": 0.85,
    "trouble": 0.35,
    "chooses": 0.75,
    "breaks off": 0.35,
    # in a dialogue with a user
    "decides": 1.1,
    "proposes": -0.4,
    "unagreed": 0.4,
    "unborne": 1.5,
}
"""The weight of each trait; a step's score is the sum over the traits it shows."""

_TROUBLE: Final = ("traceback", "error:", "exception", "failed", "not found", "invalid")
_EXIT_CODE: Final = re.compile(r"exitcode: [1-9]")


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
    replanned: int | None = None
    found: list[Content] = []
    for step in case.session.steps:
        text = _said(step)
        values = set(known_values(text))
        if step.kind == "llm" and not values <= seen:
            values = set(known_values(without_list_numbers(text)))
        found_addresses = addresses(text)
        new_address = named.first_named_in(found_addresses)
        traits: dict[str, str] = {}
        if step.kind == "user":
            traits["asks"] = "the user's turn: what was asked for here" if dialogue else ""
            if dialogue and (words := dialogue.user_says(text)) and step.index < last:
                traits["decides"] = f'the user decides what is to be done: "{words}"'
            if answers is not None:
                answers.user_says(text)
        elif step.kind == "llm":
            new = {value for value in values - seen if not _was_shown(case, value, step)}
            traits |= wording(text, new, new_address)
            if "replans" in traits and replanned not in (None, step.index - 1):
                del traits["replans"]  # it is still stuck, as the first time told
            elif "replans" in traits:
                replanned = step.index
            traits |= acts(case, step, dialogue, found_addresses)
            traits |= _place(case, step, hub)
            if step.index in choosing:
                traits["chooses"] = "goes on from the first thing brought back: a choice among results"
            if words := _by_words_alone(case, step, traits, in_dialogue=dialogue is not None):
                traits["by words alone"] = words
            if answers and not step.span.requested_calls and (wrong := answers.wrong_in(text)):
                traits["unborne"] = wrong
        elif answers is not None:
            answers.result(step)
        seen |= values
        found.append(Content(traits, step))
    return found


def _place(case: Case, step: Step, hub: str | None) -> dict[str, str]:
    steps = case.session.steps
    before = steps[step.index - 1] if step.index else None
    after = steps[step.index + 1] if step.index + 1 < len(steps) else None
    found: dict[str, str] = {}
    if before is not None and before.kind == "llm" and not is_told_something(step, before):
        found["takes over"] = f"builds on what step {before.number} said, no result between them"
    if after is None and _is_to_go_on(step, hub):
        found["breaks off"] = "the run breaks off here: nobody took up what this step brought"
    if bad := next((result for result in results_after(case, step) if _is_trouble(result)), None):
        found["trouble"] = f"right before an error or an empty result at step {bad.number}"
    return found


def _is_to_go_on(step: Step, hub: str | None) -> bool:
    """Whether somebody was to take up what the step brought: a worker's turn, or a call that was never answered."""
    return (hub is not None and step.span.agent != hub) or bool(step.span.requested_calls)


def _by_words_alone(case: Case, step: Step, traits: dict[str, str], *, in_dialogue: bool) -> str | None:
    """What says that new values come from nothing but the step itself; the first step has the task to go by.

    Nor does a result bear out what it does not have. In a dialogue that says little: there every answer sums results up.
    """
    if "new" not in traits or "code" in traits or "calls" in traits or not step.index:
        return None
    before = case.session.steps[step.index - 1]
    if before.span.tool is None:
        return "states new values by words alone: no code, no call, no result before"
    return None if in_dialogue else f"states values that the result of step {before.number} does not have"


def _was_shown(case: Case, value: str, step: Step) -> bool:
    """Whether the messages of this call or an earlier one have a value; results that no span tells of are in them."""
    try:
        return case.knowledge.has_number(Decimal(value), step.index)
    except InvalidOperation:
        return case.knowledge.has_entity(value, step.index)


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
