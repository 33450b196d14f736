"""Calls of one name, side by side."""

from __future__ import annotations

import pytest
from textual.widgets import Input

from runbook_tui.ui import RunbookApp
from runbook_tui.ui.telling_apart import differing
from tests.ui.driver import press, screen_text, settle


@pytest.mark.parametrize(
    ("mine", "theirs", "said"),
    [
        ('{"batch": "B", "id": "A-1"}', '{"batch": "B", "id": "A-2"}', "id A-1"),
        ('{"n": 1, "deep": {"a": [1]}}', '{"n": 1, "deep": {"a": [2]}}', 'deep {"a":[1]}'),
        ('{"id": "A-1"}', '{"id": "A-1"}', ""),
        ('{"id": "A-1"}', None, "id A-1"),
        ("not JSON", "nor that", "not JSON"),
        (None, '{"id": 1}', ""),
        ("[1]", "[1]", ""),
    ],
)
def test_the_first_argument_that_differs(mine: str | None, theirs: str | None, said: str) -> None:
    assert differing(mine, theirs) == said


async def test_repeats_that_a_filter_leaves_are_told_apart(app: RunbookApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await press(pilot, "4", "f")
        app.screen.query_one(Input).value = "tool:decline_application"
        await press(pilot, "enter")
        await settle(pilot)
        rows = [line for line in screen_text(app).splitlines() if "tool decline_application" in line]
        assert len(rows) > 10
        assert all("application_id" in row for row in rows[:10])
        assert len({row.partition("application_id")[2][:12] for row in rows[:10]}) == 10
