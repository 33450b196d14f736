"""Flags that the agent's own guards recorded: `agent.anomaly`, `tool.status`, `tool.unexpected_fields`.

Wrong when the guard was wrong; the detector of the same name then stays silent beside it. Nothing to tune.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from runbook_tui.diagnosis.case import Case
from runbook_tui.trace import Flag, Span
from runbook_tui.trace.words import FLAGS, FlagName, Severity

__all__ = ["detect"]

_NAMES: Final[dict[str, FlagName]] = {name.replace("_", ""): name for name in FLAGS}
_P0: Final = frozenset({"ENTITY_HALLUCINATION", "TOOL_SCHEMA_DRIFT", "DUPLICATE_SIDE_EFFECT"})


def detect(case: Case) -> Iterator[Flag]:
    """Every recorded anomaly that has one of our names, on the span that carries it."""
    steps = {step.span.key: step.number for step in case.session.steps}
    for span in case.session.spans:
        names = [_NAMES[key] for word in span.anomalies if (key := _key(word)) in _NAMES]
        drifted = span.tool is not None and (
            span.tool.status == "schema_drift" or span.tool.unexpected_fields
        )
        if drifted and "TOOL_SCHEMA_DRIFT" not in names:
            names.append("TOOL_SCHEMA_DRIFT")
        for name in dict.fromkeys(names):
            severity: Severity = "P0" if name in _P0 else "P1"
            yield Flag(name, severity, steps.get(span.key), span.span_id, _detail(name, span), "recorded")


def _key(word: str) -> str:
    return word.upper().replace("_", "").replace(" ", "").replace("-", "")


def _detail(name: FlagName, span: Span) -> str:
    if name == "TOOL_SCHEMA_DRIFT" and span.tool is not None:
        unexpected = ", ".join(span.tool.unexpected_fields or ())
        return (
            f"{span.tool.name} returned unexpected fields: {unexpected}"
            if unexpected
            else f"{span.tool.name} drifted"
        )
    return span.step_summary or f"recorded on {span.name}"
