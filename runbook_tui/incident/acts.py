"""Journal entries in words, as the timeline tells them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from runbook_tui.incident.journal import Entry
from runbook_tui.trace.counted import counted

__all__ = ["told"]

_Words = Callable[[dict[str, Any]], str]


def told(entry: Entry, titles: Mapping[str, str] | None = None) -> str:
    """What was done, in one sentence.

    Args:
        entry: of the journal.
        titles: what steps and items of the playbook are called on screen, by id.
    """
    words = _ACTS.get(entry.event)
    if words is None:
        return entry.event.replace("_", " ")
    named: dict[str, Any] = {
        name: (titles or {}).get(str(entry.data[name]), entry.data[name])
        for name in ("step", "item")
        if name in entry.data
    }
    return words({**entry.data, **named})


def _plain(text: str) -> _Words:
    return lambda _: text


def _judged(data: dict[str, Any]) -> str:
    said = [f"{name} {data[name]}" for name in ("effect", "owner", "plan", "status") if data.get(name)]
    which = data["tool"] if data.get("span_id") else f"every {data['tool']}"
    return f"Action {which}: {', '.join(said) or 'looked at'}"


def _classified(data: dict[str, Any]) -> str:
    mode, proposed = data["mode"], data["proposed"]
    against = "as proposed" if mode == proposed else f"proposed was {_spaced(proposed)}"
    return f"Mode decided: {_spaced(mode)} ({against})" + (f": {data['why']}" if data.get("why") else "")


def _spaced(name: str) -> str:
    return name.replace("_", " ")


_ACTS: Final[dict[str, _Words]] = {
    "opened": lambda data: f"Incident opened with playbook {data['playbook']}",
    "playbook_chosen": lambda data: f"Playbook {data['playbook']} took over",
    "baseline_set": lambda data: f"Held beside {', '.join(data['sessions'])}",
    "detected_at_set": lambda data: f"Detection time set to {data['at']}",
    "room_entered": lambda data: f"Room entered: {_spaced(data['room'])}",
    "stop_done": lambda data: f"Stop carried out: {data['label']}",
    "stop_undone": lambda data: f"Stop taken back: {data['label']}, {data['how']}",
    "command_started": lambda data: f"Command begun to {data['purpose']}: {data['label']}",
    "command_ended": lambda data: f"Command over: {data['said']}",
    "contained": lambda data: f"Contained, checked: {data['how']}",
    "agent_stopped": lambda data: f"Spawned agent settled: {data['how']}",
    "answered": lambda data: f"Answered {_spaced(data['step'])}: {data['value']}",
    "ticked": lambda data: (
        f"{'Ticked' if data['on'] else 'Cleared'} {_spaced(data['step'])}: {_spaced(data['item'])}"
    ),
    "skipped": lambda data: f"Skipped {_spaced(data['step'])}: {data['reason']}",
    "step_done": lambda data: f"Done: {_spaced(data['step'])}",
    "classified": _classified,
    "origin_marked": lambda data: f"Fault origin marked: step {data['step']}",
    "cascade_set": lambda data: f"Cascade set: {counted(len(data['span_ids']), 'step')}",
    "marked": lambda data: f"Step {'marked' if data['on'] else 'unmarked'}",
    "noted": lambda data: f"Note: {data['text']}",
    "action_judged": _judged,
    "factor_added": lambda data: f"Contributing factor named: {data['statement']}",
    "factor_removed": _plain("Contributing factor taken out"),
    "factor_rewritten": lambda data: f"Contributing factor rewritten: {data['statement']}",
    "gap_written": _plain("Detection gap written"),
    "item_added": lambda data: f"Action item added: {data['title']}",
    "item_removed": _plain("Action item taken out"),
    "item_rewritten": lambda data: f"Action item changed: {data['title']}",
    "alert_set": lambda data: f"Alert set: {data['reference']}",
    "distributed": lambda data: f"Postmortem sent to {data['to']}",
    "deferred": lambda data: f"Deferred {_spaced(data['item'])}: {data['reason']}",
    "eval_made": lambda data: f"Eval case recorded: {data['id']} ({data['severity']})",
    "exported": _plain("Files exported"),
    "undone": lambda data: f"Taken back: {_spaced(data['what'])}",
    "closed": _plain("Incident closed"),
}
