"""A search that finds nothing says so, and what to write instead."""

from __future__ import annotations

import pytest
from textual.widgets import Input

from runbook_tui.ui import RunbookApp
from tests.ui.driver import press, screen_text, settle


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("note.*income", "No span contains 'note.*income'; write /note.*income/ for a regular expression."),
        ("nowhere to be found.", "No span contains 'nowhere to be found.'."),
        ("/no.such.thing/", "No span contains '/no.such.thing/'."),
    ],
)
async def test_a_search_without_a_hit_says_so_and_is_remembered(
    text: str, said: str, app: RunbookApp
) -> None:
    async with app.run_test(size=(100, 40), notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, "4", "slash")
        app.screen.query_one(Input).value = text
        await press(pilot, "enter")
        await settle(pilot)
        assert said in screen_text(app)
        await press(pilot, "j", "n")
        assert said in screen_text(app)
