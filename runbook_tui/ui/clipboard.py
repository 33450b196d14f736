"""To the clipboard of the terminal, else to a file: what is copied is never lost over a terminal that takes none."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from typing import Final

from textual.app import App

__all__ = ["hand_over", "has_clipboard"]

_LONGEST: Final = 70_000
"""Characters that terminals take at once; xterm's limit is the lowest."""


def has_clipboard(environment: Mapping[str, str], length: int) -> bool:
    """Whether the terminal can be expected to take so many characters for its clipboard (OSC 52)."""
    deaf = environment.get("TERM", "") in ("linux", "dumb", "") or "Apple_Terminal" in environment.get(
        "TERM_PROGRAM", ""
    )
    return not deaf and length <= _LONGEST


def hand_over(app: App[None], text: str, what: str, suffix: str = ".txt") -> str:
    """Put a text where it can be pasted from; returns the sentence that says where it went.

    Args:
        app: whose terminal.
        text: what is copied.
        what: what it is, in words.
        suffix: of the file that takes it where the terminal does not.
    """
    if has_clipboard(os.environ, len(text)):
        app.copy_to_clipboard(text)
        return f"Copied {what}."
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="runbook-tui-", suffix=suffix, delete=False, encoding="utf-8"
        ) as file:
            file.write(text)
    except OSError as error:
        return f"Nothing copied: no clipboard here, and {tempfile.gettempdir()}: {error.strerror}."
    return f"No clipboard for this here: wrote {what} to {file.name}"
