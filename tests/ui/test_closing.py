"""Closing is final, so it is asked about first; what the screens say once an incident is closed."""

from __future__ import annotations

from pathlib import Path

from runbook_tui.incident import Response, blockers
from runbook_tui.ui import RunbookApp
from tests.incident import walk
from tests.ui.driver import press, response_of, screen_text, settle


def make_closable(response: Response) -> None:
    """All that the playbook asks for."""
    walk.contain(response)
    walk.classify(response)
    response.mark_origin(walk.span_at(response, 3), "a field that is not in the contract")
    walk.repair(response)
    walk.settle_required_steps(response)
    walk.write_up(response)
    assert blockers(response) == ()


async def test_closing_is_asked_about_and_by_default_not_done(app: RunbookApp) -> None:
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await settle(pilot)
        make_closable(response_of(app))
        await press(pilot, "6", "c")
        await settle(pilot)
        assert "Close the incident?" in screen_text(app)
        assert "No file is written yet" in screen_text(app)
        await pilot.pause(0.5)
        await press(pilot, "enter")
        await settle(pilot)
        assert response_of(app).state.closed_at is None
        await press(pilot, "c")
        await pilot.pause(0.5)
        await press(pilot, "C", "enter")
        await settle(pilot)
        assert response_of(app).state.closed_at is not None
        assert "Closed at" in screen_text(app)


async def test_files_that_were_written_are_named_before_closing(app: RunbookApp, tmp_path: Path) -> None:
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        response = response_of(app)
        make_closable(response)
        response.exported(str(tmp_path))
        await press(pilot, "6", "c")
        await settle(pilot)
        shown = " ".join(screen_text(app).replace("│", " ").split())
        assert "Closing writes the files in" in shown
        assert "No file is written yet" not in shown
