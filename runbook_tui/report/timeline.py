"""One timeline of the failure and of the response to it: the trace's times, then the journal's."""

from __future__ import annotations

from typing import Final

import msgspec

from runbook_tui.incident import JudgedAction, Response, span_of
from runbook_tui.incident.acts import told
from runbook_tui.report.clocks import clocks, normal
from runbook_tui.trace import NOT_RECORDED, Step, rfc3339

__all__ = ["Event", "timeline"]


_LONGEST_LABEL: Final = 60
_MOVES: Final = frozenset({"room_entered"})
"""Where the engineer looked; the journal has it, and it is no event of the response."""


class Event(msgspec.Struct, frozen=True):
    """Something that happened."""

    at: str
    offset: float | None
    """Seconds since the failure started; None when that is not known."""
    source: str
    """`trace`, or who did it."""
    text: str
    evidence: str
    """What it rests on: a span, or a line of the journal."""


def timeline(response: Response) -> tuple[Event, ...]:
    """Every event in order of time; of equal times the trace's come first. What has no time is left out."""
    now = clocks(response)
    found = _from_trace(response)
    if now.detected_at is not None and response.state.detection_reported:
        found.append((now.detected_at, "report", "First noticed", "journal"))
    titles = response.titles
    for entry in response.journal.entries:
        at = normal(entry.at)
        if at is not None and entry.event not in _MOVES:
            found.append((at, entry.actor, told(entry, titles), f"journal line {entry.seq}"))
    ordered = sorted(found, key=lambda item: item[0])  # stable: what was found first stays first
    return tuple(
        Event(at, span_of(now.started_at, at), source, text, evidence)
        for at, source, text, evidence in ordered
    )


def _from_trace(response: Response) -> list[tuple[str, str, str, str]]:
    found: list[tuple[str, str, str, str]] = []

    def add(at: str | None, text: str, span_id: str | None) -> None:
        if at is not None:
            found.append((at, "trace", text, f"span {span_id}" if span_id else "trace"))

    session, steps = response.findings.session, response.session.steps
    add(session.started_at, f"Session {session.id} began", None)
    origin = response.state.origin
    step = response.session.step_of(origin.span_id) if origin else None
    if step is not None:
        add(_start(step), f"Fault origin: step {step.number}, {_label(step)}", _cited(step))
    actions = response.actions()
    if actions:
        first, last = (response.session.step_of(actions[place].action.span_id) for place in (0, -1))
        after = " after the fault origin" if origin else ""
        if first is not None:
            add(_start(first), f"First action{after}{_told(first, actions[0])}", _cited(first))
        if last is not None and last is not first:
            add(_start(last), f"Last action{after}{_told(last, actions[-1])}", _cited(last))
    if steps:
        end = steps[-1]
        add(_start(end), f"Last step: step {end.number}, {_label(end)}", _cited(end))
    ended = f"Session ended: {session.outcome.replace('_', ' ')}" if session.outcome else "Last span so far"
    add(session.ended_at, ended, None)
    return found


def _told(step: Step, judged: JudgedAction) -> str:
    asked = " (asked for; whether it was made is not recorded)" if judged.action.asked_by else ""
    return f": step {step.number}, {_label(step)}{asked}"


def _cited(step: Step) -> str | None:
    """The span to look for in the capture: of a call that no file held, the one that asked for it."""
    span = step.span
    return span.parent_id if NOT_RECORDED in span.attributes else span.span_id


def _label(step: Step) -> str:
    """The step's name; some libraries name a span after all that was said in it."""
    return step.label if len(step.label) <= _LONGEST_LABEL else f"{step.label[: _LONGEST_LABEL - 3]}..."


def _start(step: Step) -> str | None:
    return rfc3339(step.span.start_ns)
