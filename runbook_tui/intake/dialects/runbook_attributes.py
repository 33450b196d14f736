"""The runbook's own attributes: `session.id`, `agent.step`, `agent.anomaly`, `tool.*`, `agent.behavioral.*`."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from runbook_tui.intake.draft import Draft, as_float, as_int
from runbook_tui.intake.raw import RawSpan
from runbook_tui.trace import Signals
from runbook_tui.trace.jsontext import as_text

__all__ = ["MARKS", "read"]

_MORE: Final = ("step_summary", "agent.", "app.agent.", "tool.")
MARKS: Final = ("session.id", "session_id", *_MORE)
"""Beginnings of the names it reads."""

_BEHAVIOUR: Final = ("agent.behavioral.", "app.agent.behavioral.")


def read(raw: RawSpan, draft: Draft) -> bool:
    """Offer what the runbook's attributes say; True when there were any."""
    attributes = raw.attributes
    draft.offer(session_id=as_text(raw.first("session.id", "session_id")))
    if not _tell_more(tuple(attributes)):
        return False
    draft.offer(
        recorded_step=as_int(attributes.get("agent.step")),
        step_summary=as_text(raw.first("step_summary", "agent.step_summary")),
        signals=_signals(raw),
    )
    draft.anomaly_recorded = "agent.anomaly" in attributes
    draft.anomalies = _names(attributes.get("agent.anomaly")) or ()
    is_tool = "tool.name" in attributes and "openinference.span.kind" not in attributes
    if is_tool:
        draft.offer(
            kind="tool",
            tool_name=as_text(attributes.get("tool.name")),
            arguments=as_text(raw.first("tool.input", "tool.arguments")),
            result=as_text(raw.first("tool.output", "tool.result")),
        )
    draft.offer(
        tool_status=as_text(attributes.get("tool.status")),
        output_fields=_names(attributes.get("tool.output_fields")),
        unexpected_fields=_names(attributes.get("tool.unexpected_fields")),
        latency_ms=as_float(attributes.get("tool.latency_ms")),
    )
    return is_tool or "agent.step" in attributes or draft.anomaly_recorded


@lru_cache(maxsize=4096)  # spans of one library carry the same few sets of names over and over
def _tell_more(names: tuple[str, ...]) -> bool:
    """Whether attributes of these names tell more than the session."""
    return any(name.startswith(_MORE) for name in names)


def _names(value: Any) -> tuple[str, ...] | None:
    """A list recorded as an array or as comma-separated text; empty and null words left out."""
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, list):
        return None
    names = (str(item).strip() for item in value)
    return tuple(name for name in names if name and name.lower() not in ("null", "none"))


def _signals(raw: RawSpan) -> Signals | None:
    if ".behavioral." not in "\n".join(raw.attributes):
        return None

    def number(name: str) -> float | None:
        value = as_float(raw.first(*(f"{prefix}{name}" for prefix in _BEHAVIOUR)))
        return value if value is not None and 0 <= value <= 1 else None

    def truth(name: str) -> bool | None:
        value = raw.first(*(f"{prefix}{name}" for prefix in _BEHAVIOUR))
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        return value if isinstance(value, bool) else None

    signals = Signals(number("grounded"), truth("fallback"), number("confidence"), truth("downstream_ok"))
    return None if signals == Signals() else signals
