"""How old a result was when it was read, by what the session takes for the present."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from runbook_tui.diagnosis.staleness import stale_results
from tests.factories import make_llm, make_session, make_tool

READ = int(datetime(2026, 11, 20, tzinfo=UTC).timestamp() * 1e9)


def stale(task: str, arguments: Any, result: Any) -> list[str]:
    asked = make_llm(1, task=task, start_ns=READ)
    session = make_session(asked, make_tool(2, "search", arguments, result, start_ns=READ + 1000))
    return [said for _, said in stale_results(session, session.steps, timedelta(days=14))]


@pytest.mark.parametrize(
    ("task", "arguments", "result", "days"),
    [
        ("What does it cost?", {"q": "a"}, {"indexed_at": "2026-10-01", "price": 180}, 50),
        ("What does it cost from 2026-11-30?", {"q": "a"}, {"indexed_at": "2026-10-01"}, 50),
        ("Today is 2026-11-01. What does it cost?", {"q": "a"}, {"indexed_at": "2026-10-01"}, 31),
        ("It began on 2025-03-01.", {"q": "a"}, {"indexed_at": "2025-01-01"}, 59),
    ],
)
def test_it_was_old(task: str, arguments: Any, result: Any, days: int) -> None:
    (said,) = stale(task, arguments, result)
    assert said.endswith(f"{days} days before it was read")


@pytest.mark.parametrize(
    ("task", "arguments", "result"),
    [
        ("What does it cost?", {"q": "a"}, {"indexed_at": "2026-11-15", "price": 180}),
        ("What was the rate?", {"on": "2025-11-03"}, {"as_of": "2025-11-03", "usd": 1.08}),
        ("Today is 2026-01-21. The news?", {"q": "a"}, {"as_of": "2026-01-21T08:59:58Z"}),
        ("Invoice I-1 of 2025-11-03", {"q": "a"}, {"as_of": "2025-11-01", "usd": 1.08}),
    ],
)
def test_it_was_not(task: str, arguments: Any, result: Any) -> None:
    assert stale(task, arguments, result) == []
