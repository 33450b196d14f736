"""The few signs the screens use, and what stands for them on a terminal that knows ASCII alone."""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from typing import Final

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

__all__ = ["SIGNS", "AsciiOnly", "in_ascii", "sign", "use_ascii"]

SIGNS: Final[dict[str, str]] = {
    "done": "●",
    "under_way": "◐",
    "open": "○",
    "skipped": "–",
    "failed": "✕",
    "flag": "!",
    "origin": "◆",
    "suspect": "◇",
    "cascade": "↓",
    "mark": "*",
    "folded": "▸",
    "unfolded": "▾",
    "here": "›",
    "rule": "─",
    "bar": "│",
    "times": "×",
    "bar_llm": "█",
    "bar_tool": "▒",
    "bar_other": "░",
    "bar_frame": "─",
    "cut": "┊",
    "critical": "•",
    "hit": "•",
    "rail": "╎",
    "view": "┃",
    "landmark": "▪",
    "cursor": "┫",
    "differs": "≠",
}

_TWINS: Final = {
    **dict(zip("●◐○–✕◆◇↓▸▾›×█▒░•≠┫╎▪", "*/o~x@%v+->x#=:.#=:'", strict=True)),
    **dict.fromkeys("─━┄┈╌═▁▔▂", "-"),
    **dict.fromkeys("│┃┆┊║▌▐▎▏▕", "|"),
    **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╯╰╔╗╚╝", "+"),
    **dict.fromkeys("▃▄▅▆▇▀", "#"),
    "…": "~",
    "·": "-",
    "—": "-",
    "→": ">",
    "←": "<",
    "‹": "<",
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
    "🔎": "> ",
}


def use_ascii() -> bool:
    """Whether to keep to ASCII: asked for by `RUNBOOK_TUI_ASCII` or the C locale, or the terminal's encoding is no UTF.

    Python itself writes UTF-8 in the C locale (PEP 540), so that the encoding alone does not tell.
    """
    if os.environ.get("RUNBOOK_TUI_ASCII"):
        return True
    locale = next(filter(None, map(os.environ.get, ("LC_ALL", "LC_CTYPE", "LANG"))), "")
    if locale in ("C", "POSIX"):
        return True
    encoding = getattr(sys.__stdout__, "encoding", None) or "utf-8"
    return "utf" not in encoding.lower()


def sign(name: str) -> str:
    """The sign of that name."""
    return SIGNS[name]


@lru_cache(4096)
def in_ascii(text: str) -> str:
    """The text in as many cells, in ASCII; `?` for what has no twin."""
    if text.isascii():
        return text
    return "".join(
        letter if letter.isascii() else _TWINS.get(letter, "?" * cell_len(letter)) for letter in text
    )


class AsciiOnly(LineFilter):
    """The last thing done to a line before it is written: nothing but ASCII is left in it."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        """The line with twins for its signs."""
        return [Segment(in_ascii(text), style, control) for text, style, control in segments]
