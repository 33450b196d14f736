"""A screen that is laid over the span tree: the numbers of the rooms lead out of it too."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual.binding import BindingType
from textual.screen import Screen

from runbook_tui.trace.words import Room
from runbook_tui.ui.keys import bindings

__all__ = ["OverTree"]

Given = TypeVar("Given")


class OverTree(Screen[Given | None]):
    """Dismissed with what was chosen, with None by going back or to another room."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("over")

    def action_back(self) -> None:
        """Back to the tree."""
        self.dismiss(None)

    def action_to_room(self, room: Room) -> None:
        """To another room."""
        self.dismiss(None)
        self.app.call_later(self.app.run_action, f"screen.room('{room}')")
