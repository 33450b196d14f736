"""The postmortem checklist: it ticks itself where the evidence exists, and says what is missing where not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from runbook_tui.incident.response import Response
from runbook_tui.playbook import ChecklistEvidence, ChecklistItem, Step
from runbook_tui.trace.counted import counted
from runbook_tui.trace.words import Room

__all__ = ["ChecklistLine", "blockers", "checklist", "missing_types", "open_steps"]

HAND_STEP: Final = "checklist"
"""Under this step id, lines that have no evidence are ticked by hand."""


class ChecklistLine(msgspec.Struct, frozen=True):
    """One line of the checklist as it stands."""

    id: str
    text: str
    done: bool
    said: str
    """What ticks it, or what is missing."""
    evidence: ChecklistEvidence | None
    deferrable: bool
    deferred: bool
    room: Room
    """Where it is settled."""


_Answer = tuple[bool, str]


def checklist(response: Response) -> tuple[ChecklistLine, ...]:
    """Every line of the playbook's checklist, judged on what the incident holds."""
    return tuple(_line(response, item) for item in response.playbook.postmortem.checklist)


def blockers(response: Response) -> tuple[str, ...]:
    """What still keeps the incident from closing; empty when nothing does."""
    policy = response.playbook.postmortem
    found = [
        f"{line.text}: {line.said}" for line in checklist(response) if not line.done and not line.deferred
    ]
    written, missing = len(response.state.items), missing_types(response)
    more = policy.action_items.min - written - len(missing)
    wanted = [*(f"one to {kind}" for kind in missing), *([f"{more} more"] if more > 0 else [])]
    if wanted:
        found.append(f"Action items: {written} written; still wanted: {', '.join(wanted)}")
    found += [
        f"{step.title} ({room.replace('_', ' ')}): not done and not skipped"
        for room, step in open_steps(response)
    ]
    return tuple(found)


def missing_types(response: Response) -> tuple[str, ...]:
    """The types of action items that the playbook wants and none is of."""
    kinds = {item.type for item in response.state.items}
    return tuple(
        kind for kind in response.playbook.postmortem.action_items.require_types if kind not in kinds
    )


def open_steps(response: Response) -> tuple[tuple[Room, Step], ...]:
    """The playbook's required steps that are not settled, each with its room."""
    return tuple(
        (room, step)
        for room, step in response.playbook.steps()
        if step.required and not step_settled(response, step.id)
    )


def step_settled(response: Response, step_id: str) -> bool:
    """Whether a playbook step is done, answered, ticked or skipped with a reason."""
    state = response.state
    step = response.playbook.step(step_id)
    if step is None or step_id in state.skips or step_id in state.done or step_id in state.answers:
        return True
    if step.kind == "checklist":
        return all(item.id in state.ticks.get(step_id, ()) for item in step.items)
    if step.kind == "choice":
        return any(stop.option in {option.id for option in step.options} for stop in state.stops)
    return False


def _line(response: Response, item: ChecklistItem) -> ChecklistLine:
    if item.evidence is None:
        by_hand = item.id in response.state.ticks.get(HAND_STEP, ())
        done, said, room = by_hand, "ticked by hand" if by_hand else "tick it when it is true", "postmortem"
    else:
        judge, room = _JUDGES[item.evidence]
        done, said = judge(response)
    reason = response.state.deferred.get(item.id)
    deferred = item.deferrable and reason is not None and not done
    return ChecklistLine(
        item.id,
        item.text,
        done,
        f"deferred: {reason}" if deferred else said,
        item.evidence,
        item.deferrable,
        deferred,
        room,  # type: ignore[arg-type]
    )


def _trace(response: Response) -> _Answer:
    captures = response.captures
    return (True, f"sha256 {captures[0].sha256[:12]}") if captures else (False, "no capture is stored")


def _origin(response: Response) -> _Answer:
    origin = response.state.origin
    return (True, f"step {origin.step}") if origin else (False, "no step is marked as fault origin")


def _mode(response: Response) -> _Answer:
    decision = response.state.decision
    if decision is None:
        return False, "not decided"
    agreed = "as proposed" if decision.mode == decision.proposed else f"proposed was {decision.proposed}"
    return True, f"{decision.mode.replace('_', ' ')} ({agreed})"


def _cascade(response: Response) -> _Answer:
    spans = response.spans
    rows = (spans.row_of_span(span) for span in response.state.cascade)
    numbers = list(dict.fromkeys(row.step for row in rows if row is not None and row.step is not None))
    if not numbers:
        return False, "no step is in the cascade"
    shown = numbers if len(numbers) <= 6 else [*numbers[:4], "...", numbers[-1]]
    path = " > ".join(str(number) for number in shown)
    if not response.state.cascade_taken:
        return False, f"proposed: {path}; c on the origin takes it, on another step changes it"
    return True, path


def _actions(response: Response) -> _Answer:
    if response.state.origin is None:
        return False, "needs the fault origin"
    actions = response.actions()
    unknown = sum(judged.effect == "unknown" for judged in actions)
    if unknown:
        return False, f"{unknown} of {len(actions)} have an unknown effect"
    irreversible = sum(judged.effect == "irreversible" for judged in actions)
    if (unseen := _unseen(response)) is not None:
        return False, unseen
    asked = sum(judged.action.asked_by is not None for judged in actions)
    unsure = f"; {asked} asked for, whether made is not recorded" if asked else ""
    return True, f"{counted(len(actions), 'action')}, {irreversible} irreversible{unsure}{_before(response)}"


def _remediation(response: Response) -> _Answer:
    if response.state.origin is None:
        return False, "needs the fault origin"
    irreversible = [judged for judged in response.actions() if judged.effect == "irreversible"]
    ready = sum(
        bool(judged.owner and judged.plan) and judged.status in ("started", "done") for judged in irreversible
    )
    if ready < len(irreversible):
        return False, f"{ready} of {len(irreversible)} have owner, plan and a start"
    if irreversible:
        return True, f"{ready} of {len(irreversible)} under way"
    if (unseen := _unseen(response)) is not None:
        return False, unseen
    after = " after the origin" if response.actions_before() else ""
    return True, f"no irreversible action{after}"


def _unseen(response: Response) -> str | None:
    """What is to be looked at where every action came before the origin: one marked too late hides them all."""
    waiting = any(
        judged.effect in ("irreversible", "unknown") and not judged.looked_at
        for judged in response.actions_before()
    )
    if response.actions() or not waiting:
        return None
    return f"none after the origin{_before(response)}: say what was done, or mark an earlier origin"


def _before(response: Response) -> str:
    before = response.actions_before()
    irreversible = sum(judged.effect == "irreversible" for judged in before)
    return f"; {len(before)} before it ({irreversible} irreversible)" if before else ""


def _factors(response: Response) -> _Answer:
    policy, count = response.playbook.postmortem.factors, len(response.state.factors)
    if count < policy.min:
        return False, f"{count} named; {policy.ask} are asked for, one alone is refused"
    return True, f"{count} named" + ("" if count >= policy.ask else f"; {policy.ask} are asked for")


def _gap(response: Response) -> _Answer:
    return (True, "written") if response.state.gap else (False, "not written")


def _eval_case(response: Response) -> _Answer:
    record = response.state.evaluation
    if record is None:
        return False, "no case that fails on this trace"
    green = {True: ", passes on the good run", False: ", fails on the good run", None: ""}[record.green]
    return True, f"{record.id}: fails on this trace{green}"


def _alert(response: Response) -> _Answer:
    return (True, response.state.alert) if response.state.alert else (False, "no alert or ticket named")


def _sent(response: Response) -> _Answer:
    state = response.state
    if not state.distributed:
        return False, "not sent"
    if state.sent_version is None:
        return False, f"its files were not written then, so {state.distributed} cannot have it"
    if response.is_changed_since(state.sent_version):
        return False, f"changed since it was sent to {state.distributed}: write it again with w, then send it"
    return True, state.distributed


_JUDGES: Final[dict[ChecklistEvidence, tuple[Callable[[Response], _Answer], Room]]] = {
    "trace_exported": (_trace, "capture"),
    "origin": (_origin, "trace_back"),
    "mode": (_mode, "classify"),
    "cascade": (_cascade, "trace_back"),
    "actions_classified": (_actions, "blast_radius"),
    "remediation": (_remediation, "blast_radius"),
    "factors": (_factors, "postmortem"),
    "gap": (_gap, "postmortem"),
    "eval_case": (_eval_case, "postmortem"),
    "alert": (_alert, "postmortem"),
    "distributed": (_sent, "postmortem"),
}
