"""The state of an incident: what its journal adds up to. Nothing is stored that is not in there."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

__all__ = [
    "ActionItem",
    "CommandRun",
    "Containment",
    "Decision",
    "EvalRecord",
    "Factor",
    "IncidentState",
    "Origin",
    "Purpose",
    "Remediation",
]

Purpose = Literal["stop", "check", "undo"]
"""What a command is run for."""


class Containment(msgspec.Struct, frozen=True):
    """A stop action that was taken."""

    option: str
    label: str
    argv: tuple[str, ...]
    how: str
    at: str
    actor: str
    seq: int
    """The journal's line of it."""
    command: int | None = None
    """The journal's line that announced the command, where it was run here."""


class CommandRun(msgspec.Struct, frozen=True):
    """A command that was run here."""

    seq: int
    """The journal's line that announced it."""
    option: str
    label: str
    purpose: Purpose
    argv: tuple[str, ...]
    values: dict[str, str]
    """What was given for its variables; the command that takes it back is built from them too."""
    at: str
    actor: str
    status: str | None = None
    """As in `execution.Ended`; None where nothing was written after it began: the app ended meanwhile."""
    exit_code: int | None = None
    said: str = "not known: the app ended meanwhile, it may still run"
    """How it ended, in words."""
    output: str = ""
    cut: int = 0
    seconds: float | None = None

    @property
    def worked(self) -> bool:
        """Whether it exited with 0."""
        return self.status == "exited" and self.exit_code == 0


class Decision(msgspec.Struct, frozen=True):
    """The engineer's classification beside the tool's proposal."""

    mode: str
    pattern: str | None
    proposed: str
    rule: str
    why: str
    at: str


class Origin(msgspec.Struct, frozen=True):
    """The step marked as fault origin."""

    step: int
    span_id: str
    note: str
    at: str


class Remediation(msgspec.Struct, frozen=True):
    """What the engineer says of an action: its effect, who owns undoing it, how, and how far that is."""

    effect: str | None = None
    owner: str | None = None
    plan: str | None = None
    status: str | None = None
    """`open`, `started` or `done`."""


class Factor(msgspec.Struct, frozen=True):
    """One contributing factor."""

    layer: str
    statement: str
    step: int | None = None


class ActionItem(msgspec.Struct, frozen=True):
    """One follow-up."""

    title: str
    type: str
    owner: str
    due: str


class EvalRecord(msgspec.Struct, frozen=True):
    """The eval case that the incident leaves behind."""

    id: str
    severity: str
    red: bool
    """It fails on the captured trace; a case that does not is never recorded."""
    green: bool | None
    """It passes on the corrected trace; None while there is none."""
    case: dict[str, Any]


class IncidentState(msgspec.Struct):
    """Everything that is known of the response so far."""

    session_id: str = ""
    agent: str | None = None
    playbook: str = ""
    """The one in force."""
    chosen_playbook: str = ""
    """The one that the incident was opened with; its mode's may have taken over since."""
    playbook_sha256: str = ""
    baseline: tuple[str, ...] = ()
    opened_at: str | None = None
    detected_at: str | None = None
    detection_reported: bool = False
    """Whether somebody said when it was noticed; else it is the moment the incident was opened."""
    stops: tuple[Containment, ...] = ()
    commands: tuple[CommandRun, ...] = ()
    contained_at: str | None = None
    contained_how: str | None = None
    agents_stopped: dict[str, str] = {}
    answers: dict[str, str] = {}
    ticks: dict[str, tuple[str, ...]] = {}
    skips: dict[str, str] = {}
    done: frozenset[str] = frozenset()
    decision: Decision | None = None
    origin: Origin | None = None
    cascade: tuple[str, ...] = ()
    cascade_taken: bool = False
    """Whether the engineer took or changed what was proposed with the origin."""
    marks: frozenset[str] = frozenset()
    notes: dict[str, str] = {}
    by_span: dict[str, Remediation] = {}
    by_tool: dict[str, Remediation] = {}
    factors: tuple[Factor, ...] = ()
    gap: str | None = None
    items: tuple[ActionItem, ...] = ()
    alert: str | None = None
    distributed: str | None = None
    deferred: dict[str, str] = {}
    evaluation: EvalRecord | None = None
    exported: tuple[str, str] | None = None
    """(folder, time) of the latest export."""
    version: int | None = None
    """The journal's line of the latest export."""
    sent_version: int | None = None
    """The one of the export that was sent."""
    closed_at: str | None = None
    visits: dict[str, str] = {}
    """When each room was first entered."""

    def last_command(self, option: str) -> CommandRun | None:
        """The latest command of a stop option that is no check."""
        ours = (run for run in reversed(self.commands) if run.option == option and run.purpose != "check")
        return next(ours, None)

    def remediation(self, span_id: str, tool: str) -> Remediation:
        """What was said of an action: of the span itself first, then of its tool."""
        own, shared = self.by_span.get(span_id, Remediation()), self.by_tool.get(tool, Remediation())
        return Remediation(
            own.effect or shared.effect,
            own.owner or shared.owner,
            own.plan or shared.plan,
            own.status or shared.status,
        )
