"""Everything the postmortem says, as plain data: one source for the Markdown and for `incident.json`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from runbook_tui.incident import CommandRun, JudgedAction, Response, checklist, propose_severity
from runbook_tui.report.clocks import clocks
from runbook_tui.report.lessons import summary, what_did_not, what_went_well
from runbook_tui.report.timeline import timeline
from runbook_tui.trace import Step, visible_tree
from runbook_tui.trace.redaction import Redactor

__all__ = ["FORMAT", "facts"]

FORMAT: Final = "runbook_tui/incident/v1"
_PURPOSES: Final = {"stop": "", "check": "Check of: ", "undo": "Take back of: "}
_SAID: Final = 200
"""Characters of a command's output that a postmortem quotes; the journal has more."""


def facts(response: Response) -> dict[str, Any]:
    """The incident as plain data, secrets masked; `redactions` says how many there were."""
    redactor = Redactor()
    found: dict[str, Any] = redactor.tree(
        visible_tree(
            {
                "schema": FORMAT,
                "incident": response.id,
                **_head(response),
                **_analysis(response),
                **_impact(response),
                **_written(response),
                "timeline": msgspec.to_builtins(timeline(response)),
                **_record(response),
            }
        )
    )
    return {**found, "redactions": redactor.count}


def _head(response: Response) -> dict[str, Any]:
    state, findings = response.state, response.findings
    proposal = findings.classification[0]
    decision = msgspec.to_builtins(state.decision)
    evaluation = state.evaluation
    severity, reason = propose_severity(response)
    mode = state.decision.mode if state.decision else None
    return {
        "title": f"{response.agent or 'An agent'}: {_mode_said(mode, proposal.mode)}",
        "status": "closed" if state.closed_at else "draft",
        "severity": evaluation.severity if evaluation else severity,
        "severity_reason": reason,
        "failure_mode": mode,
        "pattern": state.decision.pattern if state.decision else None,
        "decision": decision,
        "proposal": msgspec.to_builtins(proposal),
        "session": msgspec.to_builtins(findings.session),
        "clocks": msgspec.to_builtins(clocks(response)),
        "summary": list(summary(response)),
        "playbook": {
            "id": response.playbook.id,
            "version": response.playbook.version,
            "sha256": state.playbook_sha256,
        },
        "captures": msgspec.to_builtins(response.captures),
        "baseline": list(state.baseline),
    }


def _analysis(response: Response) -> dict[str, Any]:
    findings, state = response.findings, response.state
    numbers = {step.span.span_id: step for step in response.session.steps}
    cascade = [numbers[span] for span in state.cascade if span in numbers]
    origin = response.session.step_of(state.origin.span_id) if state.origin else None
    return {
        "readiness": msgspec.to_builtins(findings.readiness),
        "signals": msgspec.to_builtins(findings.signals),
        "flags": msgspec.to_builtins(findings.flags),
        "classification": msgspec.to_builtins(findings.classification),
        "causes": msgspec.to_builtins(findings.causes),
        "suspects": msgspec.to_builtins(findings.suspects[:10]),
        "agents": [
            {**msgspec.to_builtins(agent), "stopped": state.agents_stopped.get(agent.span_id)}
            for agent in findings.agents
        ],
        "origin": _origin(response, origin) if origin and state.origin else None,
        "cascade": [
            {"step": step.number, "span_id": step.span.span_id, "label": step.label} for step in cascade
        ],
        "cascade_taken": state.cascade_taken,
        "cascade_steps": list(dict.fromkeys(step.number for step in cascade)),
        "notes": [
            {"step": numbers[span].number if span in numbers else None, "span_id": span, "text": text}
            for span, text in state.notes.items()
        ],
    }


def _origin(response: Response, step: Step) -> dict[str, Any]:
    """The fault origin with what it was given, what it said, and the context its model had."""
    span, tool = step.span, step.span.tool
    steps = response.session.steps
    model_call = next((item for item in reversed(steps[: step.index + 1]) if item.kind == "llm"), None)
    context = model_call.span.input_messages if model_call else ()
    calls = [f"calls {part.name}: {part.text}" for part in span.requested_calls]
    assert response.state.origin is not None
    return {
        "step": step.number,
        "span_id": span.span_id,
        "kind": step.kind,
        "label": step.label,
        "note": response.state.origin.note,
        "arguments": tool.arguments if tool else None,
        "result": tool.result if tool else None,
        "said": "\n".join([span.output_text, *calls]).strip() or None,
        "context_step": model_call.number if model_call else None,
        "context": "\n".join(
            f"[{message.role}] {part.text}" for message in context for part in message.parts if part.text
        )
        or None,
    }


def _impact(response: Response) -> dict[str, Any]:
    judged, before = response.actions(), response.actions_before()
    actions = [
        {
            "step": item.action.step,
            "span_id": item.action.span_id,
            "tool": item.action.tool,
            "arguments": item.action.arguments,
            "effect": item.effect,
            "judged_by": "engineer" if item.by_human else "playbook",
            "owner": item.owner,
            "plan": item.plan,
            "suggested_reversal": item.action.reversal,
            "status": item.status,
            "asked_by": item.action.asked_by,
        }
        for item in judged
    ]
    tools: dict[str, dict[str, Any]] = {}
    for action in actions:
        row = tools.setdefault(
            f"{action['tool']}\n{action['effect']}",
            {
                "tool": action["tool"],
                "effect": action["effect"],
                "count": 0,
                "ready": 0,
                "first_step": action["step"],
            },
        )
        row["count"] += 1
        row["ready"] += bool(action["owner"] and action["plan"])
        row["last_step"] = action["step"]
    return {
        "actions": actions,
        "actions_by_tool": list(tools.values()),
        "external_actions": {
            "total": len(judged),
            **_effects(judged),
            "not_recorded": sum(item.action.asked_by is not None for item in judged),
            "before_origin": {"total": len(before), **_effects(before)},
        },
    }


def _effects(actions: Sequence[JudgedAction]) -> dict[str, int]:
    """How many have each effect that matters."""
    return {
        effect: sum(item.effect == effect for item in actions)
        for effect in ("reversible", "irreversible", "unknown")
    }


def _written(response: Response) -> dict[str, Any]:
    state, policy = response.state, response.playbook.postmortem
    evaluation = state.evaluation
    return {
        "factors": msgspec.to_builtins(state.factors),
        "factors_asked_for": policy.factors.ask,
        "detection_gap": state.gap,
        "action_items": msgspec.to_builtins(state.items),
        "alert": state.alert,
        "distributed": state.distributed,
        "checklist": msgspec.to_builtins(checklist(response)),
        "went_well": list(what_went_well(response)),
        "did_not_go_well": list(what_did_not(response)),
        "eval": {
            "id": evaluation.id,
            "severity": evaluation.severity,
            "fails_on_captured_trace": evaluation.red,
            "passes_on_corrected_trace": evaluation.green,
        }
        if evaluation
        else None,
    }


def _record(response: Response) -> dict[str, Any]:
    state = response.state
    # what was asked before the mode's playbook took over keeps its words
    books = (*response.playbooks.values(), response.playbook)
    titles = {step.id: step for book in books for _, step in book.steps()}
    telling = _about_impact(response)
    lines = {item.id: item.text for item in response.playbook.postmortem.checklist}
    return {
        "commands": _commands(response),
        "contained_how": state.contained_how,
        "answers": [
            {
                "step": name,
                "title": titles[name].title if name in titles else name,
                "question": getattr(titles.get(name), "question", None),
                "answer": value,
                "impact": name in telling,
            }
            for name, value in state.answers.items()
        ],
        "skips": [
            {"step": name, "title": titles[name].title if name in titles else name, "reason": reason}
            for name, reason in state.skips.items()
        ],
        "deferrals": [
            {"item": name, "text": lines.get(name, name), "reason": reason}
            for name, reason in state.deferred.items()
        ],
        "journal": {
            "last_hash": response.journal.last_hash,
            "entries": msgspec.to_builtins(response.journal.entries),
        },
    }


def _about_impact(response: Response) -> set[str]:
    """The questions whose answers say what was done to people or broken: the blast radius's, and what severity rests on."""
    playbooks = (response.playbook, *response.playbooks.values())
    asked = {step.id for book in playbooks for step in book.rooms.blast_radius.steps if step.kind == "ask"}
    return asked | {name for rule in response.playbook.postmortem.severity for name in rule.when.answers}


def _mode_said(mode: str | None, proposed: str) -> str:
    if mode is None:
        return f"failure mode not decided, proposed {proposed.replace('_', ' ')}"
    return "failure of unclear mode" if mode == "unclear" else mode.replace("_", " ")


def _commands(response: Response) -> list[dict[str, Any]]:
    """What was run here, and what was carried out elsewhere, in order of time."""
    state = response.state
    by_hand = [msgspec.to_builtins(stop) for stop in state.stops if stop.command is None]
    run = [
        {**msgspec.to_builtins(item), "label": _PURPOSES[item.purpose] + item.label, "how": _how(item)}
        for item in state.commands
    ]
    return sorted([*by_hand, *run], key=lambda item: int(item["seq"]))


def _how(run: CommandRun) -> str:
    said = " ".join(run.output.split())
    last = said if len(said) <= _SAID else f"... {said[-_SAID:]}"
    return f"run here: {run.said}" + (f"; it said: {last}" if said else "")
