"""Where an incident stands: the state of each room, and what it waits for."""

from __future__ import annotations

from typing import Literal

import msgspec

from runbook_tui.incident.checklist import blockers, checklist, step_settled
from runbook_tui.incident.response import Response
from runbook_tui.trace.words import ROOMS, Room

__all__ = ["RoomProgress", "next_room", "progress", "waiting_for"]

RoomState = Literal["open", "under_way", "done"]


class RoomProgress(msgspec.Struct, frozen=True):
    """The state of one room."""

    room: Room
    state: RoomState
    waits_for: str
    """What is still open, in a few words; empty when done."""
    entered_at: str | None


def progress(response: Response) -> dict[Room, RoomProgress]:
    """The state of all six rooms."""
    return {room: _room(response, room) for room in ROOMS}


def next_room(response: Response) -> Room | None:
    """The first room, in the playbook's order, that is not done."""
    states = progress(response)
    return next((room for room in response.playbook.order if states[room].state != "done"), None)


def waiting_for(response: Response) -> str:
    """What the incident waits for, in a few words."""
    if response.state.closed_at:
        return "closed"
    room = next_room(response)
    return "ready to close" if room is None else progress(response)[room].waits_for


def _room(response: Response, room: Room) -> RoomProgress:
    waits = _waits(response, room)
    entered = response.state.visits.get(room)
    state: RoomState = "open" if entered is None else "under_way"
    if not waits:
        state = "done"
    return RoomProgress(room, state, waits, entered)


def _waits(response: Response, room: Room) -> str:
    required = [
        step.title
        for step in response.playbook.rooms[room].steps
        if step.required and not step_settled(response, step.id)
    ]
    return _own(response, room) or (required[0].lower() if required else "")


def _own(response: Response, room: Room) -> str:
    state = response.state
    match room:
        case "contain":
            if state.contained_at is None:
                return "containment" if not state.stops else "the check that the stop holds"
            return "spawned agents" if _agents_left(response) else ""
        case "capture":
            return "" if response.captures and "capture" in state.visits else "a look at the evidence"
        case "classify":
            return "" if state.decision else "classification"
        case "trace_back":
            if state.origin is None:
                return "the fault origin"
            return "" if state.cascade_taken else "the cascade, which is only proposed"
        case "blast_radius":
            asked = ("actions_classified", "remediation")
            open_lines = [line for line in checklist(response) if line.evidence in asked and not line.done]
            return f"actions: {open_lines[0].said}" if open_lines else ""
        case "postmortem":
            left = len(blockers(response))
            return "" if state.closed_at else f"postmortem: {left} open" if left else "closing"


def _agents_left(response: Response) -> int:
    return sum(
        agent.parent is not None and agent.span_id not in response.state.agents_stopped
        for agent in response.findings.agents
    )
