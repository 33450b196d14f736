"""How a session is built: a dialogue with a user, a coordinator with workers, a group, or one agent."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final, Literal

from runbook_tui.diagnosis.case import Case
from runbook_tui.trace import Step
from runbook_tui.trace.jsontext import decode, flat_values

__all__ = ["Shape", "choosing_turns", "said_by", "shape_of", "writes_code"]

Shape = Literal["dialogue", "orchestrated", "group", "single"]

_WRITES_CODE: Final = re.compile(
    r"(?m)^[ \t]*(?:```[\w+-]*$|</?(?:code|execute_\w+)>[ \t]*$|def \w+\(|import \w+|from \w+ import )"
)
"""A fence, a tag on a line of its own as code agents write it, or the first words of a line of code."""
_HUB_SHARE: Final = 0.4
_HUB_RETURNS: Final = 0.7
_HUB_WORKS: Final = 0.2
_FEWEST_TURNS: Final = 3
_A_REMARK: Final = 40
"""Characters below which a turn is a remark (whose turn it is, that it is done) and brings nothing back."""
_CHOOSING: Final = slice(1, 3)
"""The second and the third turn of those who work: the first has only the task to go by."""


def shape_of(case: Case) -> tuple[Shape, str | None]:
    """How the session is built, and its coordinating agent; from structure alone, never from names.

    A dialogue has several user turns. An orchestrated session has one agent that speaks most, comes back
    after nearly everybody else's turn and leaves the work to others: it hardly writes code itself. A group
    has several agents and no such one.
    """
    if sum(step.kind == "user" for step in case.session.steps) >= _FEWEST_TURNS:
        return "dialogue", None
    speakers = [step.span.agent for step in case.llm_steps]
    if len(set(speakers)) < 2:
        return "single", None
    hub, turns = Counter(speakers).most_common(1)[0]
    others = [at for at, name in enumerate(speakers[:-1]) if name != hub]
    returns = sum(speakers[at + 1] == hub for at in others)
    if len(speakers) - turns < _FEWEST_TURNS:
        return "group", None
    if turns < _HUB_SHARE * len(speakers) or returns < _HUB_RETURNS * len(others):
        return "group", None
    works = sum(writes_code(step) for step in case.llm_steps if step.span.agent == hub)
    return ("orchestrated", hub) if works <= _HUB_WORKS * turns else ("group", None)


def choosing_turns(case: Case, hub: str | None) -> frozenset[int]:
    """The turns that go on from the first thing brought back to a coordinator, by index of step.

    There the first choice among results is made, and what follows hangs on it.
    """
    if hub is None:
        return frozenset()
    brought = [
        step.index
        for step in case.llm_steps[1:]
        if step.span.agent != hub and len(said_by(step).strip()) >= _A_REMARK
    ]
    return frozenset(brought[_CHOOSING])


def said_by(step: Step) -> str:
    """What an LLM call says and hands to tools."""
    span = step.span
    return "\n".join((span.output_text, *(call.text for call in span.requested_calls)))


def writes_code(step: Step) -> bool:
    """Whether what an LLM call says or hands to a tool is code; in arguments its lines stand in a JSON string."""
    if _WRITES_CODE.search(step.span.output_text):
        return True
    return any(_WRITES_CODE.search(_lines_of(call.text)) for call in step.span.requested_calls)


def _lines_of(arguments: str) -> str:
    """Arguments with the lines of their texts apart."""
    if "\\n" not in arguments and "import " not in arguments:
        return arguments
    value = decode(arguments)
    texts = [leaf for _, leaf in flat_values(value)] if isinstance(value, dict | list) else [arguments]
    return "\n".join(text for text in texts if isinstance(text, str))
