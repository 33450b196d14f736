"""Many sessions at home."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from runbook_tui.evidence import Store
from runbook_tui.playbook import Playbooks
from runbook_tui.ui import RunbookApp
from runbook_tui.ui.home_rows import Listing, home_page
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
        assert "1 of 2 captured sessions: outcome:completed   F shows all" in text
        assert "loan-2026-11-19" not in text
        await press(pilot, "F", "S")
        await settle(pilot)
        assert "Captured sessions, by latest" in screen_text(app)
        await press(pilot, "g", "L")
        await settle(pilot)
        assert "Captured sessions, by latest: 1 of 2" in screen_text(app)
        assert "1 of 2 captured sessions: failed like loan-2026-11-1" in screen_text(app)
        await press(pilot, "f")
        app.screen.query_one(Input).value = "agent:boss"
        await press(pilot, "enter")
        await settle(pilot)
        assert "0 of 2 captured sessions: failed like loan-2026-11-19, agent:boss" in screen_text(app)


async def test_nothing_failed_like_a_session_that_did_not_fail(db: Path, playbooks: Playbooks) -> None:
    app = RunbookApp(db, lambda: playbooks)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, "G", "L")
        await settle(pilot)
        assert "did not fail: there is nothing to be like." in screen_text(app)
        assert "failed like" not in screen_text(app)


def test_sessions_that_are_not_shown_are_counted(db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store(db) as store:
        assert home_page(store)[1][0].text == "Captured sessions, worst first: 2"
        monkeypatch.setattr("runbook_tui.ui.home_rows._MOST", 1)
        rows = home_page(store)[1]
        assert rows[0].text == "Captured sessions, worst first: 1 of 2"
        assert rows[-1].text == "1 more are not listed: f filters, S sorts"
        monkeypatch.setattr("runbook_tui.ui.home_rows.LOOKED_AT", 1)
        assert home_page(store)[1][0].text == "Captured sessions, worst first: 1 of the 1 worst of 2"
        lead, _ = home_page(store, Listing("outcome:completed"))
        assert lead.startswith("0 of the 1 worst of 2 captured sessions: outcome:completed")


async def test_every_key_of_home_is_in_the_palette(db: Path, playbooks: Playbooks) -> None:
    app = RunbookApp(db, lambda: playbooks)
    async with app.run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        commands = {command.title: command for command in app.get_system_commands(app.screen)}
        assert {key.label.capitalize() for key in keys_of("home", "list")} <= set(commands)
        commands["Sort by something else"].callback()
        await settle(pilot)
        assert "Captured sessions, by latest" in screen_text(app)
