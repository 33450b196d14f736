"""Lines of laid-out JSON: in which tones they are drawn, and which of them open an object or a list."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from runbook_tui.ui.lines import Piece, Tone

__all__ = ["held", "json_pieces"]

_LINE: Final = re.compile(r'(\s*)("(?:[^"\\]|\\.)*"(?=\s*:))?(\s*:\s*)?(.*?)([\[\]{}…, ]*)$', re.DOTALL)
_LITERAL: Final = re.compile(r"-?\d[\d.eE+-]*|true|false|null")


def json_pieces(line: str) -> list[Piece]:
    """One line: texts stand out, names and signs recede, numbers and the three words have a tone of their own."""
    found = _LINE.match(line)
    assert found is not None
    margin, name, colon, value, signs = (group or "" for group in found.groups())
    tone: Tone = "literal" if _LITERAL.fullmatch(value) else "text"
    pieces = (Piece(margin), Piece(name, "dim"), Piece(colon, "dim"), Piece(value, tone), Piece(signs, "dim"))
    return [piece for piece in pieces if piece.text]


def held(lines: Sequence[str]) -> list[int]:
    """For each line of laid-out JSON, how many of those below are part of the object or list it opens.

    What was cut before it closed holds all that is there.
    """
    found = [0] * len(lines)
    opened: list[int] = []
    for at, line in enumerate(lines):
        text = line.strip()
        if opened and text[:1] in ("}", "]"):
            first = opened.pop()
            found[first] = at - first
        if text[-1:] in ("{", "["):
            opened.append(at)
    for first in opened:
        found[first] = len(lines) - 1 - first
    return found
