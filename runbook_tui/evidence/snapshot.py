"""The store as it stood at one moment, for what is read at leisure while others write."""

from __future__ import annotations

from pathlib import Path

from runbook_tui.evidence.spans import SpanTable
from runbook_tui.evidence.store import Store

__all__ = ["Snapshot"]


class Snapshot:
    """A connection of its own that sees one state of a session, whatever is written meanwhile.

    A session that grows is written anew, and its rows change places; whoever is reading it must not see half of each.
    While a snapshot is held, the write-ahead log keeps what came since: `rest` now and then.

    Args:
        path: the store.
        session_id: what is read.
    """

    def __init__(self, path: Path, session_id: str) -> None:
        self.store = Store(path)
        self._session_id = session_id
        self.revision = self._begin()

    def _begin(self) -> tuple[int, int]:
        self.store.connection.execute("begin")
        return SpanTable(self.store, self._session_id).revision  # from here on it stands still

    def rest(self, now: Store) -> bool:
        """Let go for a moment, so that the log can be emptied, where the session has not changed.

        Args:
            now: another connection, that sees what is written now.

        Returns:
            False where the session changed in that moment: what was read is not what is seen any more.
        """
        if SpanTable(now, self._session_id).revision != self.revision:
            return True  # it is shown as it was, perhaps because it is frozen
        self.store.connection.commit()
        self.store.empty_log()
        before, self.revision = self.revision, self._begin()
        return self.revision == before

    def close(self) -> None:
        """Let go of it."""
        self.store.close()
