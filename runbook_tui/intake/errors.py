"""How reading may fail: the one error a caller sees, and the one that keeps what came before it."""

from __future__ import annotations

from runbook_tui.trace import RunbookError

__all__ = ["CaptureError", "CutOffError"]


class CaptureError(RunbookError):
    """A file that cannot be read as a capture."""


class CutOffError(Exception):
    """The rest of a file cannot be read; what came before it counts."""
