"""UNGROUNDED_VALUE on a stale result: what was read says itself that it was indexed long before.

The age is the result's own (`indexed_at`, `as_of`, `synced_at` and their like) against the moment it was
read: the day that the prompt names, else the clock's, unless every other date of the session is long past. The limit is
`thresholds.stale_after_days`. Wrong for archives; raise the limit for such an agent.
"""

from __future__ import annotations

from collections.abc import Iterator

from runbook_tui.diagnosis.case import Case
from runbook_tui.trace import Flag

__all__ = ["detect"]


def detect(case: Case) -> Iterator[Flag]:
    """A flag on each such result."""
    for step, text in case.stale_results:
        yield case.flag("UNGROUNDED_VALUE", "P1", step, text)
