"""Dark, light and the terminal's own colours; the one asked for is the first."""

from pathlib import Path

import pytest

from runbook_tui.incident.samples import load_story
from runbook_tui.playbook import Playbooks
from runbook_tui.ui import RunbookApp, Start
from tests.ui.conftest import frozen_clock
from tests.ui.driver import press, screen_text, settle


@pytest.mark.parametrize(
    ("asked", "theme"), [(None, "night"), ("light", "day"), ("Terminal", "ansi-dark"), ("pink", "night")]
)
async def test_the_theme_asked_for_is_shown(
    app: RunbookApp, monkeypatch: pytest.MonkeyPatch, asked: str | None, theme: str
) -> None:
    if asked is None:
        monkeypatch.delenv("RUNBOOK_TUI_THEME", raising=False)
    else:
        monkeypatch.setenv("RUNBOOK_TUI_THEME", asked)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert app.theme == theme
        assert "Not contained yet" in screen_text(app)
        commands = {command.title: command.callback for command in app.get_system_commands(app.screen)}
        commands["Theme: light"]()
        await settle(pilot)
        assert app.theme == "day"


async def test_without_colours_none_is_sent_and_the_cursor_is_still_seen(
    db: Path, playbooks: Playbooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = RunbookApp(db, lambda: playbooks, Start("session", load_story("loan").session), frozen_clock)
    async with app.run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        for key in ("1", "4", "T"):
            await press(pilot, key)
            await settle(pilot)
            sent = []
            for line in app.screen._compositor.render_strips():
                strip = line
                for line_filter in app.get_line_filters():
                    strip = strip.apply_filter(line_filter, app.screen.background_colors[1])
                sent += list(strip)
            colours = {colour for _, style, _ in sent if style for colour in (style.color, style.bgcolor)}
            assert {colour.name for colour in colours if colour is not None} <= {"default"}
            assert any(style is not None and style.reverse for _, style, _ in sent), key
