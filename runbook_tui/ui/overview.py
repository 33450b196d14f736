"""The whole session in one column beside a rail: flags, hits, marks, the origin, the cursor.

The rail, which is heavy along the part that is on screen, and a sign of its own for flags keep it apart from the rows
it stands beside: what it shows at a line is seldom about the row of that line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from runbook_tui.ui.lines import Piece, Tone
from runbook_tui.ui.signs import sign

__all__ = ["MAP_WIDTH", "Landmarks", "cell_of", "overview_cells"]

MAP_WIDTH: Final = 2
"""Cells of the rail and the column."""
_ORDER: Final[tuple[tuple[str, str, Tone], ...]] = (
    ("origin", "origin", "accent"),
    ("flag", "landmark", "flag"),
    ("hit", "hit", "strong"),
    ("mark", "mark", "strong"),
)
"""What is shown where several stand in one cell, with its sign: the first of these."""
_MOST: Final = 20_000
"""Landmarks of a kind that are placed; of more than that every second, third ... is."""


class Landmarks(msgspec.Struct, frozen=True):
    """Positions worth seeing from afar."""

    origin: Sequence[int] = ()
    flag: Sequence[int] = ()
    hit: Sequence[int] = ()
    mark: Sequence[int] = ()


def overview_cells(
    landmarks: Landmarks, row_of: Callable[[int], int], rows: int, height: int
) -> dict[int, Piece]:
    """The cells of a column `height` high that have something in them."""
    found: dict[int, Piece] = {}
    for name, drawn, tone in _ORDER:
        for position in _some(getattr(landmarks, name)):
            found.setdefault(cell_of(row_of(position), rows, height), Piece(sign(drawn), tone))
    return found


def _some(positions: Sequence[int]) -> Iterable[int]:
    return positions[:: len(positions) // _MOST + 1]


def cell_of(row: int, rows: int, height: int) -> int:
    """Where a row stands in the column; beside the row itself while all rows are on screen."""
    return row if rows <= height else min(row * height // rows, height - 1)
