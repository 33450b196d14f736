"""Sessions known to be good, by agent."""

from __future__ import annotations

import sqlite3

import msgspec

from runbook_tui.evidence.store import Store

__all__ = ["BaselineRow", "BaselineTable"]


class BaselineRow(msgspec.Struct, frozen=True):
    """A good session of an agent."""

    session: str
    agent: str | None
    added_at: str


class BaselineTable:
    """Reads and writes which sessions are good. Each one is of one agent."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, session_id: str, agent: str | None, now: str) -> bool:
        """Call a session good; False when it was already."""
        with self._store.writing(durable=True) as connection:
            done = connection.execute(
                "insert or ignore into baseline values (?, ?, ?)", (session_id, agent, now)
            )
        return done.rowcount > 0

    def remove(self, session_id: str) -> bool:
        """Call it good no longer; False when it was not."""
        with self._store.writing(durable=True) as connection:
            done = connection.execute("delete from baseline where session_id = ?", (session_id,))
        return done.rowcount > 0

    def all(self) -> tuple[BaselineRow, ...]:
        """Every good session, by agent, the latest first."""
        return self._rows("", ())

    def of_agent(self, agent: str | None, limit: int) -> tuple[BaselineRow, ...]:
        """The latest good sessions of an agent."""
        rows = self._rows("where agent is ?", (agent,))
        return rows[:limit]

    def _rows(self, where: str, values: tuple[str | None, ...]) -> tuple[BaselineRow, ...]:
        rows: sqlite3.Cursor = self._store.connection.execute(
            f"select session_id, agent, added_at from baseline {where}"
            " order by agent is null, agent, added_at desc, session_id",
            values,
        )
        return tuple(BaselineRow(*row) for row in rows)
