"""Dark, light and the terminal's own colours; the one asked for is the first."""

import pytest

from runbook_tui.ui import RunbookApp
from tests.ui.driver import screen_text, settle


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
