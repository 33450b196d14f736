"""What good sessions of one agent have in common: the yardstick for the others."""

from __future__ import annotations

import hashlib
import statistics
from collections import Counter

import msgspec

from runbook_tui.diagnosis.case import Case
from runbook_tui.diagnosis.flags import find_flags
from runbook_tui.diagnosis.signals import find_signals
from runbook_tui.diagnosis.summary import tokens_used
from runbook_tui.playbook import Playbook
from runbook_tui.trace import SessionTrace
from runbook_tui.trace.words import SIGNALS

__all__ = ["Profile", "Range", "ToolProfile", "profile"]


class Range(msgspec.Struct, frozen=True):
    """The least, the middle and the most of a figure over the sessions that have it."""

    least: float
    median: float
    most: float


class ToolProfile(msgspec.Struct, frozen=True):
    """How a tool is used when all is well."""

    tool: str
    calls: Range
    """Calls a session."""
    fields: tuple[str, ...]
    """Fields that every good result had, dotted."""
    sometimes: tuple[str, ...]
    """Fields that some had."""


class Profile(msgspec.Struct, frozen=True):
    """The baseline of an agent."""

    agent: str | None
    sessions: tuple[str, ...]
    models: tuple[str, ...]
    instructions: tuple[str, ...]
    """SHA-256 of each system prompt, its first twelve digits."""
    tokens: Range | None
    steps: Range
    tools: tuple[ToolProfile, ...]
    signals: dict[str, Range]
    """Behavioural signals, recorded or derived; truth values as 0 and 1."""


def profile(agent: str | None, sessions: tuple[SessionTrace, ...], playbook: Playbook) -> Profile:
    """What these sessions have in common.

    Raises:
        ValueError: there are none.
    """
    if not sessions:
        raise ValueError("a profile of no sessions")
    cases = [Case(session, playbook, sessions) for session in sessions]
    tokens = [float(sum(filter(None, tokens_used(session)))) for session in sessions]
    used = [count for count in tokens if count]
    return Profile(
        agent=agent,
        sessions=tuple(session.id for session in sessions),
        models=tuple(
            sorted({step.span.model for case in cases for step in case.llm_steps if step.span.model})
        ),
        instructions=tuple(dict.fromkeys(_digest(case.instructions) for case in cases if case.instructions)),
        tokens=_range(used) if used else None,
        steps=_range([float(len({step.number for step in session.steps})) for session in sessions]),
        tools=_tools(cases),
        signals=_signals(cases),
    )


def _tools(cases: list[Case]) -> tuple[ToolProfile, ...]:
    counts = [Counter(step.span.tool.name for step in case.tool_steps if step.span.tool) for case in cases]
    known = {name: contract for case in cases for name, contract in case.contracts.items()}
    found = []
    for name in sorted(set().union(*counts)):
        contract = known.get(name)
        always = contract.required if contract else frozenset()
        sometimes = contract.known - always if contract else frozenset()
        calls = _range([float(count[name]) for count in counts])
        found.append(ToolProfile(name, calls, tuple(sorted(always)), tuple(sorted(sometimes))))
    return tuple(found)


def _signals(cases: list[Case]) -> dict[str, Range]:
    read = [find_signals(case, find_flags(case)) for case in cases]
    ranges = {}
    for name in SIGNALS:
        values = [float(signal.value) for signals in read if (signal := signals[name]).value is not None]
        if values:
            ranges[name] = _range(values)
    return {str(name): found for name, found in ranges.items()}


def _range(values: list[float]) -> Range:
    return Range(min(values), statistics.median(values), max(values))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
