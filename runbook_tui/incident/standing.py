"""What stands in one incident: its journal folded, its session, what the diagnosis says; every change goes through here.

Nothing counts before it is written down.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from contextlib import contextmanager
from typing import Any, Final

import msgspec

from runbook_tui.diagnosis import actions_after
from runbook_tui.evidence import (
    IncidentRow,
    IncidentTable,
    Looked,
    SpanTable,
    Store,
    StoredCapture,
    StoredLayout,
    captures_of,
    lazy_session,
    read_session,
    stored_layout,
)
from runbook_tui.incident.events import UNDOABLE, fold
from runbook_tui.incident.journal import Entry, Journal, whoami
from runbook_tui.incident.judging import JudgedAction, judged_as
from runbook_tui.incident.preparing import LARGE, Prepared, prepare
from runbook_tui.incident.sessions import read_runs
from runbook_tui.incident.state import IncidentState
from runbook_tui.playbook import Playbook, Playbooks
from runbook_tui.trace import Action, Findings, RunbookError, SessionTrace, visible_tree
from runbook_tui.trace.clock import Clock, now_utc

__all__ = ["RefusedError", "Standing"]


_AFTER_CLOSING: Final = frozenset({"exported", "room_entered", "distributed"})
"""What may still be written when an incident is closed: its files, its readers, its visits."""
_BY_PLACE: Final = frozenset(
    {
        "factor_removed",
        "factor_rewritten",
        "item_removed",
        "item_rewritten",
        "cascade_set",
        "undone",
        "closed",
    }
)
"""What means another thing once somebody else has written: it names a place in what stood, or all of it."""


class RefusedError(RunbookError):
    """The playbook or the evidence does not allow it yet."""


class Standing:
    """One incident, its session and its playbook. Every change is journalled first, then folded in.

    Args:
        store: a store of the calling thread.
        playbooks: all playbooks; the incident names the one in force.
        incident_id: the incident.
        clock: the present.
        prepared: what `prepare` read and diagnosed, on another thread perhaps; else it is done here.

    Raises:
        IncidentNotFoundError: no incident has that id, or its session is gone.
        JournalError: its journal was tampered with.
    """

    def __init__(
        self,
        store: Store,
        playbooks: Playbooks,
        incident_id: str,
        clock: Clock = now_utc,
        prepared: Prepared | None = None,
    ) -> None:
        self._table = IncidentTable(store)
        ready = prepared or prepare(store, playbooks, incident_id, wait=True)
        self.id = incident_id
        self.store = store
        self.playbooks = playbooks
        self.clock = clock
        self.session_id = self.row.session_id
        self._session: SessionTrace | None
        self._good: tuple[str, ...]
        self._baseline: tuple[SessionTrace, ...] | None
        self._layout: StoredLayout | None
        self._cascade_steps: tuple[tuple[str, ...], int] = ((), 0)
        self._after_origin: tuple[str | None, Findings]
        self._take(ready)
        self._journal = Journal(self._table, incident_id, clock, whoami())
        self.state: IncidentState = fold(self._journal.entries)

    @property
    def row(self) -> IncidentRow:
        """The incident as listed, with the place it was left at."""
        row = self._table.get(self.id)
        assert row is not None
        return row

    @property
    def agent(self) -> str | None:
        """The agent that was run; a session that grows may tell it late."""
        return self.state.agent or self._diagnosed.session.agent

    @property
    def is_exported(self) -> bool:
        """Whether the files that were written say what is known now."""
        version = self.state.version
        return version is not None and not self.is_changed_since(version, {"closed"})

    def is_changed_since(self, seq: int, also: Set[str] = frozenset()) -> bool:
        """Whether more was said of the failure since a line of the journal, or one of `also` was done."""
        later = self._journal.entries[seq:]
        done = {str(entry.data["what"]) if entry.event == "undone" else entry.event for entry in later}
        return bool(done - _AFTER_CLOSING - {"closed"} | done & also)

    @property
    def journal(self) -> Journal:
        """The record."""
        return self._journal

    @property
    def playbook(self) -> Playbook:
        """The playbook in force; the default one when the chosen one is gone."""
        return self.playbooks.get(self.state.playbook) or self.playbooks.default

    @property
    def findings(self) -> Findings:
        """The diagnosis, with actions and cascade judged from the origin that was marked."""
        origin = self.state.origin.span_id if self.state.origin else None
        if origin != self._after_origin[0]:
            # screens and reports ask many times between two marks, and the cascade walks the whole session
            self._after_origin = (origin, self._judged_from(origin))
        return self._after_origin[1]

    def _judged_from(self, origin: str | None) -> Findings:
        rows = self.spans
        if origin is None or (start := rows.row_of_span(origin)) is None:
            return self._diagnosed
        if not self.is_large:
            return actions_after(self._diagnosed, self.session, start.span_id)
        begun = rows.causal_place(start.span_id)
        actions = tuple(
            msgspec.structs.replace(
                action,
                after_origin=rows.causal_place(action.span_id) >= begun,
            )
            for action in self._diagnosed.actions
        )
        return msgspec.structs.replace(self._diagnosed, actions=actions)

    @property
    def cascade_steps(self) -> int:
        """How many steps the cascade has, those of one number counted once."""
        cascade = self.state.cascade
        if self._cascade_steps[0] is not cascade:
            rows = map(self.spans.row_of_span, cascade)
            self._cascade_steps = (cascade, len({row.step for row in rows if row is not None}))
        return self._cascade_steps[1]

    @property
    def captures(self) -> tuple[StoredCapture, ...]:
        """The files the session came from."""
        return captures_of(self.store, self.session_id)

    @property
    def session(self) -> SessionTrace:
        """The session; read when it is first asked for. Of one that is large each span is read when it is looked at."""
        if self._session is None:
            if self.is_large:
                self._layout = self._layout or stored_layout(self.store, self.session_id)
                assert self._layout is not None
                return lazy_session(self.store, self._layout)
            self._session = read_session(self.store, self.session_id)
            assert self._session is not None
        return self._session

    def whole(self) -> SessionTrace:
        """The session from any thread; one that is large comes into memory here, and goes when the caller lets go of it."""
        if self._session is not None:
            return self._session
        with Store(self.store.path) as store:
            found = read_session(store, self.session_id)
        assert found is not None
        if len(found.spans) < LARGE:
            self._session = found
        return found

    @contextmanager
    def reading(self, looked: Looked = lambda _at, _all: None) -> Iterator[SessionTrace]:
        """The session from any thread, while the block lasts; of one that is large no more than a span is in memory.

        Args:
            looked: told at which span of how many one is; what it raises comes out of the block.
        """
        if self._session is not None:
            yield self._session
            return
        with Store(self.store.path) as store:
            if SpanTable(store, self.session_id).count < LARGE:
                yield self.whole()
            else:
                layout = self._layout or stored_layout(store, self.session_id, looked)
                assert layout is not None
                self._layout = layout
                yield lazy_session(store, layout, looked)

    @property
    def baseline(self) -> tuple[SessionTrace, ...]:
        """The good runs, whole; read when they are first asked for."""
        if self._baseline is None:
            self._baseline = read_runs(self.store, self._good)
        return self._baseline

    @property
    def is_large(self) -> bool:
        """Whether the session is better not held in memory, so that screens ask `spans` and never `session`."""
        return self.spans.count >= LARGE

    @property
    def spans(self) -> SpanTable:
        """The rows of the session, as they are stored now."""
        return SpanTable(self.store, self.session_id)

    def take_in(self, prepared: Prepared) -> None:
        """Go on with the session as it is now, when late spans came. What was said of its spans stays said."""
        self._take(prepared)

    def _take(self, prepared: Prepared) -> None:
        self._session = prepared.session
        self._good = prepared.good
        self._baseline = None
        self._layout = None
        self._diagnosed = prepared.findings
        self._after_origin = (None, prepared.findings)
        self.diagnosed_spans = prepared.spans
        """Spans that the findings are about; 0 while a large session is being diagnosed."""

    def actions(self) -> tuple[JudgedAction, ...]:
        """The actions after the origin (all of them while there is none) with what was said of each."""
        found = self.findings.actions
        if self.state.origin is not None:
            found = tuple(action for action in found if action.after_origin)
        return tuple(self._judged(action) for action in found)

    def actions_before(self) -> tuple[JudgedAction, ...]:
        """The actions before the origin: they did not follow from it, and they were made all the same."""
        if self.state.origin is None:
            return ()
        return tuple(self._judged(action) for action in self.findings.actions if not action.after_origin)

    def _judged(self, action: Action) -> JudgedAction:
        return judged_as(action, self.state.remediation(action.span_id, action.tool))

    def undo(self) -> Entry | None:
        """Take back the latest act that can be; returns it, None when there is none."""
        gone = {entry.data["seq"] for entry in self._journal.entries if entry.event == "undone"}
        for entry in reversed(self._journal.entries):
            if entry.event in UNDOABLE and entry.seq not in gone:
                self._record("undone", seq=entry.seq, what=entry.event)
                return entry
        return None

    def catch_up(self) -> bool:
        """Take in what was written elsewhere meanwhile, in another terminal perhaps; whether anything was.

        Raises:
            JournalError: it does not follow from what is known.
        """
        changed = self._journal.catch_up()
        if changed:
            self.state = fold(self._journal.entries)
        return changed

    def must_be_open(self) -> None:
        """Raise a `RefusedError` where the incident is closed, so that nothing more may be said of it."""
        if self.state.closed_at is not None:
            raise RefusedError("the incident is closed", self.id, "open the session again for a new incident")

    def _record(self, event: str, **data: Any) -> None:
        if self.catch_up() and event in _BY_PLACE:
            raise RefusedError("somebody else wrote into it meanwhile", self.id, "look again, then repeat it")
        if event not in _AFTER_CLOSING:
            self.must_be_open()
        self._journal.append(event, **visible_tree(data))
        self.state = fold(self._journal.entries)
