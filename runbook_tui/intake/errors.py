"""How reading may fail: the one error a caller sees, and the one that keeps what came before it."""

from __future__ import annotations

from runbook_tui.trace import RunbookError

__all__ = ["CaptureError", "CutOffError", "NoSpansError"]


class CaptureError(RunbookError):
    """A file that cannot be read as a capture."""


class NoSpansError(CaptureError):
    """A file that is whole, and holds no span."""


class CutOffError(Exception):
    """The rest of a file cannot be read; what came before it counts."""
