"""The colours: one accent, amber for flags, red for what cannot be undone, green for what was verified."""

from __future__ import annotations

from typing import Final

from textual.theme import Theme

__all__ = ["NIGHT"]

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
