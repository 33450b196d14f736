"""Where a piece of a text stands on screen once the text is wrapped."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

__all__ = ["places_of"]


def places_of(
    text: str, piece: tuple[int, int], lines: Sequence[tuple[int, int, str]]
) -> list[tuple[int, int, int]]:
    """Line, first cell and one past the last cell of each part of a piece.

    Wrapping adds and takes away blanks alone, so characters that are none are counted to find the piece again.

    Args:
        text: the text before it was wrapped.
        piece: first and one past the last character.
        lines: the number, the first cell and the text of each line it was wrapped into.
    """
    before = len("".join(text[: piece[0]].split()))
    wanted = len("".join(text[piece[0] : piece[1]].split()))
    found = []
    passed = 0
    for number, left, line in lines:
        here = [at for at, char in enumerate(line) if not char.isspace()]
        first, last = max(before - passed, 0), min(before + wanted - passed, len(here))
        if first < last:
            start, end = here[first], here[last - 1] + 1
            found.append((number, left + cell_len(line[:start]), left + cell_len(line[:end])))
        passed += len(here)
    return found
