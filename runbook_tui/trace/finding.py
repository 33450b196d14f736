"""What the diagnosis says of a session. Every claim carries the step and span it rests on."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from runbook_tui.trace.session import Defects
from runbook_tui.trace.words import (
    CauseName,
    Effect,
    FlagName,
    Kind,
    Mode,
    Outcome,
    Pattern,
    Severity,
    SignalName,
    Source,
)

__all__ = [
    "Action",
    "AgentRun",
    "CascadeStep",
    "Cause",
    "Classification",
    "Evidence",
    "Findings",
    "Flag",
    "MissingField",
    "Readiness",
    "SessionSummary",
    "Signal",
    "StepRow",
    "Suspect",
    "ToolUse",
]


class Evidence(msgspec.Struct, frozen=True):
    """A sentence and the span it rests on."""

    text: str
    step: int | None = None
    span_id: str | None = None
    last_step: int | None = None
    """Where it rests on several steps, the last of them; `step` is the first."""


class Flag(msgspec.Struct, frozen=True):
    """An anomaly on a span."""

    flag: FlagName
    severity: Severity
    step: int | None
    span_id: str | None
    detail: str
    source: Source


class Signal(msgspec.Struct, frozen=True):
    """A behavioural signal; `value` None when it cannot be known from this capture."""

    value: float | bool | None
    source: Source | None


class Classification(msgspec.Struct, frozen=True):
    """A proposed mode, with the rule that proposed it."""

    mode: Mode
    pattern: Pattern | None
    score: float
    rule: str
    evidence: tuple[Evidence, ...]


class Cause(msgspec.Struct, frozen=True):
    """A proposed cause and what to look at first."""

    cause: CauseName
    score: float
    first_step: str
    evidence: tuple[Evidence, ...]


class Suspect(msgspec.Struct, frozen=True):
    """A step to read, in reading order from rank 1."""

    rank: int
    step: int
    span_id: str
    score: float
    reasons: tuple[Evidence, ...]


class CascadeStep(msgspec.Struct, frozen=True):
    """A step that carried the premise on, and how that is known."""

    step: int
    span_id: str
    via: Literal["origin", "call_id", "value", "order"]
    value: str | None


class Action(msgspec.Struct, frozen=True):
    """An external effect of the session."""

    step: int
    span_id: str
    tool: str
    arguments: str | None
    effect: Effect
    after_origin: bool | None
    """None while no origin is known."""
    reversal: str | None
    asked_by: str | None = None
    """The span that asked for it, where whether it was made is not recorded; None where it was made."""


class AgentRun(msgspec.Struct, frozen=True):
    """An agent that ran in the session, spawned agents too."""

    name: str
    span_id: str
    parent: str | None
    """The name of the agent that spawned it."""
    steps: int
    cost_usd: float | None = None
    """Of its own LLM calls; None where one of them is unknown."""


class ToolUse(msgspec.Struct, frozen=True):
    """What a tool was used for, in figures."""

    tool: str
    calls: int
    errors: int
    cost_usd: float | None
    """Of the LLM calls that asked for it, each shared evenly among the calls it asked for; None where one is unknown."""


class MissingField(msgspec.Struct, frozen=True):
    """A required trace field that is absent, on how many spans and at which steps."""

    field: str
    spans: int
    steps: tuple[int, ...]


class Readiness(msgspec.Struct, frozen=True):
    """How much of what a diagnosis needs the capture carries."""

    score: float
    """Present fields over required fields, 0..1."""
    missing: tuple[MissingField, ...]
    cannot_conclude: tuple[str, ...]
    defects: Defects = Defects()


class SessionSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The session in figures. Unknown is None, never 0."""

    id: str
    trace_ids: tuple[str, ...]
    agent: str | None
    task: str | None
    format: str
    started_at: str | None
    ended_at: str | None
    duration_ms: float | None
    spans: int
    steps: int
    llm_calls: int
    tool_calls: int
    input_tokens: int | None
    output_tokens: int | None
    tokens_estimated: bool
    cost_usd: float | None
    models: tuple[str, ...]
    outcome: Outcome | None
    """None before the first diagnosis."""


class StepRow(msgspec.Struct, frozen=True, kw_only=True):
    """One step as `inspect --json` shows it."""

    step: int
    span_id: str
    kind: Kind
    agent: str | None
    name: str
    tool: str | None
    arguments: Any
    result: Any
    status: str
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    text: str | None
    truncated: bool = False


class Findings(msgspec.Struct, frozen=True):
    """Everything the diagnosis says of one session: the answer of `inspect --json`."""

    session: SessionSummary
    readiness: Readiness
    signals: dict[SignalName, Signal]
    flags: tuple[Flag, ...]
    classification: tuple[Classification, ...]
    causes: tuple[Cause, ...]
    suspects: tuple[Suspect, ...]
    cascade: tuple[CascadeStep, ...]
    actions: tuple[Action, ...]
    agents: tuple[AgentRun, ...]
    steps: tuple[StepRow, ...]
    tools: tuple[ToolUse, ...] = ()
