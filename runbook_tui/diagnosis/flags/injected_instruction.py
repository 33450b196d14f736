"""CONTEXT_DRIFT by an injected instruction: the agent acts upon what a tool's result told it to do.

A result that speaks to the agent itself ("ignore previous instructions", "note to AI agents") and names a place; and a
later call, of a tool that is not known to only read, to that very place, which no prompt names. Both together are
rarely innocent. It misses instructions that name no address and those in other words. Wrong for an agent whose task
is to follow instructions it finds; name the place in its prompt.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from runbook_tui.diagnosis.case import Case
from runbook_tui.diagnosis.naming import sounds_like_reading
from runbook_tui.trace import Flag

__all__ = ["detect"]

_TO_AN_AGENT: Final = re.compile(
    r"(?i)\b(?:(?:to|for|attention|dear|hey|all) (?:any |all |the )?(?:ai|llm) (?:agents?|assistants?|models?)\b"
    r"|(?:ai|llm) (?:agents?|assistants?)[,:]"
    r"|(?:ignore|disregard|forget) (?:all |any |the |your )*(?:previous|prior|above|earlier|other|instructions)\b"
    r"|your (?:new|real|actual) (?:goal|task|objective|instructions?)\b|switch to (?:that|this|the following) task"
    r"|do not (?:tell|mention|inform|alert) (?:this |it )?(?:to )?(?:the |your )?user)"
)
_PLACE: Final = re.compile(r"https?://[^\s\"'<>()\[\]{}`\\]+|\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
"""A web or an e-mail address."""
_ENDING: Final = ".,;:!?/"
_SHOWN: Final = 90


def detect(case: Case) -> Iterator[Flag]:
    """A flag on each call to a place that only such a result named."""
    told: dict[str, str] = {}
    asked = f"{case.task or ''}\n{case.instructions}"
    for step in case.tool_steps:
        tool = step.span.tool
        if tool is None:
            continue
        effect = case.tool(tool.name).effect
        if told and effect != "read" and not (effect == "unknown" and sounds_like_reading(tool.name)):
            place = next((place for place in _places(tool.arguments or "") if place in told), None)
            if place is not None:
                yield case.flag("CONTEXT_DRIFT", "P0", step, f"{tool.name} to {place}, as {told[place]}")
        if not tool.result or ("http" not in tool.result and "@" not in tool.result):
            continue  # no place in it; looking is cheaper than matching
        order = _TO_AN_AGENT.search(tool.result)
        if order is not None:
            line = " ".join(tool.result[max(0, order.start() - 20) :].split())[:_SHOWN]
            said = f'the result of step {step.number} says: "{line}"'
            told.update({place: said for place in _places(tool.result) if place not in asked})


def _places(text: str) -> list[str]:
    return [found.rstrip(_ENDING) for found in _PLACE.findall(text)]
