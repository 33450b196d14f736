"""The severity of an incident and of its eval case, as the playbook's rules propose it."""

from __future__ import annotations

import msgspec

from runbook_tui.diagnosis import Facts, cost, tokens_used
from runbook_tui.incident.response import Response
from runbook_tui.trace.words import Severity

__all__ = ["propose_severity"]

_NO_RULE: tuple[Severity, str] = ("P2", "no rule of the playbook fires")


def propose_severity(response: Response) -> tuple[Severity, str]:
    """The severity and the reason for it: the first rule whose conditions and answers hold.

    The effects that the engineer gave to actions count, not the catalogue's.
    """
    facts, answers = _facts(response), response.state.answers
    for rule in response.playbook.postmortem.severity:
        answered = all(answers.get(step) == value for step, value in rule.when.answers.items())
        if answered and facts.met(rule.when) is not None:
            return rule.severity, rule.because
    return _NO_RULE


def _facts(response: Response) -> Facts:
    findings = response.findings
    return Facts(
        findings.flags,
        findings.signals,
        findings.session,
        tuple(msgspec.structs.replace(item.action, effect=item.effect) for item in response.actions()),
        findings.agents,
        _ratio(
            findings.session.cost_usd, [cost(good, response.playbook.prices) for good in response.baseline]
        ),
        _ratio(
            _sum(findings.session.input_tokens, findings.session.output_tokens),
            [_sum(*tokens_used(good)) for good in response.baseline],
        ),
    )


def _sum(asked: int | None, said: int | None) -> float | None:
    return None if asked is None and said is None else float((asked or 0) + (said or 0))


def _ratio(value: float | None, good: list[float | None]) -> float | None:
    known = [item for item in good if item]
    return value / (sum(known) / len(known)) if value is not None and known else None
