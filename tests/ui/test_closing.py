"""Closing is final, so it is asked about first; what the screens say once an incident is closed."""

from __future__ import annotations

from pathlib import Path

import pytest

from runbook_tui.incident import Response, blockers
from runbook_tui.ui import RunbookApp
from runbook_tui.ui.rows import RowList
from tests.incident import walk
from tests.ui.driver import press, response_of, screen_text, settle


def make_closable(response: Response) -> None:
    """All that the playbook asks for, but the files: sending them is put off."""
    walk.contain(response)
    walk.classify(response)
    response.mark_origin(walk.span_at(response, 3), "a field that is not in the contract")
    response.toggle_cascade(walk.span_at(response, 3))
    walk.repair(response)
    walk.settle_required_steps(response)
    walk.write_down(response)
    response.defer("distributed", "the mail server is down")
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


async def test_a_closed_incident_shows_no_room_as_open_and_still_writes_its_files(
    app: RunbookApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with app.run_test(size=(100, 50), notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, "6")
        await settle(pilot)
        assert "2 Capture ○" in screen_text(app)
        response_of(app).close(())
        await press(pilot, "5", "6")
        await settle(pilot)
        rooms = screen_text(app).splitlines()[1]
        assert "2 Capture –" in rooms
        assert "○" not in rooms
        assert "◐" not in rooms
        rows = app.screen.query_one(RowList)
        rows.cursor = next(at for at, row in enumerate(rows.rows) if row.id == ("write",))
        await press(pilot, "enter")
        await settle(pilot)
        assert "Write files" in screen_text(app)
        await press(pilot, "enter")
        await settle(pilot)
        assert response_of(app).state.exported
        shown = [row.id for row in rows.rows if row.right and "written to" in row.right]
        assert shown == [("write",)]


async def test_a_closed_incident_refuses_every_act_in_the_same_words(app: RunbookApp) -> None:
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, "4", "o")
        assert "Origin: step 3; " in screen_text(app)
        await press(pilot, "o")
        assert "Step 3 is the origin already." in screen_text(app)
        response_of(app).close(())
        refused = "the incident is closed: open the session again for a new incident"
        for key in ("o", "m", "a", "u", "T"):
            await press(pilot, "j", key)
            assert refused in screen_text(app), key
            await press(pilot, "k")
