"""Out of the terminal: the span, or the value under the cursor, to the clipboard; what is shown, to a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from runbook_tui.evidence import SpanRow
from runbook_tui.report import Excerpt, Form, outline, span_excerpt, value_excerpt
from runbook_tui.trace import RunbookError
from runbook_tui.trace.counted import counted
from runbook_tui.ui.browser.base import Browser
from runbook_tui.ui.clipboard import hand_over
from runbook_tui.ui.dialogs import Field

__all__ = ["Copying"]

_MOST_ROWS: Final = 100_000


class Copying(Browser):
    """`y`, `Y`, and exports from the palette."""

    def action_copy(self, form: Form) -> None:
        """The value under the cursor, else the span."""
        row = self.row
        span = self.table.payload(self.cursor)
        if (value := self.detail.value) is not None:
            self._hand_over(value_excerpt(value), "the value", ".txt")
        elif row is not None and span is not None:
            flags = self.flags.get(self.cursor, [])
            excerpt = span_excerpt(span, row.step, self.response.session_id, flags, form)
            what = "the span as Markdown" if form == "markdown" else "the span as JSON"
            self._hand_over(excerpt, what, ".md" if form == "markdown" else ".json")

    def _hand_over(self, excerpt: Excerpt, what: str, suffix: str) -> None:
        length = counted(len(excerpt.text), "character")
        masked = f", {counted(excerpt.redacted, 'secret')} masked" if excerpt.redacted else ""
        self.say(hand_over(self.app, excerpt.text, f"{what}, {length}{masked}", suffix), seconds=8)

    # Exports -------------------------------------------------------------------------------------

    def export_outline(self) -> None:
        """What is shown, as a Markdown outline."""
        self._export("outline.md", lambda: outline(self._shown_rows(), self._flag_names(), "markdown"))

    def export_json(self) -> None:
        """What is shown, as JSON."""
        self._export("spans.json", lambda: outline(self._shown_rows(), self._flag_names(), "json"))

    def export_svg(self) -> None:
        """The screen, as an image."""
        drawn = Excerpt(self.app.export_screenshot(title="runbook-tui", simplify=True), 0)
        self._export("screen.svg", lambda: drawn)

    def _shown_rows(self) -> list[SpanRow]:
        shown = self.spans.shown
        positions = (shown.position_at(at) for at in range(min(shown.visible, _MOST_ROWS)))
        return [row for at in positions if (row := self.table.row(at)) is not None]

    def _flag_names(self) -> dict[int, list[str]]:
        return {position: [flag.flag for flag in flags] for position, flags in self.flags.items()}

    def _export(self, name: str, make: Callable[[], Excerpt]) -> None:
        safe = "".join(char if char.isalnum() or char in "-." else "-" for char in self.response.session_id)

        def write(values: dict[str, str]) -> None:
            path = Path(values["path"].strip()).expanduser()
            try:
                with path.open("x", encoding="utf-8") as file:
                    file.write(make().text)
            except OSError as error:
                raise RunbookError("cannot write", str(path), f"{error.strerror}; choose another") from error
            self.say(f"Wrote {path}.")

        field = Field("path", "File", f"{safe[:60]}-{name}", hint="an existing one is not overwritten")
        self.ask("Export what is shown", [field], write, accept="write")
