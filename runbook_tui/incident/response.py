"""The response to one incident: what the engineer does, each act written down before it counts."""

from __future__ import annotations

from collections.abc import Sequence

from runbook_tui.incident.answers import answer_problem
from runbook_tui.incident.judging import JudgedAction
from runbook_tui.incident.noticed import check_noticed
from runbook_tui.incident.standing import RefusedError
from runbook_tui.incident.stopping import Stopping
from runbook_tui.playbook import Step
from runbook_tui.trace.clock import latest, stamp
from runbook_tui.trace.words import MODES, Mode, Pattern, Room

__all__ = ["JudgedAction", "RefusedError", "Response"]


class Response(Stopping):
    """One incident as the engineer works on it."""

    @property
    def titles(self) -> dict[str, str]:
        """What the steps and items of the playbook in force are called on screen, by id."""
        steps = [step for _, step in self.playbook.steps()]
        named = {line.id: line.text for line in self.playbook.postmortem.checklist}
        named |= {item.id: item.text for step in steps if step.kind == "checklist" for item in step.items}
        return named | {step.id: step.title for step in steps}

    def enter(self, room: Room, cursor: int = 0) -> None:
        """Remember the place; the first visit of a room is part of the record."""
        if room not in self.state.visits:
            self._record("room_entered", room=room)
        self._table.save_place(self.id, room, cursor)

    def set_detected(self, text: str) -> None:
        """Say when the failure was first noticed.

        Raises:
            RefusedError: not a time, or one that cannot be.
        """
        moment = latest(text, self.clock())
        if moment is None:
            raise RefusedError("not a time", text, "write it as 02:14 or 2026-11-20 02:14 (UTC)")
        if moment > self.clock():
            raise RefusedError("that is still to come", text, "give a time that has passed (UTC)")
        check_noticed(self.store, self.session_id, stamp(moment))
        self._record("detected_at_set", at=stamp(moment))

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
        chosen = self.playbooks.get(self.state.chosen_playbook) or self.playbooks.default
        successor = self.playbooks.succeeding(chosen, mode)
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
        """Add a step to the cascade, or take it out; the origin, which begins it, takes it as it was proposed.

        Raises:
            RefusedError: no origin yet, or the span is not a step, or comes before the origin.
        """
        if self.state.origin is None:
            raise RefusedError("no origin yet", self.id, "mark the fault origin with o first")
        row = self.spans.row_of_span(span_id)
        if row is None or row.step is None:
            raise RefusedError("not a step", span_id, "choose a step")
        if span_id == self.state.origin.span_id and not self.state.cascade_taken:
            self._record("cascade_set", span_ids=list(self.state.cascade))
            return
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

    def close(self, blockers: Sequence[str]) -> None:
        """Close the incident.

        Raises:
            RefusedError: something is still open; the first blocker is named.
        """
        if blockers:
            raise RefusedError("cannot close yet", self.id, blockers[0])
        self._record("closed")
        self._table.set_closed(self.id, self.state.closed_at)
