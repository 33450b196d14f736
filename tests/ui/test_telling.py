"""What must be read stays until a key is pressed; what is told for a moment does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from runbook_tui.incident.samples import load_story
from runbook_tui.playbook import load_all, playbook_dirs
from runbook_tui.ui import RunbookApp, Start
from runbook_tui.ui import frame as frame_module
from runbook_tui.ui import telling as telling_module
from tests.ui.conftest import frozen_clock
from tests.ui.driver import press, screen_text, settle


@pytest.fixture
def with_problems(db: Path, tmp_path: Path) -> RunbookApp:
    folder = tmp_path / "playbooks"
    folder.mkdir()
    (folder / "wrong.yaml").write_text("schema: runbook_tui/playbook/v1\nid: 3\n", encoding="utf-8")
    playbooks = load_all(playbook_dirs([folder]))
    assert playbooks.problems
    return RunbookApp(db, lambda: playbooks, Start("session", load_story("loan").session), frozen_clock)


async def test_a_warning_stays_until_a_key_is_pressed(
    with_problems: RunbookApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling_module, "_TOLD_S", 0.1)
    async with with_problems.run_test(size=(80, 24), notifications=True) as pilot:
        await settle(pilot)
        await pilot.pause(0.3)
        assert "in playbook files: runbook-tui playbook check lists them" in screen_text(with_problems)
        await press(pilot, "j")
        assert "in playbook files" not in screen_text(with_problems)
        assert "enter choose" in screen_text(with_problems)


@pytest.mark.parametrize(("severity", "stays"), [("information", False), ("warning", True)])
async def test_what_is_told_for_a_moment_goes_by_itself(
    app: RunbookApp, monkeypatch: pytest.MonkeyPatch, severity: str, stays: bool
) -> None:
    monkeypatch.setattr(telling_module, "_TOLD_S", 0.1)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await settle(pilot)
        app.notify("The backup is done.", severity=severity, markup=False)
        await pilot.pause()
        assert "The backup is done." in screen_text(app)
        await pilot.pause(0.4)
        assert ("The backup is done." in screen_text(app)) is stays


async def test_what_is_too_long_for_the_line_stays_in_its_box(
    app: RunbookApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling_module, "_TOLD_S", 0.1)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await settle(pilot)
        app.notify("One sentence is told here. " * 4, timeout=0.1, markup=False)
        await pilot.pause(0.4)
        assert "One sentence is told here." in screen_text(app)
        await press(pilot, "j")
        await pilot.pause(0.2)
        assert "One sentence" not in screen_text(app)


async def test_ctrl_c_says_plainly_what_quits(app: RunbookApp) -> None:
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, "ctrl+c")
        await pilot.pause()
        assert "ctrl+c does not quit here, ctrl+q does" in screen_text(app)
        assert "[b]" not in screen_text(app)


async def test_what_was_told_goes_with_the_next_key_once_it_could_be_read(
    app: RunbookApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, "4")
        await settle(pilot)
        app.notify("The backup is done.", timeout=60, markup=False)
        await press(pilot, "tab")
        assert "The backup is done." in screen_text(app), "it came with the key"
        monkeypatch.setattr(frame_module, "_READ_S", 0.0)
        await press(pilot, "tab")
        assert "The backup is done." not in screen_text(app)
        assert "e next flag" in screen_text(app)
