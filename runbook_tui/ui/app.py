"""The app: which screen is on, and nothing else."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, TypeGuard

import msgspec
from textual import on, work
from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.command import Provider
from textual.content import Content
from textual.filter import LineFilter, NoColor
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static
from textual.worker import Worker, WorkerFailed, WorkerState

from runbook_tui.evidence import Store, StoreError, is_of_the_file, unreadable
from runbook_tui.trace import RunbookError
from runbook_tui.trace.clock import Clock, now_utc
from runbook_tui.trace.counted import counted
from runbook_tui.trace.words import ROOMS
from runbook_tui.ui.home_screen import HomeScreen
from runbook_tui.ui.keys import Pane, bindings, keys_of
from runbook_tui.ui.signs import AsciiOnly, use_ascii
from runbook_tui.ui.telling import Telling
from runbook_tui.ui.theme import DAY, NIGHT, THEMES, first_theme
from runbook_tui.ui.words import ROOM_TITLES

# Playbooks, diagnosis and rooms are loaded after the first paint, while the engineer reads it.
if TYPE_CHECKING:
    from runbook_tui.incident import Prepared
    from runbook_tui.incident.starting import Given
    from runbook_tui.playbook import Playbooks
    from runbook_tui.ui.incident_screen import IncidentScreen

__all__ = ["RunbookApp", "Start"]


class Start(msgspec.Struct, frozen=True):
    """What to show first: home, an incident, or the incident of a session."""

    kind: Literal["home", "incident", "session"] = "home"
    name: str = ""
    baseline: tuple[str, ...] = ()
    detected_at: str | None = None
    said: str = ""
    """What to tell once it is shown."""
    rehearsal: bool = False
    """Whether nothing is run: the agent is somebody's story, and the commands would meet real systems."""


def _is_incident(screen: Screen[object]) -> TypeGuard[IncidentScreen]:
    """Whether it is an incident's screen; where that was never loaded, it is not."""
    module = sys.modules.get("runbook_tui.ui.incident_screen")
    return module is not None and isinstance(screen, module.IncidentScreen)


def _span_provider() -> type[Provider]:
    from runbook_tui.ui.browser.palette import SpanProvider

    return SpanProvider


class Opening(Screen[None]):
    """Shown while a session is read and diagnosed."""

    def compose(self) -> Iterable[Static]:
        """One line."""
        yield Static(Content(" Reading and diagnosing the session ..."), classes="lead")


class RunbookApp(Telling):
    """runbook-tui in a terminal.

    Args:
        db: path of the store.
        playbooks: loads the playbooks; called once, off the screen's thread.
        start: what to show first.
        clock: the present.
    """

    CSS_PATH = "app.tcss"
    TITLE = "runbook-tui"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("everywhere")]
    ENABLE_COMMAND_PALETTE = True
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 - Textual declares it so
    VERTICAL_BREAKPOINTS = [(0, "-short"), (22, "-high")]  # noqa: RUF012 - as above
    COMMANDS = App.COMMANDS | {_span_provider}

    def __init__(
        self,
        db: Path,
        playbooks: Callable[[], Playbooks],
        start: Start | None = None,
        clock: Clock = now_utc,
    ) -> None:
        super().__init__()
        self._db = db
        self._load_playbooks = playbooks
        self._start = start or Start()
        self._rehearsal = self._start.rehearsal
        self._clock = clock
        self._store: Store | None = None
        self._ascii = [AsciiOnly()] if use_ascii() else []
        self.ended_by: RunbookError | None = None
        """Why the app had to end: what it needs cannot be read any more."""

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What is done to every line before it is written."""
        plain = [NoColor()] if self.no_color else []  # Textual would send shades of grey, and a background
        return [*super().get_line_filters(), *plain, *self._ascii]

    def _handle_exception(self, error: Exception) -> None:
        """End with a line where the database cannot be read; anything else is a defect, and is shown as one."""
        cause = error.error if isinstance(error, WorkerFailed) else error
        if isinstance(cause, sqlite3.DatabaseError) and is_of_the_file(cause):
            cause = unreadable(self._db, cause)
        if isinstance(cause, StoreError):
            self.ended_by = self.ended_by or cause
            self.exit(return_code=2)
        else:
            super()._handle_exception(error)

    @property
    def store(self) -> Store:
        """The store of the screens' thread."""
        if self._store is None:
            self._store = Store(self._db)
        return self._store

    def on_mount(self) -> None:
        """Show what was asked for."""
        for theme in (NIGHT, DAY):
            self.register_theme(theme)
        self.theme = first_theme()
        if self._start.kind == "home":
            self.push_screen(HomeScreen(self.store))
        else:
            self._open(self._start)

    def on_unmount(self) -> None:
        """Remember the place, close the store."""
        for screen in self.screen_stack:
            if _is_incident(screen):
                screen.save_place()
        if self._store is not None:
            self._store.close()

    @on(HomeScreen.Opened)
    def open_chosen(self, event: HomeScreen.Opened) -> None:
        """Open what was chosen at home."""
        kind: Literal["incident", "session"] = "incident" if event.kind == "incident" else "session"
        self._open(Start(kind, event.name))

    def _open(self, start: Start) -> None:
        self.push_screen(Opening())
        self._prepare(start)

    @work(thread=True, exclusive=True, group="open", exit_on_error=False)
    def _prepare(self, start: Start) -> tuple[str, Playbooks, Prepared]:
        """Read and diagnose on another thread, with a store of its own."""
        from runbook_tui.incident import prepare, resume_incident, start_incident

        playbooks = self._load_playbooks()
        given: Given = {"baseline": start.baseline, "detected_at": start.detected_at, "clock": self._clock}
        with Store(self._db) as store:
            incident_id = start.name
            if start.kind == "session":
                incident_id = start_incident(store, playbooks, start.name, **given)
            else:
                resume_incident(store, incident_id, **given)
            return incident_id, playbooks, prepare(store, playbooks, incident_id)

    @on(Worker.StateChanged)
    async def show_incident(self, event: Worker.StateChanged) -> None:
        """The incident is ready, or cannot be opened."""
        if event.worker.group != "open":
            return
        if event.state is WorkerState.SUCCESS and event.worker.result is not None:
            from runbook_tui.incident import Response
            from runbook_tui.ui.incident_screen import IncidentScreen

            incident_id, playbooks, prepared = event.worker.result
            response = Response(self.store, playbooks, incident_id, self._clock, prepared)
            response.rehearsal = self._rehearsal
            await self.switch_screen(IncidentScreen(response))
            self.call_after_refresh(self._tell_first, len(playbooks.problems))
        elif event.state is WorkerState.ERROR:
            error = event.worker.error
            if not isinstance(error, RunbookError):
                raise error or RuntimeError("the session could not be opened")
            self._go_back()
            self.notify(f"{error.what}: {error.where}: {error.advice}", severity="error", markup=False)

    def _tell_first(self, problems: int) -> None:
        """What is to be known before anything else, once there is a line to say it in."""
        said, self._start = self._start.said, Start()
        if problems:
            wrong = f"{counted(problems, 'problem')} in playbook files: runbook-tui playbook check lists them"
            self.notify("\n".join(filter(None, [wrong, said])), severity="warning", markup=False)
        elif said:
            self.notify(said, timeout=12, markup=False)

    def action_leave(self) -> None:
        """Back to where one came from; from home, out."""
        if _is_incident(self.screen):
            self.screen.save_place()
        if isinstance(self.screen, HomeScreen):
            self.exit()
        else:
            self._go_back()

    def _go_back(self) -> None:
        """To the screen below, at the lowest to home; it is made only now where the app began elsewhere."""
        if len(self.screen_stack) > 2:
            self.pop_screen()
        else:
            self.switch_screen(HomeScreen(self.store))

    def action_keys(self) -> None:
        """The keys of the focused pane, then those that work everywhere."""
        from runbook_tui.ui.dialogs import TextScreen

        view = self.screen.view if _is_incident(self.screen) else self.screen
        panes: tuple[Pane, ...] = getattr(view, "PANES", ("list", "everywhere"))
        why_not: Callable[[str], str | None] = getattr(view, "why_not", lambda _: None)
        keys = sorted(keys_of(*panes), key=lambda key: panes.index(key.pane))
        reasons = {key.action: why_not(key.action) for key in keys}
        lines = [
            f"  {key.shown:10} {key.label}"
            + (f"  (not now: {reason})" if (reason := reasons[key.action]) else "")
            for key in keys
        ]
        self.push_screen(TextScreen("Keys", "\n".join(lines)))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Rooms and acts in the palette."""
        yield SystemCommand("Quit", "leave; everything is saved", self.exit)
        yield SystemCommand("Keys", "what the keys do here", self.action_keys)
        for name, said in THEMES.items():
            yield SystemCommand(
                f"Theme: {said}",
                "until you leave; RUNBOOK_TUI_THEME keeps it",
                partial(setattr, self, "theme", name),
            )
        if _is_incident(screen):
            for number, room in enumerate(ROOMS, 1):
                yield SystemCommand(
                    ROOM_TITLES[room], f"room {number}", lambda room=room: self._go(screen, room)
                )
            yield SystemCommand("Undo", "take the latest act back", screen.action_undo)
            if (view := screen.view) is not None:
                yield from self._of_keys(view, view.home, view.PANES, view.why_not)
                for title, said, act in view.more_acts():
                    yield SystemCommand(title, said, act)
        elif (panes := getattr(screen, "PANES", None)) is not None:
            yield from self._of_keys(screen, screen.focused or screen, panes, lambda _: None)

    def _of_keys(
        self, view: Widget, listed: Widget, panes: tuple[Pane, ...], why_not: Callable[[str], str | None]
    ) -> Iterable[SystemCommand]:
        """Every key of these panes."""
        for key in keys_of(*panes):
            if key.pane in ("incident", "everywhere"):
                continue
            reason = why_not(key.action)
            said = f"key {key.shown}" + (f"; not now: {reason}" if reason else "")
            namespace = listed if key.pane == "list" else view
            yield SystemCommand(
                key.label.capitalize(),
                said,
                lambda key=key, namespace=namespace: self.call_later(self.run_action, key.action, namespace),
            )

    def _go(self, screen: IncidentScreen, room: str) -> None:
        self.call_later(screen.run_action, f"room('{room}')")
