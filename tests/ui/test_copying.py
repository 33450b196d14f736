"""Out of the terminal: clipboard, files; and the palette, where everything can be found."""

from __future__ import annotations

from pathlib import Path

import pytest

from runbook_tui.ui import RunbookApp
from runbook_tui.ui.clipboard import has_clipboard
from runbook_tui.ui.keys import keys_of
from runbook_tui.ui.rooms.trace_back import TraceBackRoom
from runbook_tui.ui.span_tree import SpanTree
from tests.ui.driver import press, screen_text, settle, type_text


def test_terminals_without_a_clipboard_are_known() -> None:
    assert has_clipboard({"TERM": "xterm-256color"}, 100)
    assert not has_clipboard({"TERM": "linux"}, 100)
    assert not has_clipboard({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, 100)
    assert not has_clipboard({"TERM": "xterm-256color"}, 10**6)


async def test_y_copies_the_span_and_in_the_detail_the_value(
    app: RunbookApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, "4", "y")
        await settle(pilot)
        assert "## Step 3: tool income" in app.clipboard
        assert "Copied the span as Markdown" in screen_text(app)
        await press(pilot, "Y")
        assert '"span_id"' in app.clipboard
        await press(pilot, "enter", "l")
        await press(pilot, "y")
        assert len(app.clipboard) < 60
        assert "Copied the value" in screen_text(app)


async def test_without_a_clipboard_a_file_is_written(
    app: RunbookApp, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TERM", "linux")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, "4", "y")
        await settle(pilot)
        (written,) = tmp_path.glob("runbook-tui-*.md")
        assert "Step 3" in written.read_text(encoding="utf-8")
        assert written.stat().st_mode & 0o077 == 0


async def test_an_outline_of_what_is_shown(
    app: RunbookApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, "4")
        await settle(pilot)
        room = app.screen.query_one(TraceBackRoom)
        for act in (room.export_outline, room.export_json, room.export_svg):
            act()
            await settle(pilot)
            await press(pilot, "enter")
            await settle(pilot)
        names = sorted(path.name for path in tmp_path.glob("loan-*"))
        assert [name.rpartition("-")[2] for name in names] == ["outline.md", "screen.svg", "spans.json"]
        room.export_outline()
        await settle(pilot)
        await press(pilot, "enter")
        assert "cannot write" in screen_text(app)


async def test_every_key_is_in_the_palette_and_says_why_not(app: RunbookApp) -> None:
    async with app.run_test(size=(120, 80)) as pilot:
        await settle(pilot)
        await press(pilot, "4")
        await settle(pilot)
        offered = {command.title: command.help for command in app.get_system_commands(app.screen)}
        missing = [key.label for key in keys_of("trace") if key.label.capitalize() not in offered]
        assert missing == []
        assert "search with / first" in offered["Next hit"]
        await press(pilot, "question_mark")
        assert "not now: search with / first" in screen_text(app)


async def test_a_span_is_found_by_a_few_letters(app: RunbookApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await press(pilot, "4", "g", "ctrl+p")
        await type_text(pilot, "incme verif")
        await pilot.pause(0.8)
        await settle(pilot)
        assert "income_verification" in screen_text(app)
        await press(pilot, "down", "enter")
        await settle(pilot)
        row = app.screen.query_one(SpanTree).row
        assert row is not None
        assert row.tool == "income_verification" or "income_verification" in row.label
