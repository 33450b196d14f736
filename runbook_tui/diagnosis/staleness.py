"""Results that say themselves how old they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from runbook_tui.trace import Step
from runbook_tui.trace.jsontext import decode, flat_values

if TYPE_CHECKING:
    from runbook_tui.diagnosis.case import Case

__all__ = ["stale_results"]

_DATED: Final = re.compile(
    r"(?i)(indexed|index_(?:date|built|version|updated)|as_?of|crawled|fetched|synced|refreshed|snapshot|last_sync)"
)
_DATE: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


def stale_results(case: Case) -> Iterator[tuple[Step, str]]:
    """Results whose own dates are older than `thresholds.stale_after_days` when they were read, each with what it says."""
    limit = timedelta(days=case.thresholds.stale_after_days)
    for step in case.tool_steps:
        tool, start = step.span.tool, step.span.start_ns
        if (
            tool is None
            or start is None
            or (case.tool(tool.name).effect != "read" and step.kind != "retrieval")
        ):
            continue
        now = datetime.fromtimestamp(start / 1e9, UTC)
        for path, value in flat_values(decode(tool.result)):
            if not isinstance(value, str) or not value[:4].isdigit():
                continue
            dated = _date(value) if _DATED.search(path.rsplit(".", 1)[-1]) else None
            if dated is not None and limit < now - dated < timedelta(days=3650):
                yield step, f"{tool.name}: {path} is {value}, {(now - dated).days} days before it was read"
                break


def _date(value: str) -> datetime | None:
    match = _DATE.match(value)
    try:
        return datetime(int(match[1]), int(match[2]), int(match[3]), tzinfo=UTC) if match else None
    except ValueError:
        return None
