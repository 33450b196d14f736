"""Session in, findings out. Pure and deterministic: the same input gives the same answer, byte for byte."""

from __future__ import annotations

import msgspec

from runbook_tui.diagnosis.actions import find_actions, find_agents
from runbook_tui.diagnosis.cascade import propose_cascade
from runbook_tui.diagnosis.case import Case
from runbook_tui.diagnosis.flags import find_flags
from runbook_tui.diagnosis.inventions import invented_after_nothing
from runbook_tui.diagnosis.outcome import find_outcome
from runbook_tui.diagnosis.readiness import find_readiness
from runbook_tui.diagnosis.rules import Facts, classify, find_causes
from runbook_tui.diagnosis.signals import find_signals
from runbook_tui.diagnosis.summary import cost, step_rows, summarise, tokens_used, tool_use
from runbook_tui.diagnosis.suspects import rank_suspects
from runbook_tui.playbook import Playbook
from runbook_tui.trace import Findings, SessionTrace, Step
from runbook_tui.trace.collector import collector_paused

__all__ = ["actions_after", "diagnose"]


def diagnose(
    session: SessionTrace,
    playbook: Playbook,
    baseline: tuple[SessionTrace, ...] = (),
    *,
    full: bool = False,
    growing: bool = False,
) -> Findings:
    """Everything that can be said of a session without a model.

    Args:
        session: the session.
        playbook: whose catalogue, thresholds and rules apply.
        baseline: good runs of the same agent; schema drift is judged against them.
        full: keep long texts whole in `steps`.
        growing: the run may still go on: a root that has not come is no finding, and the outcome is open.
    """
    with collector_paused():
        return _diagnosed(Case(session, playbook, baseline, growing=growing), full=full)


def _diagnosed(case: Case, *, full: bool) -> Findings:
    session, playbook, baseline = case.session, case.playbook, case.baseline
    flags = find_flags(case)
    signals = find_signals(case, flags)
    summary = summarise(case, find_outcome(case, flags, signals))
    suspects = rank_suspects(case, flags)
    origin = _proposed_origin(session, suspects[0].span_id if suspects and flags else None)
    actions = find_actions(case, origin.index if origin else None)
    facts = Facts(
        flags,
        signals,
        summary,
        actions,
        find_agents(case),
        _ratio(summary.cost_usd, [cost(good, playbook.prices) for good in baseline]),
        _ratio(_tokens(session), [_tokens(good) for good in baseline]),
        invented_after_nothing(case, flags),
    )
    return Findings(
        session=summary,
        readiness=find_readiness(case),
        signals=signals,
        flags=flags,
        classification=classify(case, facts),
        causes=find_causes(case, facts),
        suspects=suspects,
        cascade=propose_cascade(session, origin) if origin else (),
        actions=actions,
        agents=facts.agents,
        steps=step_rows(session, playbook.prices, full=full),
        tools=tool_use(case),
    )


def actions_after(findings: Findings, session: SessionTrace, origin_span: str | None) -> Findings:
    """The findings with cascade and `after_origin` judged from the origin a human marked."""
    origin = _proposed_origin(session, origin_span)
    if origin is None:
        return findings
    index = {step.span.span_id: step.index for step in session.steps}
    actions = tuple(
        msgspec.structs.replace(action, after_origin=index.get(action.span_id, -1) >= origin.index)
        for action in findings.actions
    )
    return msgspec.structs.replace(findings, actions=actions, cascade=propose_cascade(session, origin))


def _proposed_origin(session: SessionTrace, span_id: str | None) -> Step | None:
    return next((step for step in session.steps if step.span.span_id == span_id), None) if span_id else None


def _tokens(session: SessionTrace) -> float | None:
    asked, said = tokens_used(session)
    return None if asked is None and said is None else float((asked or 0) + (said or 0))


def _ratio(value: float | None, good: list[float | None]) -> float | None:
    known = [item for item in good if item]
    return value / (sum(known) / len(known)) if value is not None and known else None
