"""Fetching from a trace server while an incident is on screen: how far it has got, and a way to stop it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import ProgressBar, Static
from textual.worker import Worker, WorkerState

from runbook_tui.trace import RunbookError

if TYPE_CHECKING:
    from runbook_tui.incident.fetching import Brought, FetchProgress

__all__ = ["FetchDialog", "progress_line"]

Job = Callable[[Callable[["FetchProgress"], None], Callable[[], bool]], "Brought"]
"""Fetches; told where to report progress, and how to ask whether it is still wanted."""

_MEGABYTE = 1_000_000


def progress_line(progress: FetchProgress) -> str:
    """How far it has got, in words."""
    size = f"{progress.size / _MEGABYTE:,.1f} MB"
    if progress.stage == "asking":
        return "Asking what there is ..."
    if progress.stage == "storing":
        return f"Storing {size} ..."
    return f"{progress.done} of {progress.total} traces, {size}"


class FetchDialog(ModalScreen["Brought | None"]):
    """Runs a fetch on a thread of its own. Escape stops it; a failure is shown, and enter tries again.

    Args:
        title: what is fetched.
        job: does it.
    """

    DEFAULT_CSS = """
    FetchDialog #fetch-bar { width: 100%; }
    FetchDialog #fetch-bar Bar { width: 1fr; }
    FetchDialog #fetch-problem { color: $text-error; height: auto; margin-bottom: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop", "stop"),
        Binding("enter", "again", "try again", show=False),
    ]

    class Told(Message):
        """It got further."""

        def __init__(self, progress: FetchProgress) -> None:
            super().__init__()
            self.progress = progress

    def __init__(self, title: str, job: Job) -> None:
        super().__init__()
        self._title = title
        self._job = job
        self._stop = threading.Event()
        self._failed = False

    def compose(self) -> ComposeResult:
        """Title, bar, line, problem, keys."""
        with Vertical(id="dialog"):
            yield Static(Content(self._title), id="dialog-title")
            yield ProgressBar(show_percentage=False, id="fetch-bar")
            yield Static("", id="fetch-line")
            yield Static("", id="fetch-problem")
            yield Static("", id="dialog-keys")

    def on_mount(self) -> None:
        """Begin."""
        self._begin()

    def on_unmount(self) -> None:
        """Nobody waits for it any more."""
        self._stop.set()

    def _begin(self) -> None:
        self._failed = False
        self.query_one(ProgressBar).display = True
        self._show("Asking what there is ...", "", (("esc", "bold"), " stop"))
        self._fetch()

    @work(thread=True, exclusive=True, group="fetch", exit_on_error=False)
    def _fetch(self) -> Brought:
        return self._job(self._tell, self._stop.is_set)

    def _tell(self, progress: FetchProgress) -> None:
        self.post_message(self.Told(progress))

    def _show(self, line: str, problem: str, keys: tuple[tuple[str, str] | str, ...]) -> None:
        self.query_one("#fetch-line", Static).update(Content(line))
        self.query_one("#fetch-problem", Static).update(Content(problem))
        self.query_one("#dialog-keys", Static).update(Content.assemble(*keys))

    @on(Told)
    def show_progress(self, event: Told) -> None:
        """Say how far it has got."""
        progress = event.progress
        self.query_one("#fetch-line", Static).update(Content(progress_line(progress)))
        self.query_one(ProgressBar).update(total=progress.total, progress=progress.done)

    @on(Worker.StateChanged)
    def show_end(self, event: Worker.StateChanged) -> None:
        """It is done, stopped or failed."""
        if event.worker.group != "fetch":
            return
        event.stop()
        if event.state is WorkerState.SUCCESS:
            self.dismiss(event.worker.result)
        elif event.state is WorkerState.ERROR:
            error = event.worker.error
            if not isinstance(error, RunbookError):
                raise error or RuntimeError("fetching failed")
            if self._stop.is_set():
                self.dismiss(None)
                return
            self._failed = True
            self.query_one(ProgressBar).display = False
            keys = (("enter", "bold"), " try again   ", ("esc", "bold"), " back")
            self._show("", f"{error.what}: {error.where}: {error.advice}", keys)

    def action_stop(self) -> None:
        """Stop; the store stays as it was. After a failure, leave."""
        if self._failed:
            self.dismiss(None)
            return
        self._stop.set()
        self._show("Stopping ...", "", ())

    def action_again(self) -> None:
        """After a failure, go on where it stopped."""
        if self._failed:
            self._begin()
