"""What all rooms share: a lead line, rows, and the playbook's steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from runbook_tui.incident import Response, answer_hint
from runbook_tui.playbook import Step
from runbook_tui.trace import RunbookError
from runbook_tui.trace.words import Room
from runbook_tui.ui.dialogs import ChoiceDialog, Field, FormDialog
from runbook_tui.ui.keys import Pane
from runbook_tui.ui.lines import Tone
from runbook_tui.ui.rows import Row, RowList

__all__ = ["RoomView"]


class RoomView(Vertical):
    """One room. A subclass says what its lead and rows are and what choosing one of them does."""

    ROOM: ClassVar[Room]
    PANES: ClassVar[tuple[Pane, ...]] = ("list", "incident", "everywhere")

    class Changed(Message):
        """The incident is not what it was."""

    class Leave(Message):
        """Go to another room, to a span or a playbook step of it where one is named."""

        def __init__(self, room: Room, span_id: str | None = None, step_id: str | None = None) -> None:
            super().__init__()
            self.room: Room = room
            self.span_id = span_id
            self.step_id = step_id

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response
        self._said: tuple[str, Tone] | None = None
        """What the sentence above the rows says."""

    def compose(self) -> ComposeResult:
        """Lead and rows."""
        yield Static("", classes="lead")
        yield RowList()

    def on_mount(self) -> None:
        """Fill in."""
        self.update_room()

    @property
    def row_list(self) -> RowList:
        """The rows."""
        return self.query_one(RowList)

    @property
    def home(self) -> Widget:
        """What takes the focus."""
        return self.row_list

    @property
    def cursor(self) -> int:
        """The place to come back to."""
        return self.row_list.cursor

    def restore(self, cursor: int) -> None:
        """Go to a place that was left."""
        self.row_list.cursor = cursor
        self.row_list.show(self.row_list.rows)

    def go_to_step(self, step_id: str) -> None:
        """Put the cursor on a playbook step, or on the first choice of one that is shown by its choices."""
        rows = self.row_list
        of_step = (
            at
            for at, row in enumerate(rows.rows)
            if row.id is not None and row.id[:2] in (("step", step_id), ("option", step_id))
        )
        rows.cursor = next(of_step, rows.cursor)

    def update_room(self) -> None:
        """Show the incident as it is now."""
        self.lead_again()
        self.row_list.show(self.rows())

    def lead_again(self) -> None:
        """Write the sentence above the rows anew, where it says something else."""
        said = self.lead()
        if said != self._said:
            self._said = text, tone = said
            lead = self.query_one(".lead", Static)
            lead.update(Content(text))
            lead.set_classes(f"lead -{tone}")

    def show_news(self) -> None:
        """More spans of the session are in the store. What is known of them comes with the next diagnosis."""

    def rest(self) -> None:
        """Others write into the store: whoever holds it as it was lets go of it for a moment."""

    def why_not(self, action: str) -> str | None:  # noqa: ARG002
        """Why a key does nothing just now; None where it does something."""
        return None

    def more_acts(self) -> Iterable[tuple[str, str, Callable[[], object]]]:
        """What can be done here that has no key: title, explanation, the act."""
        return ()

    def lead(self) -> tuple[str, Tone]:
        """The sentence that matters most here, and its tone."""
        raise NotImplementedError

    def rows(self) -> list[Row]:
        """The rows."""
        raise NotImplementedError

    def choose(self, what: tuple[Any, ...]) -> None:
        """Act on a row of the room's own."""
        raise NotImplementedError

    @on(RowList.Chosen)
    def act_on_row(self, event: RowList.Chosen) -> None:
        """Playbook steps are handled here, the rest by the room."""
        event.stop()
        assert event.row.id is not None
        kind, *rest = event.row.id
        if kind == "tick":
            step_id, item = rest
            ticked = item in self.response.state.ticks.get(step_id, ())
            self.attempt(lambda: self.response.tick(step_id, item, on=not ticked))
        elif kind == "span":
            self.post_message(self.Leave("trace_back", rest[0]))
        elif kind == "room":
            self.post_message(self.Leave(rest[0]))
        elif kind == "to_step":
            self.post_message(self.Leave(rest[0], step_id=rest[1]))
        elif kind == "step" and (step := self.response.playbook.step(rest[0])) is not None:
            self.do_step(step)
        else:
            self.choose(event.row.id)

    def attempt(self, act: Callable[[], object], done: str | None = None) -> bool:
        """Do it; a refusal is shown, not raised. Returns whether it was done."""
        try:
            act()
        except RunbookError as error:
            self._refuse(error)
            return False
        if done:
            self.notify(done, markup=False)
        self.post_message(self.Changed())
        return True

    def _refuse(self, error: RunbookError) -> None:
        self.notify(f"{error.what}: {error.advice}", severity="warning", markup=False)

    def do_step(self, step: Step) -> None:
        """Do a playbook step: answer, tick all, or mark as done."""
        if step.kind == "ask":
            self._ask(step)
        elif step.kind == "manual":
            self.attempt(lambda: self.response.step_done(step.id))
        else:
            self.notify("Tick the lines below it, or skip it with x.", markup=False)

    def _ask(self, step: Step) -> None:
        if step.kind != "ask":
            return
        options = {"yes_no": ("yes", "no"), "choice": step.options}.get(step.type, ())
        if options:
            self.ask_choice(
                step.question,
                [(option, option) for option in options],
                lambda value: self.attempt(lambda: self.response.answer(step, value)),
                chosen=self.response.state.answers.get(step.id),
            )
            return
        known = self.response.state.answers.get(step.id, "")
        field = Field("answer", step.question, known, hint=answer_hint(step))
        self.ask(step.title, [field], lambda values: self.response.answer(step, values["answer"]))

    def action_skip(self) -> None:
        """Skip the step under the cursor, with a reason."""
        row = self.row_list.current
        named = row is not None and row.id is not None and row.id[0] == "step"
        step = self.response.playbook.step(row.id[1]) if named and row and row.id else None
        if step is None:
            self.notify(
                "Put the cursor on a step of the playbook to skip it; what it lists goes with it.",
                markup=False,
            )
            return
        self.ask(
            f"Skip: {step.title}",
            [Field("reason", "Why?", hint="shown in the postmortem")],
            lambda values: self.response.skip(step, values["reason"]),
        )

    def ask(
        self,
        title: str,
        fields: list[Field],
        act: Callable[[dict[str, str]], object],
        *,
        lead: str = "",
        accept: str = "accept",
        then: Callable[[dict[str, str]], object] | None = None,
        after_closing: bool = False,
    ) -> None:
        """Ask with a form; a refusal keeps the form open and says why. A closed incident is asked nothing.

        `after_closing` is for what may be done even then.
        `then` is called with the values when the form is gone, to ask on.
        """
        if not after_closing and self.is_closed():
            return

        def check(values: dict[str, str]) -> str | None:
            try:
                act(values)
            except RunbookError as error:
                return f"{error.what}: {error.advice}"
            return None

        def after(values: dict[str, str] | None) -> None:
            if values is not None:
                self.post_message(self.Changed())
                if then is not None:
                    then(values)

        dialog = FormDialog(title, fields, lead=lead, accept=accept, check=check)
        self.app.push_screen(dialog, after)

    def is_closed(self) -> bool:
        """Whether nothing more may be asked; says so."""
        try:
            self.response.must_be_open()
        except RunbookError as error:
            self._refuse(error)
            return True
        return False

    def ask_choice(
        self,
        title: str,
        options: list[tuple[str, str]],
        act: Callable[[str], object],
        *,
        lead: str = "",
        chosen: str | None = None,
        careful: bool = False,
    ) -> None:
        """Ask for one of several; the cursor starts on what was chosen before. `careful` is as for `ChoiceDialog`."""
        if self.is_closed():
            return

        def after(value: str | None) -> None:
            if value is not None:
                act(value)

        dialog = ChoiceDialog(title, options, lead=lead, chosen=chosen, careful=careful)
        self.app.push_screen(dialog, after)
