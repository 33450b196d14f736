"""Only the spans that a line lets through."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.widgets import Input

from runbook_tui.ui import RunbookApp
from runbook_tui.ui.browser.filtering import values_there_are
from runbook_tui.ui.picked import Picked
from runbook_tui.ui.span_tree import SpanTree
from tests.ui.driver import press, screen_text, settle


@given(st.lists(st.integers(0, 500), unique=True).map(sorted), st.integers(0, 500))
def test_picked_rows_map_both_ways(positions: list[int], other: int) -> None:
    picked = Picked(positions)
    assert picked.visible == len(positions)
    for row, position in enumerate(positions):
        assert (picked.position_at(row), picked.row_of(position)) == (position, row)
    assert (other in picked) is (other in positions)
    assert 0 <= picked.row_of(other) <= max(len(positions) - 1, 0)


async def test_a_filter_is_completed_counted_shown_and_cleared(app: RunbookApp) -> None:
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, "4", "f")
        app.screen.query_one(Input).value = "flag:TOOL"
        await pilot.pause()
        assert "flag:TOOL_SCHEMA_DRIFT" in screen_text(app)
        await press(pilot, "tab", "enter")
        await settle(pilot)
        text = screen_text(app)
        assert "1 of 911 spans: flag:TOOL_SCHEMA_DRIFT" in text
        assert "overnight_batch LB-20261119 > invoke_agent loan-eligibility" in text
        await press(pilot, "F")
        await settle(pilot)
        assert "911 spans" in screen_text(app)
        assert app.screen.query_one(SpanTree).picked is None


async def test_what_means_nothing_and_what_lets_nothing_through_are_said(app: RunbookApp) -> None:
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, "4", "f")
        app.screen.query_one(Input).value = "step:many"
        await press(pilot, "enter")
        assert "write it as step:3-9" in screen_text(app)
        app.screen.query_one(Input).value = "cost>1000"
        await press(pilot, "enter")
        await settle(pilot)
        assert "No span passes cost>1000" in screen_text(app)
        assert "911 spans" in screen_text(app)


async def test_a_jump_to_a_hidden_span_shows_all_again(app: RunbookApp) -> None:
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, "4", "f")
        app.screen.query_one(Input).value = "kind:tool decline_application -tool:decline"
        await press(pilot, "enter")
        await settle(pilot)
        await press(pilot, "f")
        app.screen.query_one(Input).value = "tool:income"
        await press(pilot, "enter")
        await settle(pilot)
        tree = app.screen.query_one(SpanTree)
        assert tree.picked is not None
        await press(pilot, "b")
        await settle(pilot)
        assert app.screen.query_one(SpanTree).picked is None
        assert "911 spans" in screen_text(app)


async def test_a_filter_for_what_there_is_not_names_what_there_is(app: RunbookApp) -> None:
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, "4", "f")
        app.screen.query_one(Input).value = ">2z"
        await press(pilot, "enter")
        assert "no figure: >2z: write it as >2s" in screen_text(app)
        app.screen.query_one(Input).value = "kind:foo"
        await press(pilot, "enter")
        await settle(pilot)
        assert "No span passes kind:foo. Kinds here: agent, " in screen_text(app)
        await press(pilot, "f")
        app.screen.query_one(Input).value = "tool:income_verfication"
        await press(pilot, "enter")
        await settle(pilot)
        assert "Did you mean tool:income_verification?" in screen_text(app)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("kind:tol", "Did you mean kind:tool?"),
        ("kind:tool some text", ""),
        ("status:ok kind:x,y", "Kinds here: llm, tool."),
        ("agent:foo", ""),
        ("tool:zzz", "Tools here: t0, t1, t2, t3, t4, t5, t6, t7 and 2 more."),
        ("step:3-9 >2s", ""),
    ],
)
def test_only_values_that_are_unknown_are_answered(line: str, said: str) -> None:
    known = {"kind": ["llm", "tool"], "agent": [], "status": ["ok"], "tool": [f"t{at}" for at in range(10)]}
    assert values_there_are(line, known) == said
