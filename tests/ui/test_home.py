"""Many sessions at home."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from runbook_tui.evidence import Store
from runbook_tui.playbook import Playbooks
from runbook_tui.ui import RunbookApp
from runbook_tui.ui.home_screen import Listing, home_rows
from runbook_tui.ui.keys import keys_of
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


def test_sessions_that_are_not_shown_are_counted(db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store(db) as store:
        monkeypatch.setattr("runbook_tui.ui.home_screen._MOST", 1)
        assert home_rows(store)[-1].text == "1 more are not listed: f filters, S sorts"
        monkeypatch.setattr("runbook_tui.ui.home_screen._LOOKED_AT", 1)
        assert home_rows(store)[0].text == "Captured sessions, worst first, of the 1 worst of 2"
        shown = home_rows(store, Listing("outcome:completed"))[0].text
        assert shown.startswith("0 of the 1 worst of 2 captured sessions, worst first: outcome:completed")


async def test_every_key_of_home_is_in_the_palette(db: Path, playbooks: Playbooks) -> None:
    app = RunbookApp(db, lambda: playbooks)
    async with app.run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        commands = {command.title: command for command in app.get_system_commands(app.screen)}
        assert {key.label.capitalize() for key in keys_of("home", "list")} <= set(commands)
        commands["Sort by something else"].callback()
        await settle(pilot)
        assert "Captured sessions, by latest" in screen_text(app)
