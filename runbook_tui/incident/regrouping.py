"""Where new spans belong among sessions that are stored already.

The span that names a run's session ends last and so arrives last, and a run may go on in another trace. Each time
it is asked anew what the sessions are, with what is known by now; a session of which an incident was opened keeps
its name whatever comes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from runbook_tui.intake.grouping import by_session
from runbook_tui.intake.otlp_logs import with_events
from runbook_tui.intake.raw import RawEvent
from runbook_tui.intake.spill import SpanList
from runbook_tui.trace import Span

__all__ = ["Regrouped", "regroup"]

Key = tuple[str, str]


class Regrouped(msgspec.Struct, frozen=True):
    """The sessions as they are now."""

    changed: dict[str, list[Span]]
    """Those to write: all their spans, by session id."""
    gone: dict[str, tuple[str, ...]]
    """Stored sessions that lost spans, each with the sessions these are in now."""
    heard: frozenset[Key]
    """Spans that log records were joined to."""
    touched: dict[str, list[Span]]
    """The new spans of each changed session."""


def regroup(
    stored: Mapping[str, list[Span]],
    new: Iterable[Span],
    logs: Mapping[Key, list[RawEvent]],
    pinned: Iterable[str],
) -> Regrouped:
    """Find the sessions of spans, new and stored.

    Args:
        stored: the sessions that may be concerned, by id.
        new: spans that came since, in any order, repeats allowed.
        logs: log records as events of the spans they name.
        pinned: ids that must stay.
    """
    home = {span.key: session_id for session_id, spans in stored.items() for span in spans}
    spans = {span.key: span for session in stored.values() for span in session}
    fresh: set[Key] = set()
    for span in new:
        known = spans.get(span.key)
        if known is None or _says_more(span, known):
            spans[span.key] = span
            fresh.add(span.key)
    heard = frozenset(key for key in logs if key in spans)
    for key in heard:
        told = _untold(spans[key], logs[key])
        if told:
            spans[key] = with_events(spans[key], told)
            fresh.add(key)
    groups = _with_pinned(_sessions_of(spans.values()), home, pinned)
    now_in = {span.key: session_id for session_id, members in groups.items() for span in members}
    changed = {now_in[key] for key in fresh}
    gone: dict[str, set[str]] = {}
    for key, was in home.items():
        if now_in[key] != was:
            gone.setdefault(was, set()).add(now_in[key])
            changed |= {was, now_in[key]}
    return Regrouped(
        {session_id: groups[session_id] for session_id in groups if session_id in changed},
        {was: tuple(sorted(now)) for was, now in gone.items()},
        heard,
        {
            session_id: [span for span in members if span.key in fresh or home.get(span.key) != session_id]
            for session_id, members in groups.items()
            if session_id in changed
        },
    )


def _sessions_of(spans: Iterable[Span]) -> dict[str, list[Span]]:
    """The spans by session, as those of a file would be."""
    held = SpanList(in_memory=True)
    for span in spans:
        held.append(span)
    return {
        session_id: [held[index] for index in members] for session_id, members in by_session(held).items()
    }


def _says_more(span: Span, known: Span) -> bool:
    said = (known.end_ns is not None, len(known.attributes), known.end_ns or 0)
    return (span.end_ns is not None, len(span.attributes), span.end_ns or 0) > said


def _untold(span: Span, events: Iterable[RawEvent]) -> list[RawEvent]:
    """The events that are not on the span yet; a request that was read twice tells nothing new."""
    there = [(event.name, event.time_ns, event.attributes) for event in span.events]
    return [event for event in events if (event.name, event.time_ns, event.attributes) not in there]


def _with_pinned(
    groups: dict[str, list[Span]], home: Mapping[Key, str], pinned: Iterable[str]
) -> dict[str, list[Span]]:
    """The groups, those that hold most of a pinned session named after it."""
    fixed = set(pinned)
    for session_id in sorted(fixed - groups.keys()):
        counted = Counter(
            name for name, members in groups.items() for span in members if home.get(span.key) == session_id
        )
        heir = next((name for name, _ in counted.most_common() if name not in fixed), None)
        if heir is not None:
            groups[session_id] = groups.pop(heir)
    return groups
