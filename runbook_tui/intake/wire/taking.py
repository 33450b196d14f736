"""What the servers of the wire are given: somewhere to put an accepted request, and how that may fail."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from runbook_tui.intake.wire.export import Export

__all__ = ["LARGEST", "BusyError", "Take"]

Take = Callable[[Export], Awaitable[None]]
"""Takes what was accepted of a request; it is kept for good when this returns. Raises BusyError."""

LARGEST: Final = 32 << 20
"""Bytes of a request, before and after decompression. A batch of spans with long messages has a few millions."""


class BusyError(Exception):
    """It cannot be kept now; the sender may try again."""

    def __init__(self, why: str, retry_after_s: int = 2) -> None:
        super().__init__(why)
        self.retry_after_s = retry_after_s
