"""The response to one incident: what the engineer does, each act written down before it counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from runbook_tui.diagnosis import actions_after
from runbook_tui.evidence import (
    IncidentRow,
    IncidentTable,
    SpanTable,
    Store,
    StoredCapture,
    captures_of,
    read_session,
)
from runbook_tui.incident.answers import answer_problem
from runbook_tui.incident.journal import Entry, Journal, whoami
from runbook_tui.incident.preparing import LARGE, Prepared, prepare
from runbook_tui.incident.sessions import read_runs
from runbook_tui.incident.state import UNDOABLE, IncidentState, fold
from runbook_tui.playbook import (
    Option,
    Playbook,
    Playbooks,
    Step,
    SubstitutionError,
    substitute,
    variables_of,
)
from runbook_tui.trace import Action, Findings, RunbookError, SessionTrace, visible_tree
from runbook_tui.trace.clock import Clock, now_utc, parse_time, stamp
from runbook_tui.trace.words import EFFECTS, MODES, Effect, Mode, Pattern, Room

__all__ = ["JudgedAction", "RefusedError", "Response", "open_incident"]


_AFTER_CLOSING: Final = frozenset({"exported", "room_entered", "distributed"})
"""What may still be written when an incident is closed: its files, its readers, its visits."""


class RefusedError(RunbookError):
    """The playbook or the evidence does not allow it yet."""


class JudgedAction(msgspec.Struct, frozen=True):
    """An action with what the engineer said of it."""

    action: Action
    effect: Effect
    by_human: bool
    """Whether a human set the effect, else the catalogue did."""
    owner: str | None
    plan: str | None
    status: str


def open_incident(
    store: Store,
    playbooks: Playbooks,
    session_id: str,
    *,
    baseline: Sequence[str] = (),
    detected_at: str | None = None,
    clock: Clock = now_utc,
) -> Response:
    """Start the incident of a stored session, or resume the one that is open.

    Args:
        store: the store.
        playbooks: the playbooks; a new incident starts with the default one.
        session_id: the failed session.
        baseline: ids of stored sessions known to be good.
        detected_at: when the failure was first noticed; now unless given.
        clock: the present.
    """
    table = IncidentTable(store)
    row = table.open_for(session_id)
    if row is None:
        now = stamp(clock())
        playbook = playbooks.default
        incident_id = table.create(session_id, playbook.id, now, playbook.order[0])
        journal = Journal(table, incident_id, clock, whoami())
        agent = SpanTable(store, session_id).first_agent()
        journal.append(
            "opened",
            session_id=session_id,
            agent=agent,
            playbook=playbook.id,
            playbook_sha256=playbook.sha256,
            detected_at=detected_at or now,
            detection_reported=detected_at is not None,
            baseline=list(baseline),
        )
    else:
        incident_id = row.id
    return Response(store, playbooks, incident_id, clock)


class Response:
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
        if not self.is_large or origin is None:
            return actions_after(self._diagnosed, self.session, origin) if origin else self._diagnosed
        rows = self.spans
        start = rows.row_of_span(origin)
        begun = start.start_ns or 0 if start else 0
        actions = tuple(
            msgspec.structs.replace(
                action,
                after_origin=(
                    (row := rows.row_of_span(action.span_id)) is not None and (row.start_ns or 0) >= begun
                ),
            )
            for action in self._diagnosed.actions
        )
        return msgspec.structs.replace(self._diagnosed, actions=actions)

    @property
    def captures(self) -> tuple[StoredCapture, ...]:
        """The files the session came from."""
        return captures_of(self.store, self.session_id)

    @property
    def session(self) -> SessionTrace:
        """The session, whole; read when it is first asked for."""
        if self._session is None:
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

    def _judged(self, action: Action) -> JudgedAction:
        said = self.state.remediation(action.span_id, action.tool)
        effect: Effect = next((name for name in EFFECTS if name == said.effect), action.effect)
        return JudgedAction(
            action, effect, said.effect is not None, said.owner, said.plan, said.status or "open"
        )

    # What the engineer does ------------------------------------------------------------------

    def enter(self, room: Room, cursor: int = 0) -> None:
        """Remember the place; the first visit of a room is part of the record."""
        if room not in self.state.visits:
            self._record("room_entered", room=room)
        self._table.save_place(self.id, room, cursor)

    def set_detected(self, text: str) -> None:
        """Say when the failure was first noticed.

        Raises:
            RefusedError: not a time.
        """
        moment = parse_time(text)
        if moment is None:
            raise RefusedError("not a time", text, "write it as 2026-11-20 02:14 (UTC)")
        self._record("detected_at_set", at=stamp(moment))

    def command(self, option: Option, values: dict[str, str]) -> tuple[str, ...]:
        """The command of a stop option with these values in place; () when it is done by hand.

        Raises:
            RefusedError: a value is missing or not allowed in a command.
        """
        if option.run is None:
            return ()
        for name in variables_of(option.run.argv):
            asked = self.playbook.vars.get(name)  # None for what is always there, such as the agent
            problem = asked.problem_with(values[name]) if asked is not None and name in values else None
            if problem:
                raise RefusedError(f"{name} cannot be used", values[name], problem)
        try:
            return substitute(option.run.argv, self._all_values(values))
        except SubstitutionError as error:
            raise RefusedError("cannot build the command", option.label, str(error)) from error

    def _all_values(self, values: dict[str, str]) -> dict[str, str]:
        known = {name: var.default for name, var in self.playbook.vars.items() if var.default is not None}
        own = {"incident.id": self.id, "session.id": self.session_id, "agent": self.state.agent or ""}
        return {**known, **values, **own}

    def stop_done(self, option: Option, argv: Sequence[str], how: str) -> None:
        """Record that a stop action was carried out, by hand."""
        self._record("stop_done", option=option.id, label=option.label, argv=list(argv), how=how)

    def contained(self, how: str) -> None:
        """Record that the stop was checked and holds: this sets the contained clock.

        Raises:
            RefusedError: nothing was done yet, or the check is not described.
        """
        if not self.state.stops:
            raise RefusedError("nothing was stopped yet", self.id, "choose a way to stop the agent first")
        if len(how.strip()) < 3:
            raise RefusedError("the check is not described", self.id, "say what you looked at")
        self._record("contained", how=how.strip())

    def agent_stopped(self, span_id: str, how: str) -> None:
        """Record that a spawned agent is stopped or idle."""
        self._record("agent_stopped", span_id=span_id, how=how.strip())

    def answer(self, step: Step, value: str) -> None:
        """Record the answer to a playbook question.

        Raises:
            RefusedError: not an answer of the form the playbook asks for.
        """
        problem = answer_problem(step, value)
        if problem:
            raise RefusedError("not accepted", step.title, problem)
        self._record("answered", step=step.id, value=value.strip())

    def tick(self, step_id: str, item: str, *, on: bool) -> None:
        """Tick or clear a checklist line."""
        self._record("ticked", step=step_id, item=item, on=on)

    def step_done(self, step_id: str) -> None:
        """Mark a by-hand step as done."""
        self._record("step_done", step=step_id)

    def skip(self, step: Step, reason: str) -> None:
        """Skip a step, with the reason that the postmortem will show.

        Raises:
            RefusedError: no reason.
        """
        if len(reason.strip()) < 3:
            raise RefusedError("a skip needs a reason", step.title, "say why in a few words")
        self._record("skipped", step=step.id, reason=reason.strip())

    def classify(self, mode: Mode, why: str = "") -> None:
        """Decide the failure mode; the proposal is recorded beside it and the mode's playbook takes over."""
        if self.state.decision is not None and self.state.decision.mode == mode and not why.strip():
            return
        proposal = self._diagnosed.classification[0]
        pattern: Pattern | None = next(
            (item.pattern for item in self._diagnosed.classification if item.mode == mode), None
        )
        assert mode in MODES
        self._record(
            "classified",
            mode=mode,
            pattern=pattern,
            proposed=proposal.mode,
            rule=proposal.rule,
            why=why.strip(),
        )
        successor = self.playbooks.for_mode(mode)
        if successor.id != self.playbook.id:
            self._record("playbook_chosen", playbook=successor.id, playbook_sha256=successor.sha256)

    def mark_origin(self, span_id: str, note: str = "") -> None:
        """Mark the fault origin; the cascade from it is proposed at once.

        Raises:
            RefusedError: the span is not a step.
        """
        step = self.spans.row_of_span(span_id)
        if step is None or step.step is None:
            raise RefusedError("not a step", span_id, "choose an LLM call, a tool call or another step")
        if self.state.origin is not None and self.state.origin.span_id == span_id and not note.strip():
            return
        cascade = [item.span_id for item in self._judged_from(span_id).cascade]
        self._record("origin_marked", step=step.step, span_id=span_id, note=note.strip(), cascade=cascade)

    def toggle_cascade(self, span_id: str) -> None:
        """Add a step to the cascade, or take it out.

        Raises:
            RefusedError: no origin yet, or the span is not a step, or comes before the origin.
        """
        if self.state.origin is None:
            raise RefusedError("no origin yet", self.id, "mark the fault origin with o first")
        row = self.spans.row_of_span(span_id)
        if row is None or row.step is None:
            raise RefusedError("not a step", span_id, "choose a step")
        if span_id == self.state.origin.span_id:
            raise RefusedError("the origin begins the cascade", self.id, "mark another origin to take it out")
        kept = [known for known in self.state.cascade if known != span_id]
        if len(kept) == len(self.state.cascade):
            if self.spans.causal_place(span_id) < self.spans.causal_place(self.state.origin.span_id):
                where = f"step {row.step} is before step {self.state.origin.step}"
                raise RefusedError("before the origin", where, "mark an earlier origin with o")
            kept = sorted([*kept, span_id], key=self.spans.causal_place)
        self._record("cascade_set", span_ids=kept)

    def mark(self, span_id: str) -> None:
        """Mark a span, or clear its mark."""
        self._record("marked", span_id=span_id, on=span_id not in self.state.marks)

    def note(self, span_id: str, text: str) -> None:
        """Write a note on a span."""
        self._record("noted", span_id=span_id, text=text.strip())

    def judge(self, *, tool: str, span_id: str | None = None, **said: str | None) -> None:
        """Say what an action does (`effect`), who owns undoing it (`owner`), how (`plan`), how far (`status`).

        Args:
            tool: the action's tool; without `span_id` all its actions are meant.
            span_id: one action.
            said: what is said; None leaves a field as it is.
        """
        self._record("action_judged", tool=tool, span_id=span_id, **said)

    def add_factor(self, layer: str, statement: str, step: int | None = None) -> None:
        """Name a contributing factor.

        Raises:
            RefusedError: it names nothing, such as "human error".
        """
        text = " ".join(statement.split())
        if len(text) < 10 or self.playbook.postmortem.factors.refuses(text):
            raise RefusedError(
                "this names no factor", text or "empty", "say what in the system let it happen"
            )
        self._record("factor_added", layer=layer, statement=text, step=step)

    def remove_factor(self, index: int) -> None:
        """Take a factor out again."""
        self._record("factor_removed", index=index)

    def write_gap(self, text: str) -> None:
        """Say why nothing caught it before users did.

        Raises:
            RefusedError: too short to say that.
        """
        least = self.playbook.postmortem.gap_min_length
        if len(text.strip()) < least:
            length = f"{len(text.strip())} characters"
            raise RefusedError("the detection gap is too short", length, f"write at least {least} characters")
        self._record("gap_written", text=text.strip())

    def add_item(self, title: str, kind: str, owner: str, due: str) -> None:
        """Add a follow-up.

        Raises:
            RefusedError: a field is missing, or the due date is no date or has passed.
        """
        if not title.strip() or not owner.strip():
            raise RefusedError("an action item needs title and owner", title or "empty", "fill both")
        moment = parse_time(due)
        if moment is None:
            raise RefusedError("not a date", due or "empty", "write it as 2026-12-01")
        if moment.date() < self.clock().date():
            raise RefusedError("due in the past", due, "give a day that is still to come")
        self._record(
            "item_added", title=title.strip(), type=kind, owner=owner.strip(), due=moment.date().isoformat()
        )

    def remove_item(self, index: int) -> None:
        """Take a follow-up out again."""
        self._record("item_removed", index=index)

    def set_alert(self, reference: str) -> None:
        """Say which alert or ticket now watches for this signature."""
        if len(reference.strip()) < 3:
            raise RefusedError("no alert named", self.id, "give its name, ticket or link")
        self._record("alert_set", reference=reference.strip())

    def distribute(self, to: str) -> None:
        """Say to whom the postmortem went.

        Raises:
            RefusedError: nobody is named, or there is no postmortem to send yet.
        """
        if len(to.strip()) < 3:
            raise RefusedError("nobody named", self.id, "say to whom it was sent")
        if not self.state.exported:
            raise RefusedError("the postmortem is not written yet", self.id, "write the files first, with w")
        self._record("distributed", to=to.strip())

    def defer(self, item: str, reason: str) -> None:
        """Put a deferrable checklist line off, with a reason."""
        if len(reason.strip()) < 3:
            raise RefusedError("a deferral needs a reason", item, "say why in a few words")
        self._record("deferred", item=item, reason=reason.strip())

    def record_eval(self, case: dict[str, Any], *, red: bool, green: bool | None) -> None:
        """Keep the eval case that the incident leaves behind.

        Raises:
            RefusedError: it does not fail on the captured trace, so it would guard nothing.
        """
        if not red:
            raise RefusedError(
                "the case does not fail on this trace", str(case["id"]), "add an assertion that does"
            )
        self._record("eval_made", id=case["id"], severity=case["severity"], red=red, green=green, case=case)

    def exported(self, folder: str) -> None:
        """Record where the files were written."""
        self._record("exported", folder=folder)

    def close(self, blockers: Sequence[str]) -> None:
        """Close the incident.

        Raises:
            RefusedError: something is still open; the first blocker is named.
        """
        if blockers:
            raise RefusedError("cannot close yet", self.id, blockers[0])
        self._record("closed")
        self._table.set_closed(self.id, self.state.closed_at)

    def undo(self) -> Entry | None:
        """Take back the latest act that can be; returns it, None when there is none."""
        gone = {entry.data["seq"] for entry in self._journal.entries if entry.event == "undone"}
        for entry in reversed(self._journal.entries):
            if entry.event in UNDOABLE and entry.seq not in gone:
                self._record("undone", seq=entry.seq, what=entry.event)
                return entry
        return None

    def _record(self, event: str, **data: Any) -> None:
        if self.state.closed_at is not None and event not in _AFTER_CLOSING:
            raise RefusedError("the incident is closed", self.id, "open the session again for a new incident")
        self._journal.append(event, **visible_tree(data))
        self.state = fold(self._journal.entries)
