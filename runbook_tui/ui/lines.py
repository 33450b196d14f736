"""Drawing by lines: pieces of text with a tone, cut to cells, so that columns hold for any script."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple, get_args

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

__all__ = ["TONES", "Piece", "Tone", "fit", "restyled", "strip_of", "wrap"]

Tone = Literal[
    "text",
    "dim",
    "strong",
    "accent",
    "flag",
    "danger",
    "verified",
    "heading",
    "value",
    "hit",
    "literal",
    "guide",
]
TONES: tuple[Tone, ...] = get_args(Tone)


class Piece(NamedTuple):
    """Text in one tone."""

    text: str
    tone: Tone = "text"


def fit(text: str, width: int) -> str:
    """The text in exactly `width` cells: one line, cut with an ellipsis or padded."""
    flat = text.replace("\n", " ").replace("\t", " ")
    if cell_len(flat) <= width:
        return set_cell_size(flat, width)
    return set_cell_size(flat[: width + 1], max(width - 1, 0)) + "…" if width > 0 else ""


def wrap(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` cells, broken at spaces where there are any."""
    width = max(width, 1)
    lines: list[str] = []
    for paragraph in text.expandtabs(4).split("\n"):
        stripped = paragraph.lstrip(" ")
        margin = " " * min(len(paragraph) - len(stripped), width // 2)
        line, empty = margin, True
        for word in stripped.split(" "):
            gap = "" if empty else " "
            if cell_len(line) + cell_len(word) + len(gap) <= width:
                line, empty = f"{line}{gap}{word}", False
                continue
            if not empty:
                lines.append(line)
            *full, last = chop_cells(word, width - len(margin)) or [""]
            lines.extend(margin + piece for piece in full)
            line, empty = margin + last, False
        lines.append(line)
    return lines


def strip_of(widget: Widget, pieces: Iterable[Piece], width: int, *, cursor: bool = False) -> Strip:
    """One screen line from pieces, cut and padded to `width` cells, in the widget's styles."""
    base = widget.get_component_rich_style("line--cursor") if cursor else widget.rich_style
    segments: list[Segment] = []
    left = width
    for text, tone in pieces:
        if left <= 0:
            break
        cut = set_cell_size(text, left) if cell_len(text) > left else text
        left -= cell_len(cut)
        segments.append(Segment(cut, base + _tone(widget, tone, cursor=cursor)))
    if left > 0:
        segments.append(Segment(" " * left, base))
    return Strip(segments, width)


def restyled(widget: Widget, strip: Strip, start: int, end: int, tone: Tone) -> Strip:
    """The line with some of its cells in another tone."""
    before, piece, after = strip.divide([start, end, strip.cell_length])
    style = widget.get_component_rich_style(f"line--{tone}")
    added = Style(bold=style.bold, underline=style.underline, reverse=style.reverse)
    return Strip.join([before, piece.apply_style(added), after])


def _tone(widget: Widget, tone: Tone, *, cursor: bool) -> Style:
    if tone == "text":
        return Style()
    style = widget.get_component_rich_style(f"line--{tone}")
    return Style(bold=style.bold) if cursor and tone == "dim" else Style(color=style.color, bold=style.bold)
