"""The few signs the screens use, each with an ASCII twin for terminals that have no others."""

from __future__ import annotations

import os
import sys
from typing import Final

__all__ = ["SIGNS", "sign", "use_ascii"]

SIGNS: Final[dict[str, tuple[str, str]]] = {
    "done": ("●", "*"),
    "under_way": ("◐", "o"),
    "open": ("○", "-"),
    "skipped": ("–", "~"),
    "failed": ("✕", "x"),
    "flag": ("!", "!"),
    "origin": ("◆", "@"),
    "suspect": ("◇", "?"),
    "cascade": ("↓", "v"),
    "mark": ("*", "*"),
    "folded": ("▸", ">"),
    "unfolded": ("▾", "v"),
    "here": ("▸", ">"),
    "rule": ("─", "-"),
    "bar": ("│", "|"),
    "times": ("×", "x"),
    "bar_llm": ("█", "#"),
    "bar_tool": ("▒", "="),
    "bar_other": ("░", ":"),
    "bar_frame": ("─", "-"),
    "cut": ("┊", "|"),
    "critical": ("•", "+"),
    "hit": ("•", "."),
    "view": ("┃", "|"),
    "cursor": ("◂", "<"),
    "differs": ("≠", "#"),
}


def use_ascii() -> bool:
    """Whether to keep to ASCII: asked for by `RUNBOOK_TUI_ASCII`, or the terminal's encoding is no UTF."""
    if os.environ.get("RUNBOOK_TUI_ASCII"):
        return True
    encoding = getattr(sys.__stdout__, "encoding", None) or "utf-8"
    return "utf" not in encoding.lower()


def sign(name: str) -> str:
    """The sign of that name, in the form this terminal can show."""
    return SIGNS[name][1 if _ASCII else 0]


_ASCII: Final = use_ascii()
