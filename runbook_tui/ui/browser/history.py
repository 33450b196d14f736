"""Where one has been: back and forth, as in a web browser."""

from __future__ import annotations

import msgspec

from runbook_tui.ui.span_detail import Tab

__all__ = ["History", "Place"]

_MOST = 200


class Place(msgspec.Struct, frozen=True):
    """A span, and where in its detail one stood."""

    span_id: str
    tab: Tab
    stop: tuple[int, int] | None
    """Row of the detail and number of the value in it under the cursor; None where there is no cursor."""
    line: int
    """The row of the detail under the cursor where rows are chosen in it."""
    in_detail: bool
    """Whether the detail had the focus."""


class History:
    """The places that jumps began at, and those that were come back from."""

    def __init__(self) -> None:
        self._behind: list[Place] = []
        self._ahead: list[Place] = []

    def leave(self, here: Place) -> None:
        """A jump began here; what lay ahead is forgotten."""
        if not self._behind or self._behind[-1] != here:
            self._behind = [*self._behind, here][-_MOST:]
        self._ahead.clear()

    def go(self, by: int, here: Place) -> Place | None:
        """Where the last jump began (-1), or where one was before coming back (1); None where there is none."""
        left, met = (self._behind, self._ahead) if by < 0 else (self._ahead, self._behind)
        if not left:
            return None
        met.append(here)
        return left.pop()
