"""The fixed vocabularies: one name for each thing, in code, on screen, in JSON and in docs."""

from __future__ import annotations

from typing import Final, Literal, get_args

Kind = Literal["llm", "tool", "agent", "retrieval", "memory", "handoff", "guardrail", "user", "other"]
"""What a span is. Every kind but `agent` and `other` is a step."""

Room = Literal["contain", "capture", "classify", "trace_back", "blast_radius", "postmortem"]
"""The six rooms of an incident, in the order that limits the damage."""

FlagName = Literal[
    "ENTITY_HALLUCINATION",
    "TOOL_SCHEMA_DRIFT",
    "LOOP_DETECTED",
    "CONTEXT_DRIFT",
    "BUDGET_WARNING",
    "EMPTY_RESULT",
    "TOOL_ERROR",
    "DUPLICATE_SIDE_EFFECT",
    "UNGROUNDED_VALUE",
    "MALFORMED_ARGUMENTS",
    "TRUNCATED_COMPLETION",
    "CONTEXT_TRUNCATED",
    "GUARDRAIL_TRIPPED",
    "LLM_ERROR",
    "RUN_ERROR",
]
"""A typed anomaly on a span."""

Source = Literal["recorded", "detected", "derived"]
"""Who says so: the agent's own telemetry, a detector of ours, or a derivation from the trace."""

SignalName = Literal["grounded", "fallback", "confidence", "downstream_ok"]
"""The behavioural signals, recorded as `agent.behavioral.*` or derived."""

Outcome = Literal["completed", "tool_error", "bad_output", "timeout", "budget_exceeded"]
"""How a session ended."""

Mode = Literal["hallucination_propagation", "tool_misfire", "context_poisoning", "cost_runaway", "unclear"]
"""The failure mode: it decides the first action and what to read."""

Pattern = Literal[
    "tool_misuse",
    "context_degradation",
    "goal_drift",
    "retry_loop",
    "cascading_multi_agent_error",
    "silent_quality_degradation",
]
"""The finer name beside a mode."""

CauseName = Literal[
    "provider_model_drift",
    "prompt_regression",
    "retrieval_drift",
    "tool_schema_change",
    "capability_boundary",
]
"""What changed in the world so that the session failed."""

Effect = Literal["read", "reversible", "irreversible", "unknown"]
"""What a tool does to the world outside the session."""

Severity = Literal["P0", "P1", "P2"]
"""P0 blocks a deploy, P1 warns and needs an override, P2 is logged."""

FactorLayer = Literal[
    "model", "prompt", "tool_contract", "retrieval", "memory", "eval_coverage", "guardrail", "process"
]
"""Where a contributing factor sits."""

ActionItemType = Literal["prevent", "mitigate", "detect", "repair", "process"]
"""What a follow-up is for."""

ROOMS: Final[tuple[Room, ...]] = get_args(Room)
FLAGS: Final[tuple[FlagName, ...]] = get_args(FlagName)
MODES: Final[tuple[Mode, ...]] = get_args(Mode)
PATTERNS: Final[tuple[Pattern, ...]] = get_args(Pattern)
OUTCOMES: Final[tuple[Outcome, ...]] = get_args(Outcome)
SIGNALS: Final[tuple[SignalName, ...]] = get_args(SignalName)
EFFECTS: Final[tuple[Effect, ...]] = get_args(Effect)
STEP_KINDS: Final[frozenset[Kind]] = frozenset(get_args(Kind)) - {"agent", "other"}
