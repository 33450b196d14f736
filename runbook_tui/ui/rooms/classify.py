"""Classify: what the rules propose and why, the signals, and the engineer's decision."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.binding import BindingType

from runbook_tui.incident import Response
from runbook_tui.trace import Evidence
from runbook_tui.trace.words import MODES, SIGNALS, Mode, Room
from runbook_tui.ui.keys import Pane, bindings
from runbook_tui.ui.lines import Tone
from runbook_tui.ui.rooms.room import RoomView
from runbook_tui.ui.rooms.steps import step_rows
from runbook_tui.ui.rows import Row, heading
from runbook_tui.ui.words import mode_name

__all__ = ["ClassifyRoom", "classify_rows"]


def classify_lead(response: Response) -> tuple[str, Tone]:
    """The decision and its first action, or the proposal and its reason."""
    decision = response.state.decision
    if decision is not None:
        action = response.playbook.classification.first_actions.get(_mode(decision.mode))
        moot = action is not None and action.room == "contain" and response.state.contained_at is not None
        first = f" First: {action.text}" if action and not moot else ""
        return f"Decided: {mode_name(decision.mode)}.{first}", "verified"
    proposal = response.findings.classification[0]
    if proposal.mode == "unclear":
        return "Unclear: no rule is sure. Look at the flags and signals, then decide.", "flag"
    return f"Proposed: {mode_name(proposal.mode)}. {proposal.evidence[0].text}", "flag"


def _mode(name: str) -> Mode:
    return next((mode for mode in MODES if mode == name), "unclear")


def classify_rows(response: Response) -> list[Row]:
    """Decide, why, signals, flags, causes, questions."""
    findings, decision = response.findings, response.state.decision
    proposed = {item.mode: item for item in reversed(findings.classification)}
    # in the order in which they were proposed, equals too: enter decides the first of them
    order = list(dict.fromkeys((*(item.mode for item in findings.classification), *MODES)))
    rows = [Row("Decide", tone="heading")]
    for mode in order:
        item = proposed.get(mode)
        pattern = f" · {mode_name(item.pattern)}" if item and item.pattern else ""
        right = (
            f"{'proposed' if item is findings.classification[0] else 'also'} {item.score:.2f}, rule {item.rule}"
            if item
            else ""
        )
        chosen = decision is not None and decision.mode == mode
        rows.append(Row(mode_name(mode) + pattern, ("mode", mode), "done" if chosen else "open", right))
    if decision is not None and (
        action := response.playbook.classification.first_actions.get(_mode(decision.mode))
    ):
        rows.append(Row(f"Go to {mode_name(action.room)}", ("room", action.room), "here", tone="accent"))
    rows.append(heading("Why"))
    for item in findings.classification:
        rows += [_evidence(evidence, f"{mode_name(item.mode)}: ") for evidence in item.evidence]
    rows.append(heading("Signals"))
    rows.append(Row("   ".join(_signal(response, name) for name in SIGNALS)))
    rows.append(heading(f"Flags: {len(findings.flags)}"))
    for flag in findings.flags:
        step = f"step {flag.step}" if flag.step is not None else "run"
        rows.append(
            Row(
                f"{flag.flag}  {step}  {flag.detail}",
                ("span", flag.span_id),
                "flag",
                flag.source,
                tone="flag",
            )
        )
    if findings.causes:
        rows.append(heading("What may have changed"))
        for cause in findings.causes:
            rows.append(Row(f"{mode_name(cause.cause)}: {cause.first_step}", right=f"{cause.score:.2f}"))
            rows += [_evidence(evidence, "", indent=1) for evidence in cause.evidence]
    return rows + step_rows(response, "classify")


def _evidence(evidence: Evidence, lead: str, indent: int = 0) -> Row:
    where = ("span", evidence.span_id) if evidence.span_id else None
    right = f"step {evidence.step}" if evidence.step is not None else ""
    return Row(lead + evidence.text, where, right=right, indent=indent)


def _signal(response: Response, name: Any) -> str:
    signal = response.findings.signals[name]
    if signal.value is None:
        return f"{name} unknown"
    value = str(signal.value).lower() if isinstance(signal.value, bool) else f"{signal.value:.2f}"
    return f"{name} {value} ({signal.source})"


class ClassifyRoom(RoomView):
    """Room 3."""

    ROOM: ClassVar[Room] = "classify"
    PANES: ClassVar[tuple[Pane, ...]] = ("steps", "list", "incident", "everywhere")
    BINDINGS: ClassVar[list[BindingType]] = bindings("steps")

    def lead(self) -> tuple[str, Tone]:
        """Proposal or decision."""
        return classify_lead(self.response)

    def rows(self) -> list[Row]:
        """What speaks for what."""
        return classify_rows(self.response)

    def choose(self, what: tuple[Any, ...]) -> None:
        """Decide."""
        if what[0] == "mode":
            self.attempt(lambda: self.response.classify(_mode(what[1])))
