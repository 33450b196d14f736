"""Where a text stands in the session, hit by hit, each shown in the detail."""

from __future__ import annotations

from typing import Final

from runbook_tui.incident import Response
from runbook_tui.trace.counted import counted
from runbook_tui.ui.browser.stepping import Stepping
from runbook_tui.ui.dialogs import Field, FormDialog, TextScreen
from runbook_tui.ui.span_detail import Tab, payload_text
from runbook_tui.ui.words import one_line

__all__ = ["Searching"]

_PLACES: Final[tuple[Tab, ...]] = ("output", "input", "attributes")


class Searching(Stepping):
    """Search, and the whole payload."""

    def __init__(self, response: Response) -> None:
        super().__init__(response)
        self.searched = ""
        self.hits: list[int] = []

    def show_news(self) -> None:
        """What has come may hold the text too."""
        super().show_news()
        if self.searched:
            self.hits = self.spans.hits = self.table.search(self.searched)

    def action_search(self) -> None:
        """Search names, attributes, messages, arguments and results of this session."""

        def after(values: dict[str, str] | None) -> None:
            if values is None:
                return
            self.searched = values["text"]
            self.hits = self.spans.hits = self.table.search(self.searched)
            if not self.hits:
                self.say(f"No span contains {values['text']!r}.")
                return
            at = self.cursor
            self.jump(next((hit for hit in self.hits if hit >= at), self.hits[0]))
            self.show_hit()
            self.say(f"{counted(len(self.hits), 'hit')}; n and N go through them.")

        fields = [Field("text", "Text", hint="plain text, any case")]
        self.app.push_screen(FormDialog("Search this session", fields, accept="search"), after)

    def action_hit(self, by: int) -> None:
        """To the next or previous search hit."""
        before = self.cursor
        self.to_neighbour(self.hits, by, "hit", "Search with / first.")
        if self.cursor != before:
            self.show_hit()

    def show_hit(self) -> None:
        """Show the tab in which the text stands, at the text."""
        if not self.show_text(self.searched):
            self.say("The hit is past what is shown of this span: v shows all of it.")

    def show_text(self, text: str, first: Tab | None = None) -> bool:
        """Show the tab that holds a text, and the place where it stands in it; False where none does."""
        tabs = (first, *_PLACES) if first else _PLACES
        wanted = text.casefold()
        for tab in tabs:
            rows = self.span_rows(tab)
            if any(wanted in row.text.casefold() for row in rows):
                self.tab = tab
                self.show_span()
                self.detail.point_at(text)
                return True
        return False

    def action_payload(self) -> None:
        """The whole payload."""
        span = self.table.payload(self.cursor)
        if span is not None:
            self.app.push_screen(TextScreen(one_line(span.name, 60), payload_text(span)))
