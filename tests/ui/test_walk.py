"""The whole incident by keyboard, at 80x24, without a terminal."""

from __future__ import annotations

import re
import sqlite3
from contextlib import suppress
from pathlib import Path

from textual.pilot import WaitForScreenTimeout

from runbook_tui.evidence import Store
from runbook_tui.incident import Response
from runbook_tui.playbook import Playbooks
from runbook_tui.ui import RunbookApp
from runbook_tui.ui.home_screen import HomeScreen
from runbook_tui.ui.span_tree import SpanTree
from tests.ui.driver import press, response_of, screen_text, settle, type_text


async def test_contain_needs_a_stop_and_a_check(app: RunbookApp) -> None:
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await settle(pilot)
        assert "Not contained yet. 5 ways to stop this agent." in screen_text(app)
        assert "decline_application" in screen_text(app)
        await press(pilot, "j", "enter")
        assert "Kubernetes namespace of the agent" in screen_text(app)
        await press(pilot, "ctrl+s")
        assert '"deployment/loan-eligibility"' in screen_text(app)
        await press(pilot, "enter")
        assert "I ran it myself" in screen_text(app), "a second press of enter runs and records nothing"
        await pilot.pause(0.5)
        await press(pilot, "enter", "enter")
        assert "Fill this in: What happened?" in screen_text(app)
        await type_text(pilot, "ran it")
        await press(pilot, "enter")
        assert response_of(app).state.stops[0].argv[0] == "kubectl"
        assert response_of(app).state.contained_at is None
        await press(pilot, "enter", "ctrl+s")
        await pilot.pause(0.5)
        await press(pilot, "enter")
        assert "Recorded at" in screen_text(app)
        await press(pilot, "escape")
        await press(pilot, "j", "j", "j", "j", "enter")
        await type_text(pilot, "no replica is ready")
        await press(pilot, "enter")
        assert response_of(app).state.contained_how == "no replica is ready"
        assert "Contained at" in screen_text(app)


async def test_confirming_before_stopping_is_refused(app: RunbookApp) -> None:
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, "j", "j", "j", "j", "j", "enter")
        await pilot.pause(0.1)
        assert response_of(app).state.contained_at is None
        assert "Choose a way to stop the agent first." in screen_text(app)


async def test_rooms_by_number_and_by_bracket_follow_the_playbook(app: RunbookApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        for key, words in (
            ("2", "The evidence is safe"),
            ("3", "Proposed: tool misfire"),
            ("4", "income_verification"),
            ("5", "847 actions"),
            ("6", "Cannot close yet"),
            ("1", "Not contained yet"),
        ):
            await press(pilot, key)
            await settle(pilot)
            assert words in screen_text(app), key
        response_of(app).classify("tool_misfire")
        await press(pilot, "3")
        await press(pilot, "right_square_bracket")
        await settle(pilot)
        assert "847 actions" in screen_text(app), "a tool misfire audits downstream before it reads the trace"


async def test_trace_back_opens_at_the_flagged_step_and_marks_it(app: RunbookApp) -> None:
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, "4")
        await settle(pilot)
        text = screen_text(app)
        assert "! TOOL_SCHEMA_DRIFT" in text
        assert "gross_income" in text
        await press(pilot, "o")
        origin = response_of(app).state.origin
        assert origin is not None
        assert origin.step == 3
        assert "Origin: step 3" in screen_text(app)
        await press(pilot, "u")
        assert response_of(app).state.origin is None


async def test_flags_step_and_search_move_the_cursor(app: RunbookApp) -> None:
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, "4")
        await settle(pilot)
        await press(pilot, "e")
        assert "2 of 3 GUARDRAIL_TRIPPED" in screen_text(app)
        await press(pilot, "e", "e")
        await pilot.pause(0.1)
        assert "This is the last flag: 3 in all." in screen_text(app)
        await press(pilot, "colon")
        await type_text(pilot, "2")
        await press(pilot, "enter")
        await settle(pilot)
        assert "2 llm" in screen_text(app)
        await press(pilot, "slash")
        await type_text(pilot, "gross_income")
        await press(pilot, "enter")
        await settle(pilot)
        assert re.search(r"Hit \d+ of \d+; n and N", screen_text(app))
        tree = app.screen.query_one(SpanTree)
        assert tree.hits
        await press(pilot, "escape")
        assert tree.hits == []
        await press(pilot, "n")
        assert "Search with / first." in screen_text(app)


async def test_blast_radius_asks_for_owner_and_plan(app: RunbookApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        response_of(app).mark_origin(response_of(app).findings.suspects[0].span_id)
        await press(pilot, "5")
        await settle(pilot)
        assert "847 irreversible" in screen_text(app)
        await press(pilot, "enter", "down")
        await type_text(pilot, "credit desk")
        await press(pilot, "down", "down", "right", "enter")
        judged = response_of(app).actions()
        assert {item.owner for item in judged} == {"credit desk"}
        assert {item.status for item in judged} == {"started"}
        await press(pilot, "x")
        assert "APP-T8W40X" in screen_text(app)


async def test_postmortem_refuses_one_factor_and_writes_what_it_is_told(app: RunbookApp) -> None:
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, "6")
        await settle(pilot)
        await press(pilot, "c", "escape")
        assert response_of(app).state.closed_at is None
        room = app.screen.query_one("PostmortemRoom")
        room.choose(("add_factor",))  # type: ignore[attr-defined]
        await pilot.pause()
        await type_text(pilot, "hallucination")
        await press(pilot, "ctrl+s")
        await pilot.pause()
        assert "names no factor" in screen_text(app)
        assert response_of(app).state.factors == ()
        await press(pilot, "escape")
        room.choose(("add_factor",))  # type: ignore[attr-defined]
        await pilot.pause()
        await type_text(pilot, "no contract check on the income service")
        await press(pilot, "ctrl+s")
        assert len(response_of(app).state.factors) == 1


async def test_quit_anywhere_and_come_back_to_the_same_place(
    app: RunbookApp, db: Path, playbooks: Playbooks
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "4")
        await settle(pilot)
        await press(pilot, "j", "j", "m")
        incident, state = response_of(app).id, response_of(app).state
        position = app.screen.query_one("SpanTree").position  # type: ignore[attr-defined]
        await press(pilot, "q")
    again = RunbookApp(db, lambda: playbooks)
    async with again.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert incident in screen_text(again)
        await press(pilot, "enter")
        await settle(pilot)
        assert response_of(again).state == state
        assert again.screen.query_one("SpanTree").position == position  # type: ignore[attr-defined]
    with Store(db) as store:
        assert Response(store, playbooks, incident).row.room == "trace_back"


async def test_leaving_a_session_that_was_opened_at_launch_leads_home_then_out(app: RunbookApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "q")
        await settle(pilot)
        assert "Open incidents" in screen_text(app)
        assert app.is_running
        await press(pilot, "enter")
        await settle(pilot)
        assert "Contain" in screen_text(app)
        await press(pilot, "q")
        assert isinstance(app.screen, HomeScreen)
        await press(pilot, "q")
        await pilot.pause()
        assert app.return_code == 0


async def test_what_a_key_did_is_said_below_until_the_room_is_left(app: RunbookApp) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        await press(pilot, "4", "o")
        await settle(pilot)
        assert screen_text(app).splitlines()[-1].startswith(" Origin: step 3;")
        await press(pilot, "5")
        await settle(pilot)
        assert "Origin: step 3;" not in screen_text(app).splitlines()[-1]


async def test_home_says_what_to_do_when_empty(tmp_path: Path, playbooks: Playbooks) -> None:
    app = RunbookApp(tmp_path / "empty.db", lambda: playbooks)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        text = screen_text(app)
        assert "Nothing here yet." in text
        assert "runbook-tui demo" in text
        await press(pilot, "enter", "j", "k", "g", "G")


async def test_keys_are_listed_for_the_room(app: RunbookApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "4")
        await settle(pilot)
        await press(pilot, "question_mark")
        assert "next flag" in screen_text(app)
        await press(pilot, "escape")
        assert "next flag" in screen_text(app), "the footer names it too"


async def test_the_smallest_screen_still_says_that_it_is_not_contained(app: RunbookApp) -> None:
    async with app.run_test(size=(40, 12)) as pilot:
        await settle(pilot)
        for room in "14":
            await press(pilot, room)
            await settle(pilot)
            lines = screen_text(app).splitlines()
            assert lines[0].startswith(" INC-0001")
            assert lines[0].rstrip().endswith("not contained")
            assert re.match(r"  1 (Contain )?", lines[1])
            assert sum(line.startswith("›") for line in lines) == 1, "the cursor has a sign of its own"


async def test_a_database_that_cannot_be_read_any_more_ends_the_app_with_a_line(app: RunbookApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        app.call_later(_read_nothing, app.store.path.with_name("damaged.db"))
        with suppress(WaitForScreenTimeout):  # it is gone before it answers
            await pilot.pause(0.5)
    assert app.return_code == 2
    assert "the database is damaged" in str(app.ended_by)


def _read_nothing(path: Path) -> None:
    path.write_bytes(b"no database, but as long as one" * 100)
    sqlite3.connect(path).execute("SELECT * FROM span")
