"""Receiving: what senders are told is kept is on disk; a thread of its own makes sessions of it."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import Final

import msgspec

from runbook_tui.evidence import (
    Inbox,
    InboxTakenError,
    Received,
    ReceiverRow,
    Store,
    StoreError,
    inbox_path,
    note_receiver,
)
from runbook_tui.incident.folding import Folding
from runbook_tui.intake.wire import BusyError, Export
from runbook_tui.playbook import Playbook
from runbook_tui.trace.clock import Clock, now_utc, stamp

__all__ = ["Receiving", "ReceivingState", "fold_leftovers"]

_BEAT_S: Final = 2.0
_REST_S: Final = 0.1
_RETRY_S: Final = 1.0
_QUIET: Final = 10
"""Rests one after the other, some of them short, after which the store's log is emptied."""


class ReceivingState(msgspec.Struct):
    """How receiving goes, for a line on the screen."""

    received: int = 0
    """Spans acknowledged."""
    stored: int = 0
    """Spans in sessions."""
    sessions: int = 0
    unreadable: int = 0
    """Requests kept as received that nothing could be made of."""
    last_at: str | None = None
    trouble: str = ""
    """Why nothing can be stored at the moment; what is received waits in the inbox."""


class Receiving:
    """Keeps what is accepted and folds it into sessions, from `start` to `stop`.

    Args:
        db: path of the store.
        playbook: to diagnose with.
        clock: the present.

    Raises:
        InboxTakenError: another receiver writes to this store.
        StoreError: the store or its inbox cannot be opened.
    """

    def __init__(self, db: Path, playbook: Playbook, clock: Clock = now_utc) -> None:
        self._db = db
        self._playbook = playbook
        self._clock = clock
        Store(db).close()
        self._inbox = Inbox(db)
        self.state = ReceivingState()
        self._waiting: list[tuple[Received, asyncio.Future[None]]] = []
        self._committing: asyncio.Task[None] | None = None
        self._disk = ThreadPoolExecutor(1, "inbox")
        self._address = ""
        self._started_at = stamp(clock())
        self._settled_at = self._started_at
        self._arrived = Event()
        self._stopping = Event()
        self._diagnose = True
        self._thread = Thread(target=self._fold, name="folding", daemon=True)
        self._heart = Thread(target=self._live, name="heartbeat", daemon=True)

    def start(self, address: str) -> None:
        """Begin folding; what an earlier receiver left comes first."""
        self._address = address
        self._thread.start()
        self._heart.start()

    async def take(self, export: Export) -> None:
        """Keep an accepted request; it is on disk when this returns.

        Requests that come while others are written are written together, with one wait for the disk.

        Raises:
            BusyError: it could not be kept.
        """
        done = asyncio.get_running_loop().create_future()
        now = stamp(self._clock())
        request = Received(export.signal, export.form, now, export.accepted, export.body)
        self._waiting.append((request, done))
        if self._committing is None:
            self._committing = asyncio.create_task(self._commit())
        await done

    async def _commit(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch, self._waiting = self._waiting, []
            requests = [request for request, _ in batch]
            try:
                await loop.run_in_executor(self._disk, self._inbox.add, requests)
            except StoreError as error:
                failure = BusyError(f"{error.what}: {error.advice}")
                for _, done in batch:
                    if not done.done():
                        done.set_exception(failure)
                continue
            self.state.received += sum(item.records for item in requests if item.signal == "traces")
            self.state.last_at = requests[-1].received_at
            self._arrived.set()
            for _, done in batch:
                if not done.done():  # the sender may have gone; it is kept all the same
                    done.set_result(None)
        self._committing = None

    async def stop(self) -> None:
        """Write what waits, diagnose it, close."""
        self._stopping.set()
        self._arrived.set()
        while self._thread.is_alive():
            await asyncio.sleep(_REST_S / 2)
        self.abandon()

    def hurry(self) -> None:
        """While stopping: leave the diagnosis to whoever opens a session."""
        self._diagnose = False

    def abandon(self) -> None:
        """Close without having started."""
        self._disk.shutdown()
        self._inbox.close()

    # On the folding thread ---------------------------------------------------------------------

    def _fold(self) -> None:
        with Store(self._db) as store:
            folding = Folding(store, self._inbox, self._playbook, self._beat, clock=self._clock)
            rests = 0
            while not self._stopping.is_set():
                self._arrived.clear()
                try:
                    now = stamp(self._clock())
                    more = folding.step()
                    # What was received by then has been read by now, or the step would have had more to do.
                    self._settled_at = folding.oldest or (self._settled_at if more else now)
                    self.state.trouble = ""
                except StoreError as error:
                    self.state.trouble = str(error)
                    self._stopping.wait(_RETRY_S)
                    continue
                self._count(folding)
                rests = 0 if more else rests + 1
                if rests == _QUIET:
                    store.empty_log(least=0)
                if not more:
                    self._arrived.wait(_REST_S)
            self._drain(store, folding)

    def _live(self) -> None:
        """Say now and then that the receiver is there, however long a session takes to be written or diagnosed."""
        with Store(self._db) as store:
            while True:
                with suppress(StoreError), store.writing() as connection:
                    note_receiver(connection, self._beat())
                if self._stopping.wait(_BEAT_S):
                    return

    def _drain(self, store: Store, folding: Folding) -> None:
        try:
            folding.drain(diagnose=False)
            self._count(folding)
            while self._diagnose and folding.settling.finish_one():
                pass
            self._heart.join()
            with store.writing() as connection:
                note_receiver(connection, None)
            self.state.trouble = ""
        except StoreError as error:
            self.state.trouble = str(error)  # it stays in the inbox, for the next receiver

    def _count(self, folding: Folding) -> None:
        self.state.stored = folding.spans
        self.state.sessions = len(folding.sessions)
        self.state.unreadable = folding.unreadable

    def _beat(self) -> ReceiverRow:
        now = stamp(self._clock())
        return ReceiverRow(
            os.getpid(),
            self._address,
            self._started_at,
            now,
            self._settled_at,
            self.state.last_at,
            self.state.received,
        )


def fold_leftovers(db: Path, playbook: Playbook, clock: Clock = now_utc) -> bool:
    """Make sessions of what a receiver that was killed left behind; returns whether there was anything.

    Raises:
        StoreError: the store cannot be written; it stays in the inbox.
    """
    if not inbox_path(db).exists():
        return False
    try:
        inbox = Inbox(db)
    except InboxTakenError:
        return False  # a receiver is at work, and will do it
    try:
        with Store(db) as store:
            left = inbox.newest() > 0
            folding = Folding(store, inbox, playbook, clock=clock)
            folding.drain(diagnose=True)
        return left
    finally:
        inbox.close()
