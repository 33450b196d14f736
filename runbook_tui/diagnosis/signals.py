"""The behavioural signals: recorded values win; else derived without a model; else unknown.

Derivations are those of the behavioural-telemetry runbook: cited ids as members of what was retrieved,
fallback tools named by the playbook, nulls in what an action was given.
"""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any, Final

from runbook_tui.diagnosis.answer_schema import answer_fits
from runbook_tui.diagnosis.case import Case
from runbook_tui.diagnosis.flags.ungrounded_value import ungrounded_numbers
from runbook_tui.diagnosis.known import entities, numbers
from runbook_tui.playbook import UNKNOWN_TOOL, ToolEntry, classify_tool
from runbook_tui.trace import Flag, Signal
from runbook_tui.trace.jsontext import decode
from runbook_tui.trace.words import SIGNALS, SignalName

__all__ = ["find_signals"]

_CENTS: Final = Decimal(100)


def find_signals(case: Case, flags: tuple[Flag, ...]) -> dict[SignalName, Signal]:
    """All four signals."""
    derived: dict[SignalName, float | bool | None] = {
        "grounded": _grounded(case, ungrounded_numbers(flags)),
        "fallback": _fallback(case),
        "confidence": _confidence(case),
        "downstream_ok": _downstream_ok(case),
    }
    found: dict[SignalName, Signal] = {}
    for name in SIGNALS:
        recorded = _recorded(case, name)
        value = derived[name] if recorded is None else recorded
        found[name] = Signal(value, None if value is None else "derived" if recorded is None else "recorded")
    return found


def _recorded(case: Case, name: SignalName) -> float | bool | None:
    """The outermost span's value; where several of one depth record it, the worst."""
    depth_and_value = [
        (place.depth, value)
        for span, place in zip(case.session.spans, case.session.places, strict=True)
        if span.signals is not None and (value := span.signals.get(name)) is not None
    ]
    if not depth_and_value:
        return None
    outermost = min(depth for depth, _ in depth_and_value)
    values = [value for depth, value in depth_and_value if depth == outermost]
    return max(values) if name == "fallback" else min(values)


def _grounded(case: Case, made_up: frozenset[Decimal]) -> float | None:
    """The share of ids in the final answer that a result or a prompt gave out; None where it cites none.

    Figures that an action was given without ground count beside the ids where the answer states them. A result that
    merely repeats what the agent had made up gives nothing out.
    """
    if case.final is None or not any(step.span.tool and step.span.tool.result for step in case.tool_steps):
        return None
    cited = {entity.lower() for entity in entities(case.final.span.output_text)}
    stated = set(numbers(case.final.span.output_text))
    invented = {item for item in made_up if item in stated or (item / _CENTS).normalize() in stated}
    if not cited and not invented:
        return None
    first: dict[str, int] = {}
    for step in case.session.steps[: case.final.index + 1]:
        told = step.span.tool.arguments if step.span.tool else step.span.output_text
        for entity in entities(told or ""):
            first.setdefault(entity.lower(), step.index)
    seen = [entity for entity in cited if case.knowledge.has_entity(entity, first[entity])]
    return round(len(seen) / (len(cited) + len(invented)), 4)


def _fallback(case: Case) -> bool | None:
    named = tuple(ToolEntry(match=glob, effect="read") for glob in case.thresholds.fallback_tools)
    if any(step.span.tool and _is_named(named, step.span.tool.name) for step in case.tool_steps):
        return True
    return False if any(_is_named(named, name) for name in case.offered_tools) else None


def _is_named(entries: tuple[ToolEntry, ...], name: str) -> bool:
    return classify_tool(entries, name) is not UNKNOWN_TOOL


def _downstream_ok(case: Case) -> bool | None:
    """False when an action was given a null, or the answer lacks the form asked for; that form alone can say True."""
    for step in case.tool_steps:
        tool = step.span.tool
        if tool is None or case.tool(tool.name).effect not in ("reversible", "irreversible"):
            continue
        arguments = decode(tool.arguments)
        if isinstance(arguments, dict) and any(value is None for value in arguments.values()):
            return False
    return answer_fits(case)


def _confidence(case: Case) -> float | None:
    """The mean probability of the final answer's tokens, where the trace has their log probabilities."""
    if case.final is None:
        return None
    found: list[float] = []
    for name, value in case.final.span.attributes.items():
        if "logprob" in name.lower():
            found += _log_probabilities(decode(value) if isinstance(value, str) else value)
    return round(sum(map(math.exp, found)) / len(found), 4) if found else None


def _log_probabilities(value: Any) -> list[float]:
    """Log probabilities in any of the shapes they are recorded in: numbers, `{"logprob": n}`, lists of either."""
    if isinstance(value, dict):
        inner = value.get("logprob", value.get("content", value.get("token_logprobs")))
        return _log_probabilities(inner)
    if isinstance(value, list):
        return [number for item in value for number in _log_probabilities(item)]
    is_one = isinstance(value, int | float) and not isinstance(value, bool) and value <= 0
    return [float(value)] if is_one else []
