"""The colours: one accent, amber for flags, red for what cannot be undone, green for what was verified."""

from __future__ import annotations

import os
from typing import Final

from textual.theme import Theme

__all__ = ["DAY", "NIGHT", "THEMES", "first_theme"]

NIGHT: Final = Theme(
    name="night",
    primary="#7aa2c9",
    secondary="#6f8fa8",
    accent="#8ab8e6",
    warning="#e0af5a",
    error="#e06c6c",
    success="#7fbf8e",
    foreground="#c8ccd2",
    background="#14171b",
    surface="#1a1e23",
    panel="#22272d",
    dark=True,
)

DAY: Final = Theme(
    name="day",
    primary="#2f6690",
    secondary="#51718a",
    accent="#1f6fb2",
    warning="#8a5a00",
    error="#b3262b",
    success="#2f7a45",
    foreground="#23272c",
    background="#f6f4ef",
    surface="#efece5",
    panel="#e4e0d7",
    dark=False,
)
THEMES: Final = {"night": "dark", "day": "light", "ansi-dark": "the terminal's own colours"}
"""Name of each theme, and what it is in words."""

_WORDS: Final = {"dark": "night", "light": "day", "terminal": "ansi-dark"}


def first_theme() -> str:
    """The theme to start with: `RUNBOOK_TUI_THEME` is dark, light or terminal; dark unless it says otherwise."""
    return _WORDS.get(os.environ.get("RUNBOOK_TUI_THEME", "").strip().lower(), "night")
