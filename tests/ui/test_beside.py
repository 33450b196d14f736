"""The failed run beside a good one."""

from __future__ import annotations

from pathlib import Path

import pytest

from runbook_tui.evidence import Store
from runbook_tui.incident import add_capture
from runbook_tui.incident.samples import load_story
from runbook_tui.playbook import Playbooks
from runbook_tui.ui import RunbookApp, Start
from runbook_tui.ui.browser.beside_screen import BesideScreen
from runbook_tui.ui.browser.pair_list import PairList
from runbook_tui.ui.span_tree import SpanTree
from tests.ui.driver import press, screen_text, settle, type_text


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_it_opens_at_the_first_divergence_and_goes_back_to_its_span(
    app: RunbookApp, size: tuple[int, int]
) -> None:
    async with app.run_test(size=size, notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, "4", "d")
        await settle(pilot)
        text = screen_text(app)
        assert "Beside a good run: 1 of" in text
        assert "result field income" in text
        assert "gross_income" in text
        await press(pilot, "left_square_bracket")
        assert "This is the first divergence." in screen_text(app)
        at = app.screen.query_one(PairList).cursor
        await press(pilot, "right_square_bracket")
        assert app.screen.query_one(PairList).cursor == at + 1
        assert "approve_application" in screen_text(app)
        await press(pilot, "N", "enter")
        await settle(pilot)
        row = app.screen.query_one(SpanTree).row
        assert row is not None
        assert (row.step, row.tool) == (3, "income_verification")


async def test_columns_stand_side_by_side_where_there_is_room(app: RunbookApp) -> None:
    async with app.run_test(size=(160, 50)) as pilot:
        await settle(pilot)
        await press(pilot, "4", "d")
        await settle(pilot)
        line = next(line for line in screen_text(app).splitlines() if '"gross_income": ' in line)
        assert '"income": ' in line
        await pilot.resize_terminal(80, 24)
        await settle(pilot)
        await pilot.press("tab", "G")
        await settle(pilot)
        lines = screen_text(app).splitlines()
        assert not any('"gross_income": ' in line and ' "income": ' in line for line in lines)


async def test_without_a_good_run_it_asks_for_one(tmp_path: Path, playbooks: Playbooks) -> None:
    story = load_story("loan")
    db = tmp_path / "alone.db"
    with Store(db) as store:
        add_capture(store, story.path, playbooks.default)
    app = RunbookApp(db, lambda: playbooks, Start("session", story.session))
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, "4", "d")
        await settle(pilot)
        assert "No good run of this agent is known." in screen_text(app)
        await type_text(pilot, "nothing")
        await press(pilot, "enter")
        await settle(pilot)
        assert "no such session or file" in screen_text(app)
        await press(pilot, "d")
        app.screen.query_one("Input").value = str(story.clean_path)  # type: ignore[attr-defined]
        await press(pilot, "enter")
        await settle(pilot)
        assert isinstance(app.screen, BesideScreen)


async def test_two_runs_of_the_same_id_are_told_apart(
    tmp_path: Path, playbooks: Playbooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = load_story("loan")
    db = tmp_path / "alone.db"
    with Store(db) as store:
        add_capture(store, story.path, playbooks.default)
    (tmp_path / "good.jsonl").write_bytes(story.path.read_bytes())
    monkeypatch.chdir(tmp_path)
    app = RunbookApp(db, lambda: playbooks, Start("session", story.session))
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, "4", "d")
        await type_text(pilot, "good.jsonl")
        await press(pilot, "enter")
        await settle(pilot)
        heads = screen_text(app).splitlines()[1]
        assert f"this run  {story.session}" in heads
        assert "good run  good.jsonl" in heads


@pytest.mark.parametrize("size", [(40, 12), (80, 10), (80, 24)])
async def test_where_one_types_is_in_sight_on_any_terminal(
    tmp_path: Path, playbooks: Playbooks, size: tuple[int, int]
) -> None:
    story = load_story("loan")
    db = tmp_path / "alone.db"
    with Store(db) as store:
        add_capture(store, story.path, playbooks.default)
    app = RunbookApp(db, lambda: playbooks, Start("session", story.session))
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        await press(pilot, "4", "d")
        await settle(pilot)
        await type_text(pilot, "seen")
        await settle(pilot)
        assert "seen" in screen_text(app)
        await press(pilot, "escape", "1", "enter")
        await settle(pilot)
        await type_text(pilot, "one")
        await press(pilot, "down")
        await type_text(pilot, "two")
        await settle(pilot)
        assert "two" in screen_text(app)
        await press(pilot, "up")
        await settle(pilot)
        assert "one" in screen_text(app)
