"""Data that grows while it is on screen: is there news, and what is said of it."""

from __future__ import annotations

from runbook_tui.evidence import Store, store_version
from runbook_tui.trace.counted import counted

__all__ = ["Live"]


class Live:
    """Whether others have written to the store, and whether that is shown.

    Args:
        store: of the screens' thread.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._seen = store_version(store)
        self.frozen = False
        self.arrived = 0
        """Spans that came since the screen was opened."""
        self.waiting = 0
        """Spans that came since it was frozen."""

    def has_news(self) -> bool:
        """Whether anybody has written since this was last asked."""
        version = store_version(self._store)
        changed = version != self._seen
        self._seen = version
        return changed

    def count(self, more: int) -> None:
        """So many spans came since the last look at them."""
        if self.frozen:
            self.waiting = more
        else:
            self.arrived += more
            self.waiting = 0

    def told(self) -> str:
        """What to say of it; nothing where nothing came."""
        if self.frozen:
            return f"frozen, {counted(self.waiting, 'span')} to come" if self.waiting else "frozen"
        return f"{counted(self.arrived, 'span')} arrived" if self.arrived else ""
