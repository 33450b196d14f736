"""The clocks of an incident: started, detected, contained, resolved, and what lies between them."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from runbook_tui.incident import Response, parse_time, span_of, stamp
from runbook_tui.trace import rfc3339

__all__ = ["Clocks", "clocks", "lasted", "normal"]


class Clocks(msgspec.Struct, frozen=True):
    """Times in RFC 3339 UTC, intervals in seconds; None is not known."""

    started_at: str | None
    """When the fault origin ran; the session's start while no origin is marked."""
    detected_at: str | None
    detection_reported: bool
    """Whether somebody said when it was noticed; else it is the moment the incident was opened."""
    contained_at: str | None
    resolved_at: str | None
    distribute_by: str | None
    """Counted from the resolution, until then from the containment."""
    ttd_s: float | None
    """Started to detected; None where nobody said when it was noticed."""
    ttc_s: float | None
    """Detected to contained."""
    ttr_s: float | None
    """Detected to resolved."""


def clocks(response: Response) -> Clocks:
    """The clocks as they stand."""
    state = response.state
    started = _started(response)
    detected, contained, resolved = map(normal, (state.detected_at, state.contained_at, state.closed_at))
    base = parse_time(resolved or contained or "")
    hours = response.playbook.postmortem.distribute_within_hours
    return Clocks(
        started,
        detected,
        state.detection_reported,
        contained,
        resolved,
        stamp(base + timedelta(hours=hours)) if base else None,
        span_of(started, detected) if state.detection_reported else None,
        span_of(detected, contained),
        span_of(detected, resolved),
    )


def _started(response: Response) -> str | None:
    origin = response.state.origin
    step = response.session.step_of(origin.span_id) if origin else None
    return (rfc3339(step.span.start_ns) if step else None) or response.findings.session.started_at


def normal(text: str | None) -> str | None:
    """A time in the one form that sorts as text; None when it is none."""
    moment = parse_time(text) if text else None
    return stamp(moment) if moment else None


def lasted(seconds: float | None) -> str:
    """An interval as it is read aloud: `6 h 10 min`, `7 min 40 s`, `12 s`."""
    if seconds is None:
        return "unknown"
    whole = round(abs(seconds))
    days, rest = divmod(whole, 86_400)
    hours, rest = divmod(rest, 3600)
    minutes, left = divmod(rest, 60)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (left, "s")]
    first = next((place for place, (count, _) in enumerate(parts) if count), 3)
    said = " ".join(f"{count} {unit}" for count, unit in parts[first : first + 2] if count) or "0 s"
    return f"-{said}" if seconds < 0 and whole else said
