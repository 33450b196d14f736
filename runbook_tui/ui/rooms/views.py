"""The six rooms. Each shows rows made by pure functions and turns a choice into one act of the response."""

from __future__ import annotations

from typing import Final

from runbook_tui.trace.words import Room
from runbook_tui.ui.rooms.blast_radius import BlastRadiusRoom
from runbook_tui.ui.rooms.capture import CaptureRoom
from runbook_tui.ui.rooms.classify import ClassifyRoom
from runbook_tui.ui.rooms.contain import ContainRoom
from runbook_tui.ui.rooms.postmortem import PostmortemRoom
from runbook_tui.ui.rooms.room import RoomView
from runbook_tui.ui.rooms.trace_back import TraceBackRoom

__all__ = ["ROOM_VIEWS"]

ROOM_VIEWS: Final[dict[Room, type[RoomView]]] = {
    "contain": ContainRoom,
    "capture": CaptureRoom,
    "classify": ClassifyRoom,
    "trace_back": TraceBackRoom,
    "blast_radius": BlastRadiusRoom,
    "postmortem": PostmortemRoom,
}
