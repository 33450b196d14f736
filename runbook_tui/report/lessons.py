"""What the record itself says of the failure and of the response: sentences made of facts, no praise."""

from __future__ import annotations

from runbook_tui.incident import Response, checklist, span_of
from runbook_tui.report.clocks import Clocks, clocks, lasted, normal
from runbook_tui.trace import rfc3339
from runbook_tui.trace.counted import counted

__all__ = ["summary", "what_did_not", "what_went_well"]

_LATE_S = 3600
"""Seconds from start to notice after which users have met the failure before anyone on call has."""


def summary(response: Response) -> tuple[str, ...]:
    """Two or three sentences: what ran, what went wrong, how it stopped."""
    session, state, now = response.findings.session, response.state, clocks(response)
    agent = response.agent or "The agent"
    calls = f"{counted(session.llm_calls, 'LLM call')} and {counted(session.tool_calls, 'tool call')}"
    figures = f"{counted(session.steps, 'step')}, {calls}"
    said = [f"{agent} ran session {session.id}: {figures}. {_ending(session.outcome)}"]
    actions = response.actions()
    irreversible = sum(item.effect == "irreversible" for item in actions)
    what = f"{counted(len(actions), 'external action')}, {irreversible} irreversible"
    asked = sum(item.action.asked_by is not None for item in actions)
    if asked:
        what += f" ({asked} asked for; whether made is not recorded)"
    origin = response.session.step_of(state.origin.span_id) if state.origin else None
    if origin is not None:
        entered = f"The wrong premise entered at step {origin.number} ({origin.label[:60]})"
        said.append(f"{entered}, followed by {what}{_preceded(response)}.")
    else:
        said.append(f"The fault origin is not marked yet; the session took {what}.")
    rules, answers = response.playbook.postmortem.severity, state.answers
    said += [
        rule.because for rule in rules if rule.when.answers and rule.when.answers.items() <= answers.items()
    ]
    timed = origin is not None and origin.span.start_ns is not None
    said.append(_how_it_stopped(now, "the wrong premise entered" if timed else "the session began"))
    return tuple(said)


def _preceded(response: Response) -> str:
    before = response.actions_before()
    irreversible = sum(item.effect == "irreversible" for item in before)
    return f"; {len(before)} came before it, {irreversible} irreversible" if before else ""


def _how_it_stopped(now: Clocks, began: str) -> str:
    """When it was noticed and contained; each interval with what it is counted from."""
    noticed = f"It was noticed {_apart(now.ttd_s, began)}" if now.ttd_s is not None else ""
    if now.contained_at is None:
        return f"{noticed or 'It'} {'and ' if noticed else ''}is not contained yet."
    if not now.detection_reported:
        when = _apart(now.ttc_s, "the incident was opened")
        return f"It was contained {when}; when it was noticed is not recorded."
    if not noticed:
        return f"It was contained {_apart(now.ttc_s, 'it was noticed')}."
    return f"{noticed}, and contained {_apart(now.ttc_s, 'that')}."


def _apart(seconds: float | None, what: str) -> str:
    return f"{lasted(abs(seconds or 0))} {'before' if (seconds or 0) < 0 else 'after'} {what}"


def what_went_well(response: Response) -> tuple[str, ...]:
    """What the record shows to have worked."""
    state, now = response.state, clocks(response)
    found: list[str] = []
    if now.ttc_s is not None and now.ttc_s >= 0 and not _over_before(response, now):
        noticed = "detection" if now.detection_reported else "the incident was opened"
        found.append(f"The stop was carried out and checked {lasted(now.ttc_s)} after {noticed}.")
    if response.captures:
        found.append(
            f"The trace is kept as received, in {counted(len(response.captures), 'file')} named by SHA-256."
        )
    decision = state.decision
    if decision is not None and decision.mode == decision.proposed and decision.mode != "unclear":
        found.append(f"The mode that was decided on had been proposed from the trace (rule {decision.rule}).")
    recorded = {flag.flag for flag in response.findings.flags if flag.source == "recorded"}
    if recorded:
        found.append(f"The agent's own guards had recorded {', '.join(sorted(recorded))}.")
    evaluation = state.evaluation
    if evaluation is not None:
        green = " and passes on the good run" if evaluation.green else ""
        found.append(f"Eval case {evaluation.id} fails on this trace{green}.")
    return tuple(found)


def what_did_not(response: Response) -> tuple[str, ...]:
    """What the record shows to have been late, missing or left out."""
    state, now, findings = response.state, clocks(response), response.findings
    found: list[str] = []
    if now.ttd_s is not None and now.ttd_s >= _LATE_S:
        found.append(f"Nobody was told for {lasted(now.ttd_s)} after the failure began.")
    if not state.detection_reported:
        found.append("Nobody recorded when the failure was noticed.")
    if _over_before(response, now):
        before = lasted(span_of(findings.session.ended_at, now.detected_at))
        found.append(
            f"The last span of the run ended {before} before it was noticed: the stop came after it."
        )
    late = _after_detection(response, now.detected_at) if state.detection_reported else 0
    if late:
        found.append(f"{counted(late, 'external action')} took place after the failure was noticed.")
    if findings.session.outcome == "completed" and response.actions():
        found.append("The session was recorded as completed, so nothing in its outcome gave it away.")
    guarded = [flag for flag in findings.flags if flag.source == "recorded"]
    if guarded and response.actions():
        names = ", ".join(sorted({flag.flag for flag in guarded}))
        found.append(f"Its own guards recorded {names} while it ran, and the run went on.")
    missing = findings.readiness.missing
    if missing:
        fields = ", ".join(item.field for item in missing[:5])
        found.append(f"The trace lacks fields that a diagnosis needs: {fields}.")
    if state.skips:
        found.append(f"Playbook steps skipped: {len(state.skips)}; appendix B says why.")
    open_lines = [line for line in checklist(response) if not line.done]
    if open_lines:
        found.append(f"Checklist lines open or put off: {len(open_lines)}.")
    return tuple(found)


def _over_before(response: Response, now: Clocks) -> bool:
    """Whether the run was over before it was noticed, so that no stop can have stopped it."""
    session = response.findings.session
    after = span_of(session.ended_at, now.detected_at)
    return session.outcome is not None and now.detection_reported and after is not None and after > 0


def _after_detection(response: Response, detected: str | None) -> int:
    if detected is None:
        return 0
    made = (item.action for item in response.actions() if item.action.asked_by is None)
    steps = (response.session.step_of(action.span_id) for action in made)
    times = (normal(rfc3339(step.span.start_ns)) for step in steps if step is not None)
    return sum(at is not None and at > detected for at in times)


def _ending(outcome: str | None) -> str:
    return f"It ended as {outcome.replace('_', ' ')}." if outcome else "Its end has not been recorded."
