"""Two texts side by side, or one below the other where there is no room: rows for any list."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Final

from runbook_tui.diagnosis import LinePair, line_diff
from runbook_tui.trace.counted import counted
from runbook_tui.ui.lines import Tone, fit, wrap
from runbook_tui.ui.rows import Row
from runbook_tui.ui.signs import sign

__all__ = ["WIDE", "column_rows", "diff_rows"]

WIDE: Final = 100
"""Cells from which two columns can be read."""
_AROUND: Final = 3
"""Lines that both have shown around those that differ."""
_TONES: Final[dict[str, Tone]] = {"=": "dim", "~": "flag", "+": "flag", "-": "flag"}


def diff_rows(ours: str, theirs: str, width: int) -> list[Row]:
    """The lines of two texts aligned; long runs that both have are counted, not shown."""
    pairs = line_diff(ours, theirs)
    shown = {
        at
        for here, pair in enumerate(pairs)
        if pair.sign != "="
        for at in range(here - _AROUND, here + _AROUND + 1)
    }
    rows: list[Row] = []
    skipped = 0
    for at, pair in enumerate(pairs):
        if at in shown or len(pairs) <= 2 * _AROUND:
            if skipped:
                rows.append(Row(f"{counted(skipped, 'line')} alike", tone="dim"))
                skipped = 0
            rows += column_rows([pair], width)
        else:
            skipped += 1
    if skipped:
        rows.append(Row(f"{counted(skipped, 'line')} alike", tone="dim"))
    return rows


def column_rows(pairs: Sequence[LinePair], width: int) -> list[Row]:
    """Lines of both sides as rows of a list that is `width` cells wide."""
    rows: list[Row] = []
    half = (width - 8) // 2
    for mark, ours, theirs in pairs:
        tone = _TONES[mark]
        if width >= WIDE:
            left = wrap(ours, half) if ours is not None else []
            right = wrap(theirs, half) if theirs is not None else []
            for number, (one, other) in enumerate(zip_longest(left, right, fillvalue="")):
                lead = mark if number == 0 and mark != "=" else " "
                rows.append(Row(f"{lead} {fit(one, half)} {sign('bar')} {other}", tone=tone))
        elif mark == "=":
            rows.append(Row(f"  {ours}", tone=tone))
        else:
            rows += [Row(f"+ {ours}", tone=tone)] if ours is not None else []
            rows += [Row(f"- {theirs}")] if theirs is not None else []
    return rows
