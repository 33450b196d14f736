"""Does the stop hold? A live receiver can tell: nothing of the session, or of what it started, has begun since.

A span is sent when it ends, so silence proves something only once it has lasted longer than a step of this agent does,
and only where the session's spans came through the receiver before. Start times are the sender's: where its clock is
behind, a span that began just after the stop may seem to have begun before it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

import msgspec

from runbook_tui.evidence import late_spans, read_receiver, received_at, related_sessions
from runbook_tui.incident.response import Response
from runbook_tui.trace import rfc3339
from runbook_tui.trace.clock import parse_time
from runbook_tui.trace.counted import counted

__all__ = ["StopWatch", "settle_stop", "watch_stop"]

_LONGEST_STEP_S: Final = 600.0
"""A step longer than this says little of the next one."""


class StopWatch(msgspec.Struct, frozen=True):
    """What live spans say of the stop."""

    state: Literal["unknown", "watching", "holds", "broken"]
    said: str


def watch_stop(response: Response) -> StopWatch | None:
    """What live spans say of the latest stop; None while nothing was stopped."""
    stopped = parse_time(response.state.stops[-1].at) if response.state.stops else None
    if stopped is None:
        return None
    late = _late(response, stopped)
    if late is not None:
        return StopWatch("broken", late)
    row, now = read_receiver(response.store), response.clock()
    if row is None or not row.is_there(now):
        advice = "Start one in another terminal: runbook-tui receive"
        return StopWatch("unknown", f"No receiver is on, so live spans cannot tell. {advice}")
    if received_at(response.store, response.session_id) is None:
        where = f"A receiver is on at {row.address}, but no span of this session came through it"
        return StopWatch("unknown", f"{where}, so its silence tells nothing.")
    settled, begun = parse_time(row.settled_at), parse_time(row.started_at)
    since = max(stopped, begun or stopped)
    watched = (settled - since).total_seconds() if settled else 0.0
    needed = _needed(response)
    clock = f"{stopped:%H:%M:%S}"
    if watched < needed:
        text = f"Nothing has started since {clock}: watched for {max(watched, 0):.0f} of {needed:.0f} s"
        return StopWatch("watching", text)
    text = f"no span of this session, or of one it started, has started since {clock} UTC; watched for {watched:.0f} s"
    return StopWatch("holds", f"{text} at {row.address}")


def settle_stop(response: Response) -> StopWatch | None:
    """`watch_stop`; where it holds, the check is recorded and the contained clock starts.

    It is recorded once for a stop: who takes it back has a reason.
    """
    found = watch_stop(response)
    proven = found is not None and found.state == "holds"
    if found is not None and proven and response.state.contained_at is None and not _was_taken_back(response):
        response.contained(found.said)
    return found


def _late(response: Response, stopped: datetime) -> str | None:
    related = related_sessions(response.store, response.session_id)
    found = late_spans(response.store, related, int(stopped.timestamp() * 1e9)) if related else None
    if found is None:
        return None
    number, label, start_ns = found
    at = (rfc3339(start_ns) or "")[11:19]
    return f"{counted(number, 'span')} started after the stop, the first at {at} UTC: {label}"


def _needed(response: Response) -> float:
    """Seconds of silence that count: the playbook's, or as long as the longest step of this session took."""
    longest = min(response.spans.longest_step_ms() / 1000, _LONGEST_STEP_S)
    return max(float(response.playbook.thresholds.quiet_after_stop_s), longest)


def _was_taken_back(response: Response) -> bool:
    for entry in reversed(response.journal.entries):
        if entry.event == "stop_done":
            return False
        if entry.event == "undone" and entry.data["what"] == "contained":
            return True
    return False
