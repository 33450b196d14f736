"""The screen of one incident: the frame, and one room in it."""

from __future__ import annotations

from time import monotonic
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.events import Resize
from textual.screen import Screen
from textual.worker import Worker, WorkerState

from runbook_tui.incident import Prepared, Response, StopWatch, prepare_apart, progress, settle_stop, told
from runbook_tui.trace import RunbookError
from runbook_tui.trace.clock import stamp
from runbook_tui.trace.words import ROOMS, Room
from runbook_tui.ui.dialogs import Field, FormDialog
from runbook_tui.ui.frame import KeysLine, RoomsLine, TitleLine
from runbook_tui.ui.keys import bindings
from runbook_tui.ui.live import Live
from runbook_tui.ui.rooms.room import RoomView
from runbook_tui.ui.rooms.views import ROOM_VIEWS
from runbook_tui.ui.words import ROOM_TITLES, elapsed, noticed_at

__all__ = ["IncidentScreen"]


_DIAGNOSED_EVERY_S = 5.0
"""How often, at most, a session that goes on growing is diagnosed anew."""
_SHARE = 5
"""And it takes at most one part in so many of the time."""


class IncidentScreen(Screen[None]):
    """Walks through the six rooms of an incident; reopens where it was left."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("incident")]

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response
        self._here: Room = next((room for room in ROOMS if room == response.row.room), "contain")
        self._cursors: dict[Room, int] = {self._here: response.row.cursor}
        self._entered = response.clock()
        """When this visit of the room began."""
        self._live = Live(response.store)
        self._shown = response.spans.count
        """Spans of the session that are on screen."""
        self._counted = self._shown
        self._revision = response.spans.revision
        self._changed = False
        """Whether it is another session than the one diagnosed, with as many spans perhaps."""
        self._diagnosed_at = monotonic()
        self._cost = 0.0
        self._diagnosing = False
        self._stop: StopWatch | None = None

    def compose(self) -> ComposeResult:
        """The frame."""
        yield TitleLine(id="title")
        yield RoomsLine(id="rooms")
        yield Container(id="room")
        yield KeysLine(id="keys")

    async def on_mount(self) -> None:
        """Enter the room it was left in."""
        await self._enter(self._here)
        self.set_interval(1.0, self._tick)

    def on_resize(self, _: Resize) -> None:
        """Write the frame anew."""
        self._frame()

    @property
    def view(self) -> RoomView | None:
        """The room on screen."""
        found = self.query(RoomView)
        return found.first() if found else None

    async def _enter(self, room: Room, span_id: str | None = None, step_id: str | None = None) -> None:
        self._leave()
        self.query_one(KeysLine).forget()
        self._here = room
        self._entered = self.response.clock()
        self._remember()
        view = ROOM_VIEWS[room](self.response)
        view.restore(self._cursors.get(room, 0)) if room == "trace_back" else None
        holder = self.query_one("#room", Container)
        await holder.remove_children()
        await holder.mount(view)
        if span_id is not None and hasattr(view, "go_to_span"):
            view.go_to_span(span_id)
        elif room != "trace_back":
            view.restore(self._cursors.get(room, 0))
        view.home.focus()
        if step_id is not None:
            view.go_to_step(step_id)
        self._frame()

    def _leave(self) -> None:
        if (view := self.view) is not None:
            self._cursors[self._here] = view.cursor

    def save_place(self) -> None:
        """Remember where the engineer stands."""
        self._leave()
        self._remember()

    def _remember(self) -> None:
        try:
            self.response.enter(self._here, self._cursors.get(self._here, 0))
        except RunbookError as error:  # the room is shown all the same
            self.notify(f"{error.what}: {error.advice}", severity="warning", markup=False)

    def _tick(self) -> None:
        self._look_elsewhere()
        self.query_one(TitleLine).show(self.response)
        self._look()
        self._watch_stop()
        if self._here == "contain" and self.view is not None:
            self.view.lead_again()  # how long ago the agent last acted
        self._keys()

    def _look_elsewhere(self) -> None:
        """Show what another terminal wrote into the incident."""
        try:
            changed = self.response.catch_up()
        except RunbookError:
            return  # the next act says so
        if changed:
            self.show_change()
            self.notify("Changed in another terminal; this is how it stands now.", markup=False)

    def _watch_stop(self) -> None:
        """What live spans say of the stop; the contained clock starts when they prove it."""
        if not self.response.state.stops or self.response.state.closed_at:
            return
        contained = self.response.state.contained_at
        try:
            found = settle_stop(self.response)
        except RunbookError:
            return  # the database is busy; it is asked again in a second
        if self.response.state.contained_at != contained:
            self.notify("Contained: live spans show that the stop holds. u takes it back.", markup=False)
        if found != self._stop or self.response.state.contained_at != contained:
            self._stop = found
            if self._here == "contain":
                self.show_change()
            else:
                self._frame()

    def _look(self) -> None:
        """Show the spans that have arrived, unless frozen; and once they pause, what the diagnosis says of them."""
        news = self._live.has_news()
        paused = not news or self._stored_spans() == self._counted
        if news:
            self._counted = self._stored_spans()
            self._live.count(self._counted - self._shown)
            if self.view is not None:
                self.view.rest()
        if self._live.frozen:
            return
        if (revision := self.response.spans.revision) != self._revision:
            self._shown, self._revision, self._changed = self._counted, revision, True
            if self.view is not None:
                self.view.show_news()
        stale = self._changed or self._shown != self.response.diagnosed_spans
        if stale and not self._diagnosing:
            rested = monotonic() - self._diagnosed_at
            if rested >= (1.0 if paused else max(_DIAGNOSED_EVERY_S, _SHARE * self._cost)):
                self._diagnosed_at = monotonic()
                self._diagnosing, self._changed = True, False
                self._diagnose()

    def _stored_spans(self) -> int:
        return self.response.spans.count

    @work(thread=True, exclusive=True, group="diagnose", exit_on_error=False)
    def _diagnose(self) -> Prepared:
        """Read and diagnose the session as it is now, on another thread with a store of its own."""
        began = monotonic()
        prepared = prepare_apart(self.response.store.path, self.response.playbooks, self.response.id)
        self._cost = monotonic() - began
        return prepared

    @on(Worker.StateChanged)
    def take_diagnosis(self, event: Worker.StateChanged) -> None:
        """The session is diagnosed anew; where that failed it is tried again with the next look."""
        if event.worker.group != "diagnose":
            return
        event.stop()
        self._diagnosing = not event.worker.is_finished
        if event.state is WorkerState.SUCCESS and event.worker.result is not None and not self._live.frozen:
            self.response.take_in(event.worker.result)
            if self.view is not None:
                self.view.show_news()
            self.show_change()
        elif event.state is WorkerState.ERROR and isinstance(event.worker.error, RunbookError):
            self._cost = max(2 * self._cost, _DIAGNOSED_EVERY_S)
        elif event.state is WorkerState.ERROR:
            raise event.worker.error or RuntimeError("the session could not be diagnosed")

    def action_freeze(self) -> None:
        """Let live data stand still, or show what has arrived since."""
        self._live.frozen = not self._live.frozen
        if not self._live.frozen:
            self._live.count(self._stored_spans() - self._shown)
            self._counted = self._stored_spans()
            self._look()
        self._keys()

    def _keys(self) -> None:
        if (view := self.view) is None:
            return
        taken = elapsed(stamp(self._entered), self.response.clock()).removeprefix("+")
        diagnosing = "" if self.response.diagnosed_spans else "being diagnosed: flags follow"
        right = [diagnosing or self._live.told(), f"this visit {taken}"]
        self.query_one(KeysLine).show(*view.PANES, right="  ".join(filter(None, right)))

    def _frame(self) -> None:
        self.query_one(TitleLine).show(self.response)
        closed = self.response.state.closed_at is not None
        self.query_one(RoomsLine).show(self._here, progress(self.response), closed=closed)
        self._keys()

    @on(RoomView.Changed)
    def show_change(self) -> None:
        """Show the incident as it is now."""
        if (view := self.view) is not None:
            view.update_room()
        self._frame()

    @on(RoomView.Leave)
    async def change_room(self, event: RoomView.Leave) -> None:
        """A row leads to another room."""
        await self._enter(event.room, event.span_id, event.step_id)

    async def action_room(self, room: Room) -> None:
        """To a room by its number."""
        if room != self._here:
            await self._enter(room)

    async def action_next_room(self, by: int) -> None:
        """To the next or previous room in the playbook's order."""
        order = self.response.playbook.order
        at = order.index(self._here) + by
        if 0 <= at < len(order):
            await self._enter(order[at])
        else:
            self.notify(
                f"{ROOM_TITLES[self._here]} is the {'last' if by > 0 else 'first'} room.", markup=False
            )

    def action_undo(self) -> None:
        """Take the latest act back."""
        try:
            entry = self.response.undo()
        except RunbookError as error:
            self.notify(f"{error.what}: {error.advice}", severity="warning", markup=False)
            return
        ran = "A command is taken back from its own row in Contain." if self.response.state.commands else ""
        said = (
            f"Taken back: {told(entry, self.response.titles)}"
            if entry
            else f"Nothing to undo. {ran}".rstrip()
        )
        self.notify(said, markup=False)
        self.show_change()

    def action_set_detected(self) -> None:
        """Say when it was first noticed."""
        if self.view is None or self.view.is_closed():
            return
        state = self.response.state
        known = noticed_at(state.detected_at, self.response.clock()) if state.detection_reported else ""

        def check(values: dict[str, str]) -> str | None:
            if values["at"] == known:
                return None  # as it was, to the second
            try:
                self.response.set_detected(values["at"])
            except RunbookError as error:
                return f"{error.what}: {error.advice}"
            return None

        field = Field(
            "at",
            "When was it first detected? (UTC)",
            known,
            hint="for example 02:14, or 2026-11-20 02:14",
        )
        dialog = FormDialog("Detected at", [field], check=check)
        self.app.push_screen(dialog, lambda _: self.show_change())
