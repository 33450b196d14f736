"""Times as people write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from runbook_tui.trace.clock import latest

NOW = datetime(2026, 11, 20, 2, 14, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("02:00", "2026-11-20T02:00:00+00:00"),
        ("02:14", "2026-11-20T02:14:00+00:00"),
        ("23:50", "2026-11-19T23:50:00+00:00"),
        ("02:00+01:00", "2026-11-20T01:00:00+00:00"),
        (" 2026-11-18 20:00 ", "2026-11-18T20:00:00+00:00"),
        ("2026-11-18", None),
        ("14", None),
        ("25:00", None),
        ("soon", None),
    ],
)
def test_a_time_of_day_is_the_last_one(text: str, moment: str | None) -> None:
    found = latest(text, NOW)
    assert (found.isoformat() if found else None) == moment
