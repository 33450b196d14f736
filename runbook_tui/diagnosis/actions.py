"""What the session did to the world: every call of a tool that is not a pure read."""

from __future__ import annotations

from typing import Final

from runbook_tui.diagnosis.case import Case
from runbook_tui.diagnosis.summary import cost_of
from runbook_tui.trace import NOT_RECORDED, Action, AgentRun, Step

__all__ = ["find_actions", "find_agents"]

_WHOLE: Final = 1_000
"""Calls of unknown effect in a session up to which all arguments are kept whole."""
_KEPT: Final = 200
"""Characters of the arguments of later ones."""


def find_actions(case: Case, origin_index: int | None) -> tuple[Action, ...]:
    """The external actions in causal order; each is kept, for each has to be judged.

    Of very many calls of unknown effect the later ones keep only the beginning of their arguments, so that findings
    take little room beside the session.

    Args:
        case: the session.
        origin_index: causal index of the fault origin; None while there is none.
    """
    found: list[Action] = []
    unknown = 0
    for step in case.tool_steps:
        tool = step.span.tool
        if tool is None or step.kind not in ("tool", "memory"):
            continue
        entry = case.tool(tool.name)
        if entry.effect == "read":
            continue
        unknown += entry.effect == "unknown"
        found.append(
            Action(
                step=step.number,
                span_id=step.span.span_id,
                tool=tool.name,
                arguments=_cut(tool.arguments)
                if entry.effect == "unknown" and unknown > _WHOLE
                else tool.arguments,
                effect=entry.effect,
                after_origin=None if origin_index is None else step.index >= origin_index,
                reversal=entry.reversal,
                asked_by=step.span.parent_id
                if NOT_RECORDED in step.span.attributes and tool.result is None
                else None,
            )
        )
    return tuple(found)


def _cut(arguments: str | None) -> str | None:
    return arguments if arguments is None or len(arguments) <= _KEPT else f"{arguments[:_KEPT]}…"


def find_agents(case: Case) -> tuple[AgentRun, ...]:
    """Every agent run in the session with the agent that spawned it; wrappers of the same agent count once."""
    session = case.session
    above: dict[int, str | None] = {}
    found: dict[tuple[str, str | None], str] = {}
    for span, place in zip(session.spans, session.places, strict=True):
        parent = above.get(place.parent)
        name = span.agent if span.kind == "agent" else None
        above[place.position] = name or parent
        if name is not None and name != parent:
            found.setdefault((name, parent), span.span_id)
    named = {name for name, _ in found}
    for step in session.steps:
        if step.span.agent and step.span.agent not in named:
            named.add(step.span.agent)
            found[step.span.agent, None] = step.span.span_id
    own: dict[str, list[Step]] = {}
    for step in session.steps:
        if step.span.agent:
            own.setdefault(step.span.agent, []).append(step)
    prices = case.playbook.prices
    return tuple(
        AgentRun(
            name,
            span_id,
            parent,
            len({step.number for step in own.get(name, ())}),
            cost_of(own.get(name, ()), prices),
        )
        for (name, parent), span_id in found.items()
    )
