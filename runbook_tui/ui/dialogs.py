"""Questions the screens ask: a form, a choice, a text to read. Typed in, typed out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic
from typing import ClassVar, Final

import msgspec
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.events import DescendantFocus, Key, Resize
from textual.reactive import reactive
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from runbook_tui.ui.rows import Row, RowList

__all__ = ["ChoiceDialog", "Field", "FormDialog", "TextScreen"]


_DEAF_S: Final = 0.4
"""Seconds in which a second press of a key is still meant for what was there before."""
_TYPED_OVER: Final = 60
"""Characters up to which what stands in a field is replaced by what is typed first."""


class Field(msgspec.Struct, frozen=True):
    """One field of a form."""

    name: str
    label: str
    value: str = ""
    options: tuple[str, ...] = ()
    """With options it is a choice, cycled with left and right."""
    hint: str = ""
    required: bool = True


class Cycle(Static, can_focus=True):
    """A choice of few words, cycled in place."""

    TURNS: ClassVar[dict[str, int]] = {"right": 1, "left": -1}
    """Nothing that is typed turns it: what was meant for a text field must not change a choice."""
    index: reactive[int] = reactive(0)

    def __init__(self, options: Sequence[str], value: str) -> None:
        super().__init__()
        self.options = tuple(options)
        self.set_reactive(Cycle.index, self.options.index(value) if value in self.options else 0)

    @property
    def value(self) -> str:
        """The chosen word."""
        return self.options[self.index]

    def render(self) -> Content:
        """The word between arrows."""
        return Content.assemble(("‹ ", "dim"), self.value.replace("_", " "), (" ›", "dim"))

    def on_key(self, event: Key) -> None:
        """To the next or previous word. Here and not in a binding: a binding is looked up where the focus is by then."""
        if event.key in self.TURNS:
            event.stop()
            self.index = (self.index + self.TURNS[event.key]) % len(self.options)


class FormDialog(ModalScreen[dict[str, str] | None]):
    """Asks for a few fields. Enter goes to the next one and, on the last, accepts; escape gives up.

    Args:
        title: what is asked.
        fields: what to fill in.
        lead: text above the fields, lines kept.
        accept: what accepting does, in a word or two.
        check: called with the values; returns what is wrong, or None to accept.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "cancel"),
        Binding("ctrl+s", "accept", "accept"),
        # Priority, so that what is typed ahead lands in the field it was meant for.
        Binding("down", "app.focus_next", "next", show=False, priority=True),
        Binding("up", "app.focus_previous", "previous", show=False, priority=True),
        Binding("enter", "next", "next", show=False),
    ]

    def __init__(
        self,
        title: str,
        fields: Sequence[Field],
        *,
        lead: str = "",
        accept: str = "accept",
        check: Callable[[dict[str, str]], str | None] | None = None,
    ) -> None:
        super().__init__()
        self._title = title
        self._fields = tuple(fields)
        self._lead = lead
        self._accept = accept
        self._check = check

    def compose(self) -> ComposeResult:
        """Title, lead, fields, problem, keys."""
        with Vertical(id="dialog"):
            yield Static(Content(self._title), id="dialog-title")
            with VerticalScroll(id="dialog-body", can_focus=False):
                if self._lead:
                    yield Static(Content(self._lead), id="dialog-lead")
                for field in self._fields:
                    yield Static(Content.assemble(field.label, (f"  {field.hint}", "dim")), classes="label")
                    if field.options:
                        yield Cycle(field.options, field.value)
                    else:
                        # What is short is typed over, a sentence is gone on with.
                        yield Input(field.value, select_on_focus=len(field.value) <= _TYPED_OVER)
            yield Static("", id="dialog-problem")
            several = (("enter", "bold"), " next field   ", ("ctrl+s", "bold"), f" {self._accept}   ")
            one = (("enter", "bold"), f" {self._accept}   ")
            keys = (*(several if len(self._fields) > 1 else one), ("esc", "bold"), " cancel")
            yield Static(Content.assemble(*keys), id="dialog-keys")

    @on(DescendantFocus)
    @on(Resize)
    def keep_in_sight(self) -> None:
        """Where one types stays in sight."""
        if self.focused is not None:
            self.call_after_refresh(self.focused.scroll_visible, animate=False)

    def on_mount(self) -> None:
        """Start in the first field."""
        editors = self._editors()
        (editors[0] if editors else self).focus()

    def _editors(self) -> list[Input | Cycle]:
        return [widget for widget in self.query("Input, Cycle") if isinstance(widget, Input | Cycle)]

    @on(Input.Submitted)
    def go_on(self) -> None:
        """Enter in a text field, once what was typed before it is in."""
        self.action_next()

    def action_next(self) -> None:
        """To the next field; accept on the last."""
        editors = self._editors()
        if not editors or self.focused is editors[-1]:
            self.action_accept()
        else:
            self.focus_next()

    def action_accept(self) -> None:
        """Give the values back, or say what is wrong."""
        editors = self._editors()
        values = {field.name: editor.value for field, editor in zip(self._fields, editors, strict=True)}
        empty = [
            at for at, field in enumerate(self._fields) if field.required and not values[field.name].strip()
        ]
        if empty:
            editors[empty[0]].focus()
            self._complain(f"Fill this in: {self._fields[empty[0]].label}")
            return
        problem = self._check(values) if self._check else None
        if problem:
            self._complain(problem)
        else:
            self.dismiss(values)

    def _complain(self, problem: str) -> None:
        self.query_one("#dialog-problem", Static).update(Content(problem))

    @on(Input.Changed)
    def forget_problem(self) -> None:
        """What was wrong is being mended."""
        self._complain("")

    def action_cancel(self) -> None:
        """Give up; nothing changes."""
        self.dismiss(None)


class ChoiceDialog(ModalScreen[str | None]):
    """Asks for one of several.

    Args:
        title: what is asked.
        options: value and text of each.
        lead: text above them, lines kept.
        chosen: what was chosen before; the cursor starts there.
        careful: nothing is chosen by a key that was meant for the dialog before.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "cancel", "cancel")]

    def __init__(
        self,
        title: str,
        options: Sequence[tuple[str, str]],
        *,
        lead: str = "",
        chosen: str | None = None,
        careful: bool = False,
    ) -> None:
        super().__init__()
        self._title = title
        self._options = tuple(options)
        self._lead = lead
        self._chosen = chosen
        self._deaf_until = monotonic() + _DEAF_S if careful else 0.0

    def compose(self) -> ComposeResult:
        """Title, lead, options, keys."""
        with Vertical(id="dialog"):
            yield Static(Content(self._title), id="dialog-title")
            if self._lead:
                with VerticalScroll(id="dialog-body", can_focus=False):
                    yield Static(Content(self._lead), id="dialog-lead")
            yield RowList(id="dialog-options")
            keys = (("enter", "bold"), " choose   ", ("esc", "bold"), " cancel")
            yield Static(Content.assemble(*keys), id="dialog-keys")

    def on_mount(self) -> None:
        """Fill the list."""
        rows = self.query_one(RowList)
        rows.show([Row(text, (value,)) for value, text in self._options])
        values = [value for value, _ in self._options]
        if self._chosen in values:
            rows.cursor = values.index(self._chosen)
        rows.focus()

    def on_key(self, event: Key) -> None:
        """A letter goes to the one choice that begins with it."""
        texts = [text.lower() for _, text in self._options]
        found = [
            at
            for at, text in enumerate(texts)
            if event.character and text.startswith(event.character.lower())
        ]
        if len(found) == 1 and event.key not in ("j", "k", "g"):
            event.stop()
            self.query_one(RowList).cursor = found[0]

    @on(RowList.Chosen)
    def give_back(self, event: RowList.Chosen) -> None:
        """The chosen value."""
        event.stop()
        assert event.row.id is not None
        if monotonic() >= self._deaf_until:
            self.dismiss(event.row.id[0])

    def action_cancel(self) -> None:
        """Give up; nothing changes."""
        self.dismiss(None)


class TextScreen(ModalScreen[None]):
    """A text to read, whole: a preview, a payload, the keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "dismiss", "back"),
        Binding("j,down", "scroll_text('down')", "down", show=False),
        Binding("k,up", "scroll_text('up')", "up", show=False),
        Binding("pagedown,space", "scroll_text('page_down')", "page down", show=False),
        Binding("pageup", "scroll_text('page_up')", "page up", show=False),
    ]

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title = title
        self._text = text

    def compose(self) -> ComposeResult:
        """Title, text, keys."""
        with Vertical(id="dialog", classes="tall"):
            yield Static(Content(self._title), id="dialog-title")
            yield RowList(id="dialog-text")
            yield Static(Content.assemble(("esc", "bold"), " back"), id="dialog-keys")

    def on_mount(self) -> None:
        """Show the text by lines, so that its length does not matter."""
        rows = self.query_one(RowList)
        rows.show([Row(line) for line in self._text.split("\n")])
        rows.focus()

    def action_scroll_text(self, how: str) -> None:
        """Scroll."""
        rows = self.query_one(RowList)
        getattr(rows, f"scroll_{how}")(animate=False)
