"""What the postmortem room refuses, and where it leads then."""

from __future__ import annotations

from pathlib import Path

from runbook_tui.ui import RunbookApp
from runbook_tui.ui.browser.detail import Detail
from runbook_tui.ui.browser.over import OverTree
from runbook_tui.ui.rooms.postmortem import PostmortemRoom
from runbook_tui.ui.rows import RowList
from tests.ui.driver import press, response_of, screen_text, settle, type_text


async def test_a_refused_closing_leads_to_what_is_open(app: RunbookApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "6", "G", "c")
        await settle(pilot)
        assert "Cannot close yet: 14 things open" in screen_text(app)
        assert "Fault origin named by step: no step is marked as fault origin" in screen_text(app)
        await press(pilot, "escape")
        current = app.screen.query_one(RowList).current
        assert current is not None
        assert (current.sign, current.id and current.id[0]) == ("open", "line")
        assert "Cannot close yet: 10 of 11 open, and 4 things beside the checklist." in screen_text(app)


async def test_the_footer_of_a_form_says_what_its_keys_do(app: RunbookApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "T")
        await settle(pilot)
        assert "enter accept" in screen_text(app)
        await press(pilot, "2", "0", "2", "6")  # typed over what stood there
        await press(pilot, "enter")
        assert "not a time" in screen_text(app)
        await press(pilot, "escape", "6")
        await settle(pilot)
        rows = app.screen.query_one(RowList)
        rows.cursor = next(at for at, row in enumerate(rows.rows) if row.id == ("add_item",))
        await press(pilot, "enter")
        await settle(pilot)
        assert "enter next field   ctrl+s accept" in screen_text(app)


async def test_the_numbers_lead_out_of_what_lies_over_the_tree(app: RunbookApp) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        for over in ("A", "d"):
            await press(pilot, "4", over)
            await settle(pilot)
            assert isinstance(app.screen, OverTree)
            await press(pilot, "5")
            await settle(pilot)
            assert "Blast radius" in screen_text(app)
            assert app.screen.query("BlastRadiusRoom")


async def test_what_was_written_down_is_changed_where_it_stands(app: RunbookApp) -> None:
    async with app.run_test(size=(100, 40)) as pilot:
        await settle(pilot)
        response = response_of(app)
        response.add_factor("prompt", "The prompt names no unit")
        response.add_item("Watch the unit", "prevent", "payments", "2026-12-01")
        await press(pilot, "6")
        await settle(pilot)
        rows = app.screen.query_one(RowList)
        rows.cursor = next(at for at, row in enumerate(rows.rows) if row.id == ("factor", 0))
        await press(pilot, "enter", "end")
        await type_text(pilot, " of income")
        await press(pilot, "ctrl+s")
        await settle(pilot)
        assert [factor.statement for factor in response.state.factors] == [
            "The prompt names no unit of income"
        ]
        rows.cursor = next(at for at, row in enumerate(rows.rows) if row.id == ("item", 0))
        await press(pilot, "enter", "down", "right", "ctrl+s")
        await settle(pilot)
        assert [(item.title, item.type) for item in response.state.items] == [("Watch the unit", "mitigate")]
        rows.cursor = next(at for at, row in enumerate(rows.rows) if row.id == ("add_item",))
        await press(pilot, "enter")
        await settle(pilot)
        assert "Still wanted: one to prevent, one to detect." in screen_text(app)


async def test_the_preview_begins_with_what_is_read(app: RunbookApp) -> None:
    async with app.run_test(size=(100, 40)) as pilot:
        await settle(pilot)
        await press(pilot, "6", "p")
        await settle(pilot)
        first = app.screen.query_one(RowList).rows[0].text
        assert first.startswith(f"# {response_of(app).id}: ")


async def test_files_that_are_older_than_what_is_known_say_so(app: RunbookApp, tmp_path: Path) -> None:
    async with app.run_test(size=(120, 60)) as pilot:
        await settle(pilot)
        await press(pilot, "6")
        await settle(pilot)
        response = response_of(app)
        response.exported(str(tmp_path))
        known = [response.is_exported]
        response.add_factor("prompt", "The prompt names no unit")
        assert [*known, response.is_exported] == [True, False]
        app.screen.query_one(PostmortemRoom).update_room()
        await settle(pilot)
        assert "changed since it was written to" in screen_text(app)


async def test_an_open_step_of_another_room_is_gone_to_where_it_stands(app: RunbookApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        response_of(app).classify("context_poisoning", "an old note was read as a fact")
        await press(pilot, "6")
        await settle(pilot)
        rows = app.screen.query_one(RowList)
        names = {row.id: row.text for row in rows.rows if row.id is not None and row.id[0] == "to_step"}
        assert {what[1] for what in names} >= {"contain", "trace_back"}
        for what, text in names.items():
            await press(pilot, "6")
            await settle(pilot)
            rows = app.screen.query_one(RowList)
            rows.cursor = next(at for at, row in enumerate(rows.rows) if row.id == what)
            await press(pilot, "enter")
            await settle(pilot)
            shown = app.screen.query_one(Detail if what[1] == "trace_back" else RowList)
            assert shown.has_focus
            assert shown.current is not None
            assert (shown.current.id or ())[1:2] == (what[2],), text


async def test_what_is_not_written_cannot_be_said_to_be_sent(app: RunbookApp) -> None:
    async with app.run_test(size=(100, 40), notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, "6")
        await settle(pilot)
        rows = app.screen.query_one(RowList)
        rows.cursor = next(at for at, row in enumerate(rows.rows) if row.id == ("line", "distributed"))
        await press(pilot, "enter")
        assert "Write the files with w first, then say to whom they went." in screen_text(app)
        assert response_of(app).state.distributed is None


async def test_a_step_is_skipped_from_its_own_row(app: RunbookApp) -> None:
    async with app.run_test(size=(100, 40), notifications=True) as pilot:
        await settle(pilot)
        rows = app.screen.query_one(RowList)
        for kind, said in (("tick", "what it lists goes with it."), ("step", "Skip: Agents it started")):
            rows.cursor = next(at for at, row in enumerate(rows.rows) if row.id and row.id[0] == kind)
            await press(pilot, "x")
            assert said in screen_text(app), kind
