"""Diagnosing sessions that grow: when they pause, now and then while they do not, and when no root will come any more."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import Final

import msgspec

from runbook_tui.evidence import Store, StoreError
from runbook_tui.incident.importing import is_large
from runbook_tui.incident.sessions import GROWING_S, SessionNotFoundError, diagnose_stored, is_growing
from runbook_tui.playbook import Playbook
from runbook_tui.trace.clock import Clock, now_utc

__all__ = ["Settling"]

_PAUSE_S: Final = 1.0
_AT_MOST_S: Final = 5.0
_GROWING_S: Final = 60.0
"""While spans of it wait to be written, that comes first for so long."""
_SHARE: Final = 5
"""The diagnosis of a session that never pauses takes at most one part in so many and one of the time."""


class _Unsettled(msgspec.Struct):
    changed: float
    diagnosed: float
    cost: float = 0.0
    waits: bool = True
    grew: bool = False
    """Whether it was still without its root when it was diagnosed."""


class Settling:
    """The sessions whose findings are older than their spans.

    Args:
        store: of the calling thread.
        playbook: to diagnose with.
        seconds: a steady clock.
        clock: the present.
    """

    def __init__(
        self,
        store: Store,
        playbook: Playbook,
        seconds: Callable[[], float] = time.monotonic,
        clock: Clock = now_utc,
    ) -> None:
        self._store = store
        self._playbook = playbook
        self._seconds = seconds
        self._clock = clock
        self._sessions: dict[str, _Unsettled] = {}
        left = store.connection.execute(
            "select id from session join received using (sid) where findings is null"
        )
        for row in left.fetchall():  # written by a receiver that was killed before it came to them
            self.changed(row["id"])

    def changed(self, session_id: str) -> None:
        """Spans of a session were written."""
        now = self._seconds()
        known = self._sessions.setdefault(session_id, _Unsettled(now, now))
        known.changed, known.waits = now, True

    def forget(self, session_id: str) -> None:
        """There is no such session any more."""
        self._sessions.pop(session_id, None)

    def step(self, growing: Collection[str] = ()) -> bool:
        """Diagnose one session that is due; returns whether there was one.

        Args:
            growing: sessions of which spans wait to be written; they have not paused.

        Raises:
            StoreError: the findings cannot be written; call again.
        """
        now = self._seconds()
        for session_id, known in self._sessions.items():
            waits = session_id in growing
            paused = now - known.changed >= _PAUSE_S and not waits
            seldom = _GROWING_S if waits else _AT_MOST_S
            long_ago = now - known.diagnosed >= max(seldom, _SHARE * known.cost)
            ended = known.grew and now - known.changed > GROWING_S
            if (known.waits and (paused or long_ago)) or ended:
                self._diagnose(session_id, known)
                if paused and not known.grew:
                    del self._sessions[session_id]
                return True
        return False

    def finish_one(self) -> bool:
        """Diagnose one session that waits, due or not; returns whether there was one.

        Raises:
            StoreError: the findings cannot be written; call again.
        """
        while self._sessions:
            session_id, known = next(iter(self._sessions.items()))
            if known.waits:
                self._diagnose(session_id, known)
            del self._sessions[session_id]
            if not known.waits:
                return True
        return False

    def _diagnose(self, session_id: str, known: _Unsettled) -> None:
        began = self._seconds()
        known.waits = known.grew = False
        try:
            if not is_large(self._store, session_id):
                diagnose_stored(self._store, session_id, self._playbook, self._clock)
                known.grew = is_growing(self._store, session_id, self._clock)
        except StoreError:
            known.waits = True
            raise
        except SessionNotFoundError:
            pass  # its spans are another session's by now
        except Exception:  # noqa: BLE001, S110 - the session is stored and can be read; it will be diagnosed when opened
            pass
        known.diagnosed = self._seconds()
        known.cost = known.diagnosed - began
