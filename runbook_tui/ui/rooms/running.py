"""A command that runs while one looks on: what it prints, how long it has taken, and a way to end it."""

from __future__ import annotations

import shlex
import threading
from collections.abc import Callable, Sequence
from time import monotonic
from typing import ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Static
from textual.worker import Worker, WorkerState

from runbook_tui.incident.execution import Ended

__all__ = ["Job", "RunDialog"]

Job = Callable[[Callable[[], bool], Callable[[str], None]], Ended]
"""Runs it; told how to ask whether it is to be ended, and where to report what it prints."""

_LINES: Final = 10
"""Lines of output that are shown, the last ones."""
_TICK_S: Final = 0.5


class RunDialog(ModalScreen[Ended]):
    """Runs a command on a thread of its own. Escape ends it; where it did not work one reads why before going on.

    Args:
        title: what it is for.
        argv: the command, to show.
        at_most_s: seconds that it may take.
        job: runs it.
        record: told how it ended as soon as it has, whenever one goes on.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "end", "end it"),
        Binding("enter", "go_on", "go on", show=False),
    ]

    class Printed(Message):
        """It printed more."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(
        self, title: str, argv: Sequence[str], at_most_s: float, job: Job, record: Callable[[Ended], None]
    ) -> None:
        super().__init__()
        self._title = title
        self._argv = argv
        self._at_most_s = at_most_s
        self._job = job
        self._record = record
        self._stop = threading.Event()
        self._began = monotonic()
        self._ended: Ended | None = None

    def compose(self) -> ComposeResult:
        """Title, command, output, how it goes, keys."""
        with Vertical(id="dialog"):
            yield Static(Content(self._title), id="dialog-title")
            yield Static(Content(shlex.join(self._argv)), id="dialog-lead")
            yield Static("", id="run-output")
            yield Static("", id="run-line")
            yield Static(Content.assemble(("esc", "bold"), " end it"), id="dialog-keys")

    def on_mount(self) -> None:
        """Begin."""
        self._began = monotonic()
        self._tick()
        self.set_interval(_TICK_S, self._tick)
        self._run_job()

    def on_unmount(self) -> None:
        """Nobody waits for it any more."""
        self._stop.set()

    @work(thread=True, exclusive=True, group="command", exit_on_error=False)
    def _run_job(self) -> Ended:
        return self._job(self._stop.is_set, self._tell)

    def _tell(self, text: str) -> None:
        self.post_message(self.Printed(text))

    def _tick(self) -> None:
        if self._ended is None:
            passed = monotonic() - self._began
            what = "Ending it" if self._stop.is_set() else "Running"
            self._line(f"{what}: {passed:.0f} s of at most {self._at_most_s:.0f} s")

    def _line(self, text: str, *, bad: bool = False) -> None:
        line = self.query_one("#run-line", Static)
        line.update(Content(text))
        line.set_class(bad, "-bad")

    @on(Printed)
    def show_output(self, event: Printed) -> None:
        """The last lines of what it printed."""
        self._show(event.text)

    def _show(self, text: str) -> None:
        self.query_one("#run-output", Static).update(Content("\n".join(text.splitlines()[-_LINES:])))

    @on(Worker.StateChanged)
    def show_end(self, event: Worker.StateChanged) -> None:
        """It is over: on at once where it worked, else after it was read."""
        if event.worker.group != "command" or event.state not in (WorkerState.SUCCESS, WorkerState.ERROR):
            return
        result = event.worker.result
        if result is None:
            result = Ended("not_started", None, str(event.worker.error), 0, 0.0)
        self._ended = result
        self._record(result)
        if result.worked:
            self.dismiss(result)
            return
        if result.status != "not_started":
            self._show(result.output)
        self._line(f"It did not work: {result.said}", bad=True)
        self.query_one("#dialog-keys", Static).update(Content.assemble(("enter", "bold"), " go on"))

    def action_end(self) -> None:
        """End it; where it has ended, go on."""
        self._stop.set()
        self._tick()
        self.action_go_on()

    def action_go_on(self) -> None:
        """Back, with how it went."""
        if self._ended is not None:
            self.dismiss(self._ended)
