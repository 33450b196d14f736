"""What each journal event changes, and the state that a journal folds into."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from runbook_tui.incident.journal import Entry
from runbook_tui.incident.state import (
    ActionItem,
    Decision,
    EvalRecord,
    Factor,
    IncidentState,
    Origin,
    Remediation,
)
from runbook_tui.incident.stop_events import STOP_EVENTS

__all__ = ["UNDOABLE", "fold"]

UNDOABLE: Final = frozenset(
    {
        "detected_at_set",
        "answered",
        "ticked",
        "skipped",
        "step_done",
        "stop_done",
        "stop_undone",
        "contained",
        "agent_stopped",
        "classified",
        "origin_marked",
        "cascade_set",
        "marked",
        "noted",
        "action_judged",
        "factor_added",
        "factor_removed",
        "factor_rewritten",
        "gap_written",
        "item_added",
        "item_removed",
        "item_rewritten",
        "alert_set",
        "distributed",
        "deferred",
        "eval_made",
    }
)
"""What one key takes back; the entry stays in the journal, an `undone` line follows it."""


def fold(entries: Iterable[Entry]) -> IncidentState:
    """The state after these entries, undone ones left out."""
    listed = list(entries)
    undone = {entry.data["seq"] for entry in listed if entry.event == "undone"}
    # the playbook a decision brought goes with the decision
    undone |= {entry.seq for entry in listed if _was_brought(entry) and entry.seq - 1 in undone}
    state = IncidentState()
    for entry in listed:
        handler = _HANDLERS.get(entry.event)
        if handler is not None and entry.seq not in undone:
            handler(state, entry)
    return state


def _was_brought(entry: Entry) -> bool:
    return entry.event == "playbook_chosen" and not entry.data.get("by_name")


def _opened(state: IncidentState, entry: Entry) -> None:
    data = entry.data
    state.session_id, state.agent = data["session_id"], data["agent"]
    state.playbook, state.playbook_sha256 = data["playbook"], data["playbook_sha256"]
    state.chosen_playbook = state.playbook
    state.baseline = tuple(data.get("baseline", ()))
    state.opened_at = entry.at
    state.detected_at = data["detected_at"]
    state.detection_reported = bool(data.get("detection_reported"))


def _playbook_chosen(state: IncidentState, entry: Entry) -> None:
    state.playbook, state.playbook_sha256 = entry.data["playbook"], entry.data["playbook_sha256"]
    if not _was_brought(entry):
        state.chosen_playbook = state.playbook


def _detected_at(state: IncidentState, entry: Entry) -> None:
    state.detected_at = entry.data["at"]
    state.detection_reported = True


def _baseline_set(state: IncidentState, entry: Entry) -> None:
    state.baseline = tuple(entry.data["sessions"])


def _room_entered(state: IncidentState, entry: Entry) -> None:
    state.visits = {entry.data["room"]: entry.at, **state.visits}


def _answered(state: IncidentState, entry: Entry) -> None:
    state.answers = {**state.answers, entry.data["step"]: entry.data["value"]}


def _ticked(state: IncidentState, entry: Entry) -> None:
    step, item = entry.data["step"], entry.data["item"]
    others = tuple(known for known in state.ticks.get(step, ()) if known != item)
    state.ticks = {**state.ticks, step: (*others, item) if entry.data["on"] else others}


def _skipped(state: IncidentState, entry: Entry) -> None:
    state.skips = {**state.skips, entry.data["step"]: entry.data["reason"]}


def _step_done(state: IncidentState, entry: Entry) -> None:
    state.done = state.done | {entry.data["step"]}


def _classified(state: IncidentState, entry: Entry) -> None:
    data = entry.data
    state.decision = Decision(
        data["mode"], data["pattern"], data["proposed"], data["rule"], data["why"], entry.at
    )


def _origin_marked(state: IncidentState, entry: Entry) -> None:
    data = entry.data
    state.origin = Origin(data["step"], data["span_id"], data["note"], entry.at)
    state.cascade = tuple(data["cascade"])
    state.cascade_taken = False


def _cascade_set(state: IncidentState, entry: Entry) -> None:
    state.cascade = tuple(entry.data["span_ids"])
    state.cascade_taken = True


def _marked(state: IncidentState, entry: Entry) -> None:
    span = frozenset({entry.data["span_id"]})
    state.marks = state.marks | span if entry.data["on"] else state.marks - span


def _noted(state: IncidentState, entry: Entry) -> None:
    state.notes = {**state.notes, entry.data["span_id"]: entry.data["text"]}


def _action_judged(state: IncidentState, entry: Entry) -> None:
    said = {name: entry.data.get(name) for name in ("effect", "owner", "plan", "status")}
    given = {name: value for name, value in said.items() if value is not None}
    if entry.data.get("span_id"):
        key = entry.data["span_id"]
        known = state.by_span.get(key, Remediation())
        state.by_span = {**state.by_span, key: msgspec.structs.replace(known, **given)}
    else:
        key = entry.data["tool"]
        known = state.by_tool.get(key, Remediation())
        state.by_tool = {**state.by_tool, key: msgspec.structs.replace(known, **given)}


def _factor_added(state: IncidentState, entry: Entry) -> None:
    data = entry.data
    state.factors = (*state.factors, Factor(data["layer"], data["statement"], data.get("step")))


def _factor_removed(state: IncidentState, entry: Entry) -> None:
    at = entry.data["index"]
    state.factors = state.factors[:at] + state.factors[at + 1 :]


def _factor_rewritten(state: IncidentState, entry: Entry) -> None:
    data, factors = entry.data, list(state.factors)
    at = data["index"]
    factors[at] = Factor(data["layer"], data["statement"], factors[at].step)
    state.factors = tuple(factors)


def _gap_written(state: IncidentState, entry: Entry) -> None:
    state.gap = entry.data["text"]


def _item(entry: Entry) -> ActionItem:
    data = entry.data
    return ActionItem(data["title"], data["type"], data["owner"], data["due"])


def _item_added(state: IncidentState, entry: Entry) -> None:
    state.items = (*state.items, _item(entry))


def _item_rewritten(state: IncidentState, entry: Entry) -> None:
    at = entry.data["index"]
    state.items = (*state.items[:at], _item(entry), *state.items[at + 1 :])


def _item_removed(state: IncidentState, entry: Entry) -> None:
    at = entry.data["index"]
    state.items = state.items[:at] + state.items[at + 1 :]


def _alert_set(state: IncidentState, entry: Entry) -> None:
    state.alert = entry.data["reference"]


def _distributed(state: IncidentState, entry: Entry) -> None:
    state.distributed = entry.data["to"]
    state.sent_version = state.version


def _deferred(state: IncidentState, entry: Entry) -> None:
    state.deferred = {**state.deferred, entry.data["item"]: entry.data["reason"]}


def _eval_made(state: IncidentState, entry: Entry) -> None:
    data = entry.data
    state.evaluation = EvalRecord(data["id"], data["severity"], data["red"], data["green"], data["case"])


def _exported(state: IncidentState, entry: Entry) -> None:
    state.exported = (entry.data["folder"], entry.at)
    state.version = entry.seq


def _closed(state: IncidentState, entry: Entry) -> None:
    state.closed_at = entry.at


_HANDLERS: Final[dict[str, Callable[[IncidentState, Entry], None]]] = {
    **STOP_EVENTS,
    "opened": _opened,
    "playbook_chosen": _playbook_chosen,
    "detected_at_set": _detected_at,
    "baseline_set": _baseline_set,
    "room_entered": _room_entered,
    "answered": _answered,
    "ticked": _ticked,
    "skipped": _skipped,
    "step_done": _step_done,
    "classified": _classified,
    "origin_marked": _origin_marked,
    "cascade_set": _cascade_set,
    "marked": _marked,
    "noted": _noted,
    "action_judged": _action_judged,
    "factor_added": _factor_added,
    "factor_removed": _factor_removed,
    "factor_rewritten": _factor_rewritten,
    "gap_written": _gap_written,
    "item_added": _item_added,
    "item_removed": _item_removed,
    "item_rewritten": _item_rewritten,
    "alert_set": _alert_set,
    "distributed": _distributed,
    "deferred": _deferred,
    "eval_made": _eval_made,
    "exported": _exported,
    "closed": _closed,
}
