"""The playbook's rules applied: proposed modes and causes, each with the rule and the spans that fired it."""

from __future__ import annotations

from typing import Any

import msgspec

from runbook_tui.diagnosis.case import Case
from runbook_tui.diagnosis.comparison import compare
from runbook_tui.playbook import Condition, holds
from runbook_tui.trace import (
    Action,
    AgentRun,
    Cause,
    Classification,
    Evidence,
    Flag,
    SessionSummary,
    Signal,
)
from runbook_tui.trace.counted import counted
from runbook_tui.trace.words import FlagName, SignalName

__all__ = ["Facts", "classify", "find_causes"]


class Facts(msgspec.Struct, frozen=True):
    """What conditions are judged on."""

    flags: tuple[Flag, ...]
    signals: dict[SignalName, Signal]
    summary: SessionSummary
    actions: tuple[Action, ...]
    agents: tuple[AgentRun, ...]
    cost_ratio: float | None
    token_ratio: float | None
    invented: Evidence | None = None
    """What was stated after an empty result without ground."""

    def met(self, condition: Condition) -> list[Evidence] | None:
        """The evidence for a condition whose every stated clause holds; None when one does not."""
        evidence: list[Evidence] = []
        for holds_, found in (
            self._flags(condition),
            self._signals(condition),
            self._counts(condition),
        ):
            if not holds_:
                return None
            evidence += found
        return evidence

    def _named(self, *names: FlagName) -> list[Flag]:
        return [flag for flag in self.flags if flag.flag in names]

    def _flags(self, condition: Condition) -> tuple[bool, list[Evidence]]:
        present = {flag.flag for flag in self.flags}
        changing = {action.span_id for action in self.actions if action.effect != "read"}
        acting = [flag for flag in self._named(*condition.flag_on_action) if flag.span_id in changing]
        ok = (
            (not condition.any_flag or bool(present & set(condition.any_flag)))
            and set(condition.all_flags) <= present
            and (not condition.flag_on_action or bool(acting))
            and not present & set(condition.no_flag)
            and all(len(self._named(name)) >= least for name, least in condition.min_flag_count.items())
        )
        wanted = (*condition.any_flag, *condition.all_flags, *condition.min_flag_count)
        return ok, [
            Evidence(f"{flag.flag} ({flag.source}): {flag.detail}", flag.step, flag.span_id)
            for flag in (*acting, *self._named(*wanted))[:5]
        ]

    def _signals(self, condition: Condition) -> tuple[bool, list[Evidence]]:
        wanted: dict[str, Any] = condition.signals.model_dump(exclude_none=True) if condition.signals else {}
        evidence: list[Evidence] = []
        for name, needed in wanted.items():
            signal = self.signals[name]  # type: ignore[index]
            if signal.value is None:
                return False, []
            ok = signal.value is needed if isinstance(needed, bool) else holds(needed, float(signal.value))
            if not ok:
                return False, []
            evidence.append(Evidence(f"{name} is {_shown(signal.value)} ({signal.source})"))
        return True, evidence

    def _counts(self, condition: Condition) -> tuple[bool, list[Evidence]]:
        evidence: list[Evidence] = []
        irreversible = [action for action in self.actions if action.effect == "irreversible"]
        acting = [action for action in self.actions if action.effect != "unknown"]
        for needed, has, text in (
            (condition.min_actions, len(acting), counted(len(acting), "external action")),
            (
                condition.min_irreversible_actions,
                len(irreversible),
                counted(len(irreversible), "irreversible action"),
            ),
            (condition.min_agents, len(self.agents), f"{len(self.agents)} agents took part"),
            (
                condition.min_cost_ratio,
                self.cost_ratio,
                f"cost is {self.cost_ratio or 0:.1f} x the good runs'",
            ),
            (
                condition.min_token_ratio,
                self.token_ratio,
                f"tokens are {self.token_ratio or 0:.1f} x the good runs'",
            ),
        ):
            if needed is None:
                continue
            if has is None or has < needed:
                return False, []
            cited = (irreversible if "irreversible" in text else acting) if "action" in text else []
            first = cited[0] if cited else None
            last = cited[-1].step if first and cited[-1].step != first.step else None
            evidence.append(
                Evidence(text, first.step if first else None, first.span_id if first else None, last)
            )
        if condition.invented_after_nothing:
            if self.invented is None:
                return False, []
            evidence.append(self.invented)
        if condition.outcome:
            if self.summary.outcome not in condition.outcome:
                return False, []
            evidence.append(Evidence(f"outcome is {self.summary.outcome}"))
        return True, evidence


def classify(case: Case, facts: Facts) -> tuple[Classification, ...]:
    """The modes the rules propose, best first, each mode once; `unclear` when none fires."""
    best: dict[str, Classification] = {}
    for rule in case.playbook.classification.rules:
        evidence = facts.met(rule.when)
        if evidence is None:
            continue
        proposed = Classification(
            rule.mode, rule.pattern, rule.score, rule.id, (Evidence(rule.because), *evidence)
        )
        if rule.mode not in best or best[rule.mode].score < rule.score:
            best[rule.mode] = proposed
    found = sorted(best.values(), key=lambda item: -item.score)
    if not found:
        reason = Evidence("no rule of the playbook fires on this capture")
        return (Classification("unclear", None, 0.0, "none", (reason,)),)
    return tuple(found)


def find_causes(case: Case, facts: Facts) -> tuple[Cause, ...]:
    """The causes the table proposes, best first, each cause once."""
    seen = compare(case, facts.flags)
    best: dict[str, Cause] = {}
    for rule in case.playbook.causes:
        if not all(name in seen for name in rule.when.evidence) or any(
            name in seen for name in rule.when.no_evidence
        ):
            continue
        evidence = facts.met(rule.when)
        if evidence is None:
            continue
        evidence += [item for name in rule.when.evidence for item in seen[name]]
        cause = Cause(rule.cause, rule.score, rule.first_step, tuple(evidence))
        if rule.cause not in best or best[rule.cause].score < rule.score:
            best[rule.cause] = cause
    return tuple(sorted(best.values(), key=lambda item: -item.score))


def _shown(value: float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value:.2f}"
