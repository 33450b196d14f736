"""Results that say themselves how old they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from runbook_tui.trace import Span, Step
from runbook_tui.trace.jsontext import decode, flat_values

__all__ = ["ages", "stale_results"]

_DATED: Final = re.compile(
    r"(?i)(indexed|index_(?:date|built|version|updated)|as_?of|crawled|fetched|synced|refreshed|snapshot|last_sync)"
)
_LONGEST: Final = timedelta(days=3650)
"""A date further back dates something else."""
_DATE: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


def stale_results(steps: Iterable[Step], limit: timedelta) -> Iterator[tuple[Step, str]]:
    """Of these calls those whose results' own dates were older than `limit` when they were read, each with what it says."""
    for step in steps:
        old = ((path, value, age) for path, (value, age) in ages(step.span).items() if limit < age < _LONGEST)
        if step.span.tool is not None and (found := next(old, None)) is not None:
            path, value, age = found
            yield step, f"{step.span.tool.name}: {path} is {value}, {age.days} days before it was read"


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
