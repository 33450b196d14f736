"""Where one has been: back and forth, as in a web browser."""

from __future__ import annotations

__all__ = ["History"]

_MOST = 200


class History:
    """The spans that were jumped between, and which of them one is at."""

    def __init__(self) -> None:
        self._places: list[str] = []
        self._at = -1

    def leave(self, here: str, there: str) -> None:
        """A jump from one span to another; what lay ahead is forgotten."""
        if here == there:
            return
        kept = self._places[: self._at + 1]
        if not kept or kept[-1] != here:
            kept.append(here)
        self._places = [*kept, there][-_MOST:]
        self._at = len(self._places) - 1

    def go(self, by: int, here: str) -> str | None:
        """The span before (-1) or after (1) this one; None at the end. `here` is kept where one walked on by hand."""
        if by < 0 and self._places and self._places[self._at] != here:
            return self._places[self._at]
        to = self._at + by
        if not 0 <= to < len(self._places):
            return None
        self._at = to
        return self._places[to]
