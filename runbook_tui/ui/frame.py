"""The frame around every room: incident and clocks above, the six rooms, the few keys below."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from runbook_tui.trace.clock import parse_time
from runbook_tui.trace.words import ROOMS, Room
from runbook_tui.ui.keys import KEYS, Pane
from runbook_tui.ui.lines import fit
from runbook_tui.ui.signs import sign
from runbook_tui.ui.words import ROOM_TITLES, elapsed, mode_name, short_time

if TYPE_CHECKING:
    from runbook_tui.incident import Response, RoomProgress

__all__ = ["KeysLine", "RoomsLine", "TitleLine"]


class TitleLine(Static):
    """Incident, agent, mode; when it started, was noticed, was contained, and how long ago that is."""

    def show(self, response: Response) -> None:
        """Write the line as of now."""
        state, now = response.state, response.clock()
        mode = f" · {mode_name(state.decision.mode)}" if state.decision else ""
        agent = f" · {response.agent or 'unknown agent'}"
        narrow = self.size.width < 100
        # without a word on when it was noticed the clocks run from the opening, and that is what stands here
        noticed = "detected " if state.detection_reported else "opened "
        clocks = [(noticed, short_time(state.detected_at), "")]
        if narrow and state.contained_at:
            clocks.clear()
        contained = parse_time(state.contained_at) if state.contained_at else None
        if contained is not None:
            held = elapsed(state.detected_at, contained)
            clocks.append((f"contained {sign('done')} ", held, "$text-success"))
        else:
            clocks.append(("", "not contained", "$text-warning"))
        closed = parse_time(state.closed_at) if state.closed_at else None
        last = (
            ("closed ", elapsed(state.detected_at, closed))
            if closed
            else ("now ", elapsed(state.detected_at, now))
        )
        clocks.append((*last, ""))
        if self.size.width < _TINY:
            clocks = clocks[-2:-1]  # whether it is contained goes before all else
        right = "   ".join(label + value for label, value, _ in clocks)
        room = max(self.size.width - cell_len(right) - 4, 10)
        left = f" {response.id}{agent}{mode}"
        if cell_len(left) > room and mode:
            left = f" {response.id}{mode}"
        content = Content(fit(left, room) + "  ")
        for index, (label, value, style) in enumerate(clocks):
            gap = Content("   ") if index else Content("")
            content = content + gap + Content.styled(label, "dim") + Content.styled(value, style)
        self.update(content, layout=False)


class RoomsLine(Static):
    """The six rooms with their numbers and states; where you are stands out."""

    def show(self, here: Room, states: dict[Room, RoomProgress], *, closed: bool = False) -> None:
        """Write the line. In a closed incident nothing is open any more: what was not done was left out."""
        names = ROOM_TITLES if self.size.width >= 88 else _SHORT
        content = Content(" ")
        for number, room in enumerate(ROOMS, 1):
            state: str = states[room].state
            if closed and state != "done":
                state = "skipped"
            mark_style = {"done": "$text-success", "under_way": "$text-accent"}.get(state, "dim")
            style = "bold reverse" if room == here else ""
            name = f" {names[room]}" if room == here or self.size.width >= _NAMED else ""
            content += Content.styled(f" {number}{name} ", style)
            content += Content.styled(sign(state) + " ", mark_style)
        self.update(content, layout=False)


_TINY: Final = 60
"""Cells below which only what matters most is told."""
_NAMED: Final = 78
"""Cells from which each room has its name."""
_SHORT: dict[Room, str] = {**ROOM_TITLES, "trace_back": "Trace", "blast_radius": "Blast"}


_READ_S: Final = 0.7
"""What is told for a moment stays that long whatever is pressed: it may come while keys are."""
_SAID_IN: Final = {"information": "bold", "warning": "bold $text-warning", "error": "bold $text-error"}


class KeysLine(Static):
    """The few keys that matter here; for a moment, what the last of them did."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._keys = Content("")
        self._telling = False
        self._told_at = 0.0
        self._until: Timer | None = None
        """When what is told goes away by itself; None for what stays until a key is pressed."""

    def tell(self, text: str, severity: str, seconds: float | None) -> bool:
        """Say something in place of the keys, which come back by themselves; without seconds, with the next key.

        Returns:
            Whether there was room for it.
        """
        if "\n" in text or cell_len(text) > self.size.width - 2:
            return False
        self.forget()
        self._telling = True
        self._told_at = monotonic()
        self.update(Content.styled(f" {text}", _SAID_IN[severity]), layout=False)
        self._until = self.set_timer(seconds, self.forget) if seconds is not None else None
        return True

    def key_pressed(self) -> None:
        """What stood until now was read, unless it had only just come."""
        if self._until is None or monotonic() - self._told_at >= _READ_S:
            self.forget()

    def forget(self) -> None:
        """Show the keys again."""
        if self._until is not None:
            self._until.stop()
            self._until = None
        if self._telling:
            self._telling = False
            self.update(self._keys, layout=False)

    def show(self, *panes: Pane, right: str = "") -> None:
        """Write the keys of these panes, most specific first, as many as fit; `right` stands at the right."""
        content, width = Content(" "), self.size.width - cell_len(right) - 1
        keys = [key for pane in panes for key in KEYS if key.pane == pane and key.footer]
        if "trace" in panes:
            keys = [key for key in keys if key.pane != "list"]
        for key in keys:
            text = f"{key.shown} {key.label}   "
            if cell_len(content.plain) + cell_len(text) > width:
                continue
            content += Content.styled(key.shown, "bold") + Content.styled(f" {key.label}   ", "dim")
        gap = " " * max(width - cell_len(content.plain), 0)
        self._keys = content + Content(gap) + Content.styled(right, "dim")
        if not self._telling:
            self.update(self._keys, layout=False)
