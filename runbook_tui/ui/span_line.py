"""One row of the span tree, drawn: signs, guides, number, name, flags, and the figures there is room for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from rich.cells import cell_len

from runbook_tui.evidence import SpanRow
from runbook_tui.trace.counted import counted
from runbook_tui.ui.lines import Piece, Tone, fit
from runbook_tui.ui.signs import sign
from runbook_tui.ui.words import count, duration, money

__all__ = ["DEEPEST", "Columns", "Story", "flat_pieces", "tree_pieces"]

DEEPEST: Final = 12
"""Levels drawn; deeper ones keep this indent and say their depth, and the path above the tree says where they hang."""

_TOKENS_FROM: Final = 60
_COST_FROM: Final = 76
_AGENT_FROM: Final = 88
"""Cells from which a row has room for them."""
_AGENT: Final = 16
_NAME: Final = 4
"""Cells that a name has at least."""


class Story(msgspec.Struct, frozen=True):
    """Which spans play a part in what went wrong."""

    origin: str | None = None
    cascade: frozenset[str] = frozenset()
    marks: frozenset[str] = frozenset()
    suspects: frozenset[str] = frozenset()


class Columns(msgspec.Struct, frozen=True):
    """Which figures tell anything in this session."""

    cost: bool = False
    agent: bool = False


def tree_pieces(
    row: SpanRow,
    width: int,
    flags: Sequence[str],
    story: Story,
    columns: Columns,
    *,
    folded: bool,
    repeats: int,
    wrapped: int = 0,
) -> list[Piece]:
    """A row of the tree.

    Args:
        row: the span.
        width: cells.
        flags: names of the flags on it.
        story: the parts that spans play.
        columns: the figures to tell, where there is room.
        folded: whether what is below it is hidden.
        repeats: how many alike rows it stands for, itself included; 0 for itself alone.
        wrapped: how many rows of its name are hidden around it.
    """
    depth = row.depth - wrapped
    deeper = f"({depth}) " if depth > DEEPEST else ""
    fold = sign("folded" if folded else "unfolded") + " " if folded or row.has_children else "  "
    label = f"{row.kind} {row.label}" if row.step is not None else row.label
    if repeats:
        label += f"  {sign('times')}{repeats}"
    elif folded:
        label += f"  ({row.last - row.position} folded)"
    if wrapped:
        label += f"  ({counted(wrapped, 'wrapper')})"
    tone: Tone = "danger" if row.status == "error" else "dim" if row.step is None else "text"
    number = "" if row.step is None else f"{row.step} "
    before = [
        Piece(f"{sign('bar')} " * min(depth, DEEPEST), "guide"),
        Piece(deeper + fold, "dim"),
        Piece(number, "strong"),
    ]
    return [_signs(row, story), *before, *_named(row, width, flags, columns, before, Piece(label, tone))]


def flat_pieces(
    row: SpanRow, width: int, flags: Sequence[str], story: Story, columns: Columns, apart: str = ""
) -> list[Piece]:
    """A row without the tree around it; where it hangs is said above the rows, `apart` tells it from its neighbour."""
    number = Piece(f"{row.step:>4} " if row.step is not None else "     ", "strong")
    told = f"{row.kind} {row.label}  {apart}".rstrip()
    label = Piece(told, "danger" if row.status == "error" else "text")
    return [_signs(row, story), number, *_named(row, width, flags, columns, [number], label)]


def _named(
    row: SpanRow, width: int, flags: Sequence[str], columns: Columns, before: Sequence[Piece], label: Piece
) -> list[Piece]:
    """Name and flags in what room is left between what stands before them and the figures."""
    figures = _figures(row, width, columns)
    room = width - cell_len(figures) - 3
    left = room - sum(cell_len(piece.text) for piece in before)
    told = f" {sign('flag')} {' '.join(flags)}" if flags else ""
    shown = fit(told, max(min(cell_len(told), max(room // 2, 8), left - _NAME), 0))
    left -= cell_len(shown)
    text = fit(label.text, min(cell_len(label.text), max(left, _NAME)))
    gap = " " * max(left - cell_len(text), 0)
    return [Piece(text, label.tone), Piece(shown, "flag"), Piece(gap), Piece(figures + " ", "dim")]


def _figures(row: SpanRow, width: int, columns: Columns) -> str:
    figures = f"{duration(row.duration_ms):>7}"
    if width >= _TOKENS_FROM:
        figures += f" {count(row.input_tokens):>5}"
    if columns.cost and width >= _COST_FROM:
        figures += f" {money(row.cost_usd):>7}"
    if columns.agent and width >= _AGENT_FROM:
        figures = f" {fit(row.agent or '', _AGENT)} {figures}"
    return figures


def _signs(row: SpanRow, story: Story) -> Piece:
    """Two signs: what the row is in the story, and whether it is marked or an orphan."""
    beside = sign("mark") if row.span_id in story.marks else "?" if row.orphan else " "
    if row.span_id == story.origin:
        return Piece(sign("origin") + beside, "accent")
    if row.span_id in story.cascade:
        return Piece(sign("cascade") + beside, "accent")
    if row.span_id in story.suspects:
        return Piece(sign("suspect") + beside, "dim")
    return Piece(" " + beside, "strong" if beside == sign("mark") else "dim")
