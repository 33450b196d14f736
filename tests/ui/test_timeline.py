"""The same rows with bars on one scale."""

from __future__ import annotations

from runbook_tui.ui import RunbookApp
from runbook_tui.ui.span_tree import SpanTree
from tests.ui.driver import press, screen_text, settle


async def test_bars_idle_time_and_the_critical_path(app: RunbookApp) -> None:
    async with app.run_test(size=(160, 50)) as pilot:
        await settle(pilot)
        await press(pilot, "4", "t")
        await settle(pilot)
        text = screen_text(app)
        assert "• critical path  █ llm  ▒ tool  ░ other step  ─ around them  ┊ idle, cut out" in text
        assert " 20:03:00 to 02:10:44 UTC · 40 steps" in text
        tool = next(line for line in text.splitlines() if "◇" in line[:3] and "3 tool" in line)
        assert "▒" in tool
        assert "•" in tool
        assert tool.count("┊") > 3, "the batch waited between its windows"
        before = app.screen.query_one(SpanTree).position
        await press(pilot, "t")
        await settle(pilot)
        assert "idle, cut out" not in screen_text(app)
        assert app.screen.query_one(SpanTree).position == before


async def test_no_sign_of_the_timeline_is_unexplained_on_a_narrow_terminal(app: RunbookApp) -> None:
    async with app.run_test(size=(60, 20)) as pilot:
        await settle(pilot)
        await press(pilot, "4", "t")
        await settle(pilot)
        lines = screen_text(app).splitlines()
        assert "• critical  █ llm  ▒ tool  ░ other  ─ around  ┊ idle" in lines[3]
