"""From acknowledged requests to sessions: read as files are, written in turn, diagnosed when a session pauses.

A request leaves the inbox when all its spans are in the store, and its bytes with them. Killed at any moment, what
is still in the inbox is read again; spans that were written already change nothing.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Final

from runbook_tui.evidence import (
    Inbox,
    Received,
    ReceivedCaptures,
    ReceiverRow,
    Store,
    StoreError,
    captures_of,
    forget_session,
    link_capture,
    note_receiver,
    note_session,
    sessions_of_traces,
    write_session,
)
from runbook_tui.incident.known import KnownSessions
from runbook_tui.incident.lots import Lot, by_trace
from runbook_tui.incident.regrouping import Regrouped, regroup
from runbook_tui.incident.settling import Settling
from runbook_tui.incident.waiting import Waiting
from runbook_tui.intake import complete
from runbook_tui.intake.raw import RawEvent
from runbook_tui.intake.wire import read_request
from runbook_tui.playbook import Playbook
from runbook_tui.trace import Span, build_session
from runbook_tui.trace.clock import Clock, now_utc, stamp

__all__ = ["Folding"]

Key = tuple[str, str]

_BATCH: Final = 8 << 20
"""Bytes of requests that are read at a time."""
_TOGETHER: Final = 400
"""New sessions written in one transaction."""
_FORGOTTEN_S: Final = 600.0
"""A lot that long without news is forgotten; logs whose span has not come by then are kept unread."""


class Folding:
    """Turns what is in an inbox into sessions. One thread owns it.

    Args:
        store: of the owning thread.
        inbox: where requests wait.
        playbook: to diagnose with.
        heartbeat: what to say of the receiver in the store whenever something is written; None says nothing.
        seconds: a steady clock.
        clock: the present.
    """

    def __init__(
        self,
        store: Store,
        inbox: Inbox,
        playbook: Playbook,
        heartbeat: Callable[[], ReceiverRow] | None = None,
        seconds: Callable[[], float] = time.monotonic,
        clock: Clock = now_utc,
    ) -> None:
        self._store = store
        self._inbox = inbox
        self._heartbeat = heartbeat
        self.seconds = seconds
        self._clock = clock
        self._captures = ReceivedCaptures(store)
        self.settling = Settling(store, playbook, seconds, clock)
        self._read_to = 0
        self._lots: dict[str, Lot] = {}
        self._lot_of: dict[str, str] = {}
        """Trace id to the name of its lot."""
        self._waiting = Waiting()
        self._known = KnownSessions(store)
        self.spans = 0
        """Spans written that were not there before."""
        self.sessions: set[str] = set()
        """Ids of the sessions written."""
        self.unreadable = 0
        """Requests kept as received of which nothing could be made."""

    @property
    def oldest(self) -> str | None:
        """When the oldest request that is not in a session was received; None when all are."""
        return self._waiting.oldest

    def step(self) -> bool:
        """Read some of what waits and write what is due; returns whether there is more to do at once.

        Raises:
            StoreError: the store cannot be written; nothing is lost, call again.
        """
        batch = self._inbox.after(self._read_to, _BATCH)
        for request in batch:
            self._read(request)
        now = self.seconds()
        due = [name for name, lot in self._lots.items() if lot.is_due(now, idle=not batch)]
        self._write_all(due)
        self._let_go(now)
        if not batch and not due:
            return self.settling.step({name for name, lot in self._lots.items() if lot.is_due_at_all})
        return True

    def drain(self, *, diagnose: bool = True) -> None:
        """Write everything that is in the inbox, and diagnose it.

        Raises:
            StoreError: the store cannot be written; it stays in the inbox.
        """
        while batch := self._inbox.after(self._read_to, _BATCH):
            for request in batch:
                self._read(request)
            # one that is large already is written once, at the end
            self._write_all([name for name, lot in self._lots.items() if lot.is_due_at_all and not lot.size])
        self._write_all([name for name, lot in self._lots.items() if lot.is_due_at_all])
        self._keep_unread()
        while diagnose and self.settling.finish_one():
            pass

    # Reading -----------------------------------------------------------------------------------

    def _read(self, request: Received) -> None:
        self._read_to = request.number
        self._waiting.add(request)
        try:
            reading = read_request(request.body, "json" if request.form == "json" else "protobuf")
        except Exception:  # noqa: BLE001 - whatever a sender sent, the next request is read and this one is kept
            self.unreadable += 1
            return
        now = self.seconds()
        named = {span.trace_id: span.session_id for span in reading.spans if span.session_id}
        for trace_id, spans in by_trace(reading.spans).items():
            name, lot = self._lot(trace_id, named.get(trace_id))
            lot.put(request.number, len(request.body), now)
            lot.spans += spans
            lot.format = lot.format or reading.format
            lot.logs_tried = False
            self._waiting.put(request.number, name)
        self._waiting.names(request.number, reading.logs)
        for key, events in reading.logs.items():
            name, lot = self._lot(key[0], None)
            lot.put(request.number, len(request.body), now)
            lot.logs.setdefault(key, []).extend(events)
            lot.logs_tried = False
            self._waiting.put(request.number, name)
        if not self._waiting.is_in_a_lot(request.number):
            self.unreadable += 1

    def _lot(self, trace_id: str, session_id: str | None) -> tuple[str, Lot]:
        name = self._lot_of.get(trace_id)
        if name is None or name not in self._lots:
            stored = sessions_of_traces(self._store, [trace_id])
            name = session_id or min(stored, default=trace_id)
            self._lot_of[trace_id] = name
        return name, self._lots.setdefault(name, Lot())

    # Writing -----------------------------------------------------------------------------------

    def _write_all(self, names: list[str]) -> None:
        """Write these lots, new ones together; one that cannot be written does not keep the others from it."""
        new = [name for name in names if not self._lots[name].size]
        alone = [[name] for name in names if self._lots[name].size]
        slices = [new[at : at + _TOGETHER] for at in range(0, len(new), _TOGETHER)]
        for group in (*slices, *alone):
            try:
                self._write(group)
            except StoreError:
                self._captures.start_anew()
                raise
            except Exception:  # noqa: BLE001 - a run of an odd shape must not stop the receiver
                self._captures.start_anew()
                if len(group) > 1:
                    for name in group:
                        self._write_all([name])
                else:
                    self._give_up(group[0])

    def _write(self, names: list[str]) -> None:
        began = self.seconds()
        lots = [self._lots[name] for name in names]
        new = [span for lot in lots for span in lot.spans]
        logs = {key: events for lot in lots for key, events in lot.logs.items()}
        stored = self._known.around(new, (trace_id for trace_id, _ in logs))
        found = self._regrouped(stored, new, logs)
        into = [name for name, spans in found.touched.items() if spans]  # others only lost some
        for lot in lots:
            self._waiting.went(lot.numbers, into)
        ready = self._waiting.ready(names, found.heard)
        self._put(found, next((lot.format for lot in lots if lot.format), "otlp"), ready, stored)
        self._inbox.remove(ready)
        self._after_writing(found, names, began)
        self._waiting.forget(ready)

    def _regrouped(
        self, stored: dict[str, list[Span]], new: list[Span], logs: dict[Key, list[RawEvent]]
    ) -> Regrouped:
        """The sessions as they are now; each that changes is whole, whatever is stored of it."""
        while True:
            found = regroup(stored, new, logs, filter(self._known.has_incident, stored))
            missing = self._known.stored(found.changed.keys() - stored.keys())
            if not missing:
                return found
            stored |= self._known.read(missing)

    def _put(self, found: Regrouped, form: str, ready: list[int], stored: dict[str, list[Span]]) -> None:
        at = stamp(self._clock())
        traces = {name: build_session(name, form, complete(spans)) for name, spans in found.changed.items()}
        added = sum(len(spans) - len(stored.get(name, ())) for name, spans in found.changed.items())
        with self._store.writing(durable=True) as connection:
            moved: dict[str, set[str]] = {}
            for was, now in found.gone.items():
                if was not in traces and self._known.has_incident(was):
                    continue
                if was in traces:
                    captures = tuple(item.sha256 for item in captures_of(self._store, was))
                else:
                    captures = forget_session(connection, was)
                    added -= len(stored[was])
                for sha256 in captures:
                    moved.setdefault(sha256, set()).update(now)
            for name, spans in found.changed.items():
                write_session(connection, traces[name], None, at)
                linked = {link for span in spans for link in span.links}
                note_session(connection, name, {span.trace_id for span in spans}, linked, at)
            for sha256, names in moved.items():
                link_capture(connection, sha256, names)
            self._keep(connection, ready, at)
            if self._heartbeat is not None:
                note_receiver(connection, self._heartbeat())
        self.spans += added
        self.sessions.update(traces)
        self.sessions -= (gone := found.gone.keys() - traces.keys())
        for name, spans in found.changed.items():
            self._known.remember(name, spans)
            self.settling.changed(name)
        for name in gone:
            self._known.forget(name)
            self.settling.forget(name)

    def _keep(self, connection: sqlite3.Connection, numbers: Iterable[int], at: str) -> None:
        """The bytes of these requests, in order of arrival."""
        for form, bodies, sessions in self._waiting.by_form(numbers):
            self._captures.keep(connection, form, bodies, sessions, at)

    def _after_writing(self, found: Regrouped, names: list[str], began: float) -> None:
        now = self.seconds()
        whole = sum(self._lots[name].waiting for name in names) or 1
        owner = {span.trace_id: name for name, spans in found.touched.items() for span in spans}
        for name, lot in [(name, self._lots[name]) for name in names]:
            traces = {span.trace_id for span in lot.spans}
            lot.is_written((now - began) * lot.waiting / whole, now)
            lot.logs = {key: events for key, events in lot.logs.items() if key not in found.heard}
            lot.logs_tried = True
            owners = {owner[trace_id] for trace_id in traces if trace_id in owner}
            if len(owners) == 1 and (owned := owners.pop()) != name and owned not in self._lots:
                self._lots[owned] = self._lots.pop(name)
                for trace_id in traces | {key[0] for key in lot.logs}:
                    self._lot_of[trace_id] = owned
        self._waiting.written(names)

    # Letting go --------------------------------------------------------------------------------

    def _give_up(self, name: str) -> None:
        """Keep the requests of a lot that nothing can be made of."""
        self.unreadable += len(self._lots.pop(name).numbers)
        self._waiting.written([name])
        self._keep_unread()

    def _keep_unread(self, before: str | None = None) -> None:
        """Keep the requests that no lot waits for any more: their logs name spans that never came."""
        ready = self._waiting.unread(before)
        if not ready:
            return
        with self._store.writing(durable=True) as connection:
            self._keep(connection, ready, stamp(self._clock()))
        self._inbox.remove(ready)
        self._waiting.forget(ready)

    def _let_go(self, now: float) -> None:
        """Forget lots without news, so that a receiver can run for months."""
        old = [name for name, lot in self._lots.items() if not lot.spans and now - lot.last > _FORGOTTEN_S]
        if not old:
            return
        for name in old:
            del self._lots[name]
        self._lot_of = {trace: name for trace, name in self._lot_of.items() if name in self._lots}
        self._keep_unread(stamp(self._clock() - timedelta(seconds=_FORGOTTEN_S)))
