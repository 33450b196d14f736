"""The same rows with bars on one scale: what ran when, what waited, and what the end waited for."""

from __future__ import annotations

from itertools import groupby
from typing import Final

import msgspec

from runbook_tui.evidence import SpanRow
from runbook_tui.trace import rfc3339
from runbook_tui.trace.timescale import TimeScale
from runbook_tui.ui.lines import Piece, Tone
from runbook_tui.ui.signs import sign

__all__ = ["Timeline", "axis", "bar_pieces", "legend"]

_SIGNS: Final = {"llm": "bar_llm", "tool": "bar_tool", "agent": "bar_frame", "other": "bar_frame"}
_TONES: Final[dict[str, Tone]] = {
    "bar_llm": "text",
    "bar_tool": "accent",
    "bar_other": "text",
    "bar_frame": "dim",
}


_MEANINGS: Final = {
    "critical": "critical path",
    "bar_llm": "llm",
    "bar_tool": "tool",
    "bar_other": "other step",
    "bar_frame": "around them",
    "cut": "idle, cut out",
}
_WIDE: Final = 78
"""Cells from which the legend has room for all its words."""


class Timeline(msgspec.Struct, frozen=True):
    """What the bars of a session are drawn from."""

    scale: TimeScale
    critical: frozenset[int]
    """Positions of the steps that the end waited for."""


def bar_pieces(row: SpanRow, timeline: Timeline, width: int) -> list[Piece]:
    """The bar of a row in `width` cells; idle time that was cut out is marked in every row."""
    name = _SIGNS.get(row.kind, "bar_other")
    cells: list[tuple[str, Tone]] = [(" ", "dim")] * width
    if row.start_ns is not None:
        end = row.end_ns if row.end_ns is not None else timeline.scale.end
        first, last = timeline.scale.columns(row.start_ns, end, width)
        tone: Tone = "danger" if row.status == "error" else _TONES[name]
        cells[first:last] = [(sign(name), tone)] * (last - first)
    for at in timeline.scale.cuts(width):
        if 0 <= at < width:
            cells[at] = (sign("cut"), "dim")
    return [
        Piece("".join(char for char, _ in run), tone)
        for tone, run in groupby(cells, key=lambda cell: cell[1])
    ]


def axis(timeline: Timeline) -> str:
    """What the left and the right edge of the bars stand for."""
    first, last = (rfc3339(moment) or "" for moment in (timeline.scale.begin, timeline.scale.end))
    return f"{first[11:19]} to {last[11:19]} UTC"


def legend(width: int) -> str:
    """What the signs mean, in one line of at most `width` cells where it is wide enough for any."""
    said = _MEANINGS if width >= _WIDE else {name: text.split(" ")[0] for name, text in _MEANINGS.items()}
    return "  ".join(f"{sign(name)} {text.rstrip(',')}" for name, text in said.items())
