"""Results that say themselves how old they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from runbook_tui.trace import SessionTrace, Span, Step
from runbook_tui.trace.jsontext import decode, flat_values

__all__ = ["ages", "stale_results"]

_DATED: Final = re.compile(
    r"(?i)(indexed|index_(?:date|built|version|updated)|as_?of|crawled|fetched|synced|refreshed|snapshot|last_sync)"
)
_LONGEST: Final = timedelta(days=3650)
"""A date further back dates something else."""
_DATE: Final = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})")
_TODAY: Final = re.compile(r"(?i)\b(?:today|current date|the date|now)\b[^\n\d]{0,30}(\d{4}-\d{2}-\d{2})")
"""How prompts say what day it is."""
_ELSEWHEN: Final = timedelta(days=60)
"""A session of which every date is further back was replayed, or rehearsed: its own latest date is its present."""


def stale_results(
    session: SessionTrace, steps: Iterable[Step], limit: timedelta
) -> Iterator[tuple[Step, str]]:
    """Of these calls those whose results' own dates were older than `limit` when they were read, each with what it says.

    What was asked for by its date is not stale.
    """
    behind: timedelta | None = None
    for step in steps:
        tool = step.span.tool
        for path, (value, age) in ages(step.span).items():
            if not limit < age < _LONGEST or tool is None or value[:10] in (tool.arguments or ""):
                continue
            behind = _behind_the_clock(session, value[:10]) if behind is None else behind
            if age - behind > limit:
                yield step, f"{tool.name}: {path} is {value}, {(age - behind).days} days before it was read"
                break


def _behind_the_clock(session: SessionTrace, stale: str) -> timedelta:
    """How far the session's own present is behind the clock that recorded it; mostly nothing."""
    start = min((step.span.start_ns for step in session.steps if step.span.start_ns), default=0)
    clock = datetime.fromtimestamp(start / 1e9, UTC)
    shown = [message.text for step in session.steps for message in step.span.input_messages]
    for text in shown:
        if (today := _TODAY.search(text)) and (said := _date(today[1])) is not None:
            return clock - said if said < clock else timedelta(0)
    tools = [step.span.tool for step in session.steps if step.span.tool]
    told = (*shown, *(text for tool in tools for text in (tool.arguments, tool.result) if text))
    dates = {match[0] for text in told for match in _DATE.finditer(text)} - {stale}
    known = [moment for text in dates if (moment := _date(text)) is not None]
    latest = max(known, default=clock)
    return clock - latest if clock - latest > _ELSEWHEN else timedelta(0)


def ages(span: Span) -> dict[str, tuple[str, timedelta]]:
    """By path, the dates that a tool's result gives for itself, and how long ago they were when it was read."""
    if span.tool is None or span.start_ns is None:
        return {}
    now = datetime.fromtimestamp(span.start_ns / 1e9, UTC)
    return {
        path: (value, now - dated)
        for path, value in flat_values(decode(span.tool.result))
        if isinstance(value, str)
        and value[:4].isdigit()
        and _DATED.search(path.rsplit(".", 1)[-1])
        and (dated := _date(value)) is not None
    }


def _date(value: str) -> datetime | None:
    match = _DATE.match(value)
    try:
        return datetime(int(match[1]), int(match[2]), int(match[3]), tzinfo=UTC) if match else None
    except ValueError:
        return None
