"""What each journal event of the contain room changes: stops, the commands that carried them out, the check."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from runbook_tui.incident.journal import Entry
from runbook_tui.incident.state import CommandRun, Containment, IncidentState

__all__ = ["STOP_EVENTS"]


def _stop_done(state: IncidentState, entry: Entry) -> None:
    data = entry.data
    option, label, argv = data["option"], data["label"], tuple(data["argv"])
    stop = Containment(option, label, argv, data["how"], entry.at, entry.actor, entry.seq)
    state.stops = (*state.stops, stop)


def _command_started(state: IncidentState, entry: Entry) -> None:
    data = entry.data
    run = CommandRun(
        entry.seq,
        data["option"],
        data["label"],
        data["purpose"],
        tuple(data["argv"]),
        data["values"],
        entry.at,
        entry.actor,
    )
    state.commands = (*state.commands, run)


def _command_ended(state: IncidentState, entry: Entry) -> None:
    data = entry.data
    run = next(run for run in state.commands if run.seq == data["started"])
    ended = {name: data[name] for name in ("status", "exit_code", "said", "output", "cut", "seconds")}
    run = msgspec.structs.replace(run, **ended)
    state.commands = tuple(run if known.seq == run.seq else known for known in state.commands)
    if run.worked and run.purpose == "stop":
        how = f"run here: {run.said}"
        done = Containment(run.option, run.label, run.argv, how, entry.at, run.actor, entry.seq, run.seq)
        state.stops = (*state.stops, done)
    elif run.worked and run.purpose == "undo":
        _take_back(state, run.option)


def _stop_undone(state: IncidentState, entry: Entry) -> None:
    _take_back(state, entry.data["option"])


def _take_back(state: IncidentState, option: str) -> None:
    state.stops = tuple(stop for stop in state.stops if stop.option != option)
    state.contained_at = state.contained_how = None


def _contained(state: IncidentState, entry: Entry) -> None:
    state.contained_at, state.contained_how = entry.at, entry.data["how"]


def _agent_stopped(state: IncidentState, entry: Entry) -> None:
    state.agents_stopped = {**state.agents_stopped, entry.data["span_id"]: entry.data["how"]}


STOP_EVENTS: Final[dict[str, Callable[[IncidentState, Entry], None]]] = {
    "stop_done": _stop_done,
    "stop_undone": _stop_undone,
    "command_started": _command_started,
    "command_ended": _command_ended,
    "contained": _contained,
    "agent_stopped": _agent_stopped,
}
