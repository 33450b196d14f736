"""The store as it stood at one moment, for what is read at leisure while others write."""

from __future__ import annotations

from pathlib import Path

from runbook_tui.evidence.store import Store

__all__ = ["Snapshot"]


class Snapshot:
    """A connection of its own that sees one state of the store, whatever is written meanwhile.

    A session that grows is written anew, and its rows change places; whoever is reading it must not see half of each.
    While a snapshot is held, the write-ahead log keeps what came since.

    Args:
        path: the store.
    """

    def __init__(self, path: Path) -> None:
        self.store = Store(path)
        self.store.connection.execute("begin")
        self.store.connection.execute(
            "select 1 from session limit 1"
        ).fetchone()  # from here on it stands still

    def close(self) -> None:
        """Let go of it."""
        self.store.close()
