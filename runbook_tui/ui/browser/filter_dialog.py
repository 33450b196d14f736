"""The line in which a filter is written, completed as it is typed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.widgets import Input, Static

__all__ = ["FilterDialog"]

_OFFERED: Final = 12


class _Completion(Suggester):
    def __init__(self, completed: Callable[[str], Sequence[str]]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._completed = completed

    async def get_suggestion(self, value: str) -> str | None:
        """The first way to complete what was typed that begins with it."""
        return next((line for line in self._completed(value) if line.startswith(value) and value), None)


class FilterDialog(ModalScreen[str | None]):
    """Asks for a filter; given back as typed.

    Args:
        title: what is filtered.
        line: what is in force now.
        completed: every way to complete what was typed so far.
        check: what is wrong with a line, or None.
        example: shown while nothing is typed.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "cancel"),
        Binding("tab", "complete", "complete", priority=True),
    ]

    def __init__(
        self,
        title: str,
        line: str,
        *,
        completed: Callable[[str], Sequence[str]],
        check: Callable[[str], str | None],
        example: str,
    ) -> None:
        super().__init__()
        self._title, self._line, self._example = title, line, example
        self._completed, self._check = completed, check

    def compose(self) -> ComposeResult:
        """Title, line, what could come next, keys."""
        with Vertical(id="dialog"):
            yield Static(Content(self._title), id="dialog-title")
            yield Input(
                self._line,
                placeholder=self._example,
                suggester=_Completion(self._completed),
                select_on_focus=False,
            )
            yield Static("", id="dialog-lead")
            yield Static("", id="dialog-problem")
            keys = (
                ("enter", "bold"),
                " filter   ",
                ("tab", "bold"),
                " complete   ",
                ("esc", "bold"),
                " cancel",
            )
            yield Static(Content.assemble(*keys), id="dialog-keys")

    def on_mount(self) -> None:
        """Say what can be asked for."""
        self.query_one(Input).focus()
        self.offer()

    @on(Input.Changed)
    def offer(self) -> None:
        """Say how the last word could go on."""
        line = self.query_one(Input).value
        found = self._completed(line)
        start = line.rfind(" ") + 1 if line.count('"') % 2 == 0 else 0
        words = "  ".join(item[start:] for item in found[:_OFFERED])
        more = f"  and {len(found) - _OFFERED} more" if len(found) > _OFFERED else ""
        self.query_one("#dialog-lead", Static).update(Content(words + more or " "))
        self.query_one("#dialog-problem", Static).update(Content(""))

    def action_complete(self) -> None:
        """Take the first completion."""
        line = self.query_one(Input)
        found = self._completed(line.value)
        if found:
            line.value = found[0]
            line.cursor_position = len(line.value)

    @on(Input.Submitted)
    def give_back(self) -> None:
        """Give it back, or say what is wrong."""
        line = self.query_one(Input).value
        problem = self._check(line)
        if problem:
            self.query_one("#dialog-problem", Static).update(Content(problem))
        else:
            self.dismiss(line.strip())

    def action_cancel(self) -> None:
        """Give up; nothing changes."""
        self.dismiss(None)
