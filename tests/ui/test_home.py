"""Many sessions at home."""

from __future__ import annotations

from pathlib import Path

from textual.widgets import Input

from runbook_tui.playbook import Playbooks
from runbook_tui.ui import RunbookApp
from tests.ui.driver import press, screen_text, settle


async def test_sessions_are_filtered_sorted_and_listed_by_likeness(db: Path, playbooks: Playbooks) -> None:
    app = RunbookApp(db, lambda: playbooks)
    async with app.run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        assert "Captured sessions, worst first" in screen_text(app)
        await press(pilot, "f")
        app.screen.query_one(Input).value = "outcome:completed"
        await press(pilot, "enter")
        await settle(pilot)
        text = screen_text(app)
        assert "1 of 2 captured sessions, worst first: outcome:completed" in text
        assert "loan-2026-11-19" not in text
        await press(pilot, "F", "S")
        await settle(pilot)
        assert "Captured sessions, by latest" in screen_text(app)
        await press(pilot, "L")
        await settle(pilot)
        assert "1 of 2 captured sessions, by latest: failed like loan-2026-11-1" in screen_text(app)
