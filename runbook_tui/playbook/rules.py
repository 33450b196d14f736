"""Rules of judgement: the closed condition grammar, mode rules, the cause table, thresholds."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from runbook_tui.playbook.fields import Glob, Identifier, PlaybookId, Prose, Regex, Share, Strict
from runbook_tui.trace.words import CauseName, FlagName, Mode, Outcome, Pattern, Room, Severity

Evidence = Literal[
    "model_changed",
    "prompt_changed",
    "tool_schema_changed",
    "retrieval_empty",
    "retrieval_stale",
    "no_change_seen",
]
"""What a comparison with a good session can show. `no_change_seen`: compared, and nothing differs."""

_COMPARISON: Final = r"^(<|<=|>|>=|==) ?[0-9]+(\.[0-9]+)?$"
_OPERATORS: Final[dict[str, Callable[[float, float], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
}

Comparison = Annotated[str, StringConstraints(pattern=_COMPARISON, max_length=20)]
"""An operator and a number, such as `< 0.75`. See `holds`."""

Count = Annotated[int, Field(ge=1)]
Ratio = Annotated[float, Field(gt=0)]


def holds(comparison: str, value: float) -> bool:
    """Tell whether a value satisfies a comparison such as `< 0.75`.

    Raises:
        ValueError: The text is not a comparison. A loaded playbook contains none such.
    """
    if not re.fullmatch(_COMPARISON, comparison):
        raise ValueError(f"not a comparison: {comparison!r}")
    sign = comparison.rstrip("0123456789. ")
    return _OPERATORS[sign](value, float(comparison[len(sign) :]))


class SignalConditions(Strict):
    """What the behavioural signals must say. A signal that is not known satisfies nothing."""

    grounded: Comparison | None = Field(default=None, description="Such as `< 0.75`.")
    fallback: bool | None = Field(default=None, description="true: a fallback path was taken.")
    confidence: Comparison | None = Field(default=None, description="Such as `< 0.70`.")
    downstream_ok: bool | None = Field(default=None, description="false: the output could not be used.")


class Condition(Strict):
    """When a rule fires: every clause that is stated must hold. No expressions, on purpose.

    A clause about something the capture does not show (no signal, no baseline) does not hold.
    """

    any_flag: tuple[FlagName, ...] = Field(default=(), description="At least one of these flags is there.")
    all_flags: tuple[FlagName, ...] = Field(default=(), description="Every one of these flags is there.")
    no_flag: tuple[FlagName, ...] = Field(default=(), description="None of these flags is there.")
    flag_on_action: tuple[FlagName, ...] = Field(
        default=(), description="At least one of these flags is on a tool call that changes something."
    )
    min_flag_count: dict[FlagName, Count] = Field(
        default_factory=dict, description="Each of these flags is there at least so many times."
    )
    signals: SignalConditions | None = Field(default=None, description="What the signals must say.")
    outcome: tuple[Outcome, ...] = Field(default=(), description="The session ended in one of these ways.")
    invented_after_nothing: Literal[True] | None = Field(
        default=None,
        description="After an empty result a model states a number that nothing before contains.",
    )
    min_actions: Count | None = Field(default=None, description="At least so many actions that are no reads.")
    min_irreversible_actions: Count | None = Field(
        default=None, description="At least so many irreversible actions."
    )
    min_agents: Count | None = Field(default=None, description="At least so many agents took part.")
    min_cost_ratio: Ratio | None = Field(default=None, description="Cost, as a multiple of the baseline's.")
    min_token_ratio: Ratio | None = Field(
        default=None, description="Tokens, as a multiple of the baseline's."
    )


class CauseCondition(Condition):
    """A condition that may also ask what a comparison with a good session shows."""

    evidence: tuple[Evidence, ...] = Field(default=(), description="Every one of these was seen.")
    no_evidence: tuple[Evidence, ...] = Field(default=(), description="None of these was seen.")


class SeverityCondition(Condition):
    """A condition that may also ask what the engineer answered."""

    answers: dict[Identifier, Prose] = Field(
        default_factory=dict, description="Step id and the answer given there, such as `safety: yes` quoted."
    )


class ModeRule(Strict):
    """Proposes a mode. Rules are read in order; of equal scores the earlier wins."""

    id: Identifier = Field(description="Unique among the rules; named in the record when it fires.")
    mode: Mode = Field(description="The mode it proposes.")
    pattern: Pattern | None = Field(default=None, description="The finer name, if the rule can tell.")
    when: Condition = Field(description="When it fires.")
    score: Share = Field(description="How sure the rule is when it fires, 0 to 1.")
    because: Prose = Field(description="The reason shown to the engineer.")


class FirstAction(Strict):
    """What to do first, and the room where it is done."""

    text: Prose = Field(description="One calm sentence.")
    room: Room = Field(description="The room to go to.")


class ModeAction(FirstAction):
    """The first action for a mode, and the playbook that goes on from there."""

    playbook: PlaybookId | None = Field(default=None, description="Playbook to switch to, or null to stay.")


class Classification(Strict):
    """How the mode is proposed, and what each mode asks for first."""

    rules: tuple[ModeRule, ...] = Field(min_length=1, description="The rules, in order.")
    first_actions: dict[Mode, ModeAction] = Field(description="What to do first, by mode.")


class CauseRule(Strict):
    """Proposes what changed in the world. A cause may have several rules."""

    id: Identifier = Field(description="Unique among the causes.")
    cause: CauseName = Field(description="The cause it proposes.")
    when: CauseCondition = Field(description="When it fires.")
    score: Share = Field(description="How sure the rule is when it fires, 0 to 1.")
    first_step: Prose = Field(description="The first thing to check.")


class SeverityRule(Strict):
    """Proposes the severity of the eval case; the first rule that fires wins."""

    when: SeverityCondition = Field(description="When it fires.")
    severity: Severity = Field(description="P0 blocks a deploy, P1 warns, P2 is logged.")
    because: Prose = Field(description="The reason shown to the engineer.")


class Thresholds(Strict):
    """The numbers the detectors compare with. Defaults are those of the two founding runbooks."""

    loop_similarity: Share = Field(default=0.90, description="How alike two calls' arguments must be.")
    loop_repeats: int = Field(default=3, ge=2, description="Alike calls of one tool that make a loop.")
    budget_warning: Share = Field(default=0.60, description="Share of the token budget that warns.")
    token_budget: Count | None = Field(default=None, description="Tokens a session may use, or null.")
    grounded_min: Share = Field(default=0.75, description="Below this, an answer is not grounded.")
    confidence_min: Share = Field(default=0.70, description="Below this, a decision was uncertain.")
    cost_ratio: Ratio = Field(default=5.0, description="Multiple of the baseline's cost that is a runaway.")
    context_drift: Share = Field(
        default=0.65, description="Distance of the stated goal from the task, 0 same to 1 unrelated."
    )
    quiet_after_stop_s: int = Field(
        default=60,
        ge=5,
        le=3600,
        description="Seconds without a new span after which a stop is taken to hold.",
    )
    stale_after_days: int = Field(default=14, ge=1, description="Age at which a retrieved document is stale.")
    fallback_tools: tuple[Glob, ...] = Field(
        default=("*fallback*",), description="Names of tools that mean the usual path was left."
    )
    entity_patterns: tuple[Regex, ...] = Field(
        default=(), description="Formats of your own ids, beside those known already."
    )
