"""The one error shape users see: what happened, where, and what to do about it."""

from __future__ import annotations

__all__ = ["RunbookError"]


class RunbookError(Exception):
    """Something a user can act on; printed as one line, never as a traceback."""

    def __init__(self, what: str, where: str, advice: str) -> None:
        super().__init__(f"{what}: {where}: {advice}")
        self.what = what
        self.where = where
        self.advice = advice
