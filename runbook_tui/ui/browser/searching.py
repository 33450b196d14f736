"""Where a text stands in the session, hit by hit, each shown in the detail."""

from __future__ import annotations

import re
from time import monotonic
from typing import Final

from textual import work
from textual.worker import get_current_worker

from runbook_tui.evidence import SpanTable, Store, is_pattern
from runbook_tui.incident import Response
from runbook_tui.trace.counted import counted
from runbook_tui.ui.browser.stepping import Stepping
from runbook_tui.ui.dialogs import Field, FormDialog, TextScreen
from runbook_tui.ui.span_detail import Tab, payload_text
from runbook_tui.ui.words import one_line

__all__ = ["Searching"]

_TOLD_EVERY_S: Final = 1.0
_LIKE_A_PATTERN: Final = re.compile(r"\.[*+?]|\\[bdsw]|\[.+\]|\w\|\w|^\^|\$$")
"""What hardly anybody writes but in a regular expression."""
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
            self._look_for(self.searched, self.cursor, go=False)

    def action_search(self) -> None:
        """Search names, attributes, messages, arguments and results of this session."""

        def check(values: dict[str, str]) -> str | None:
            text = values["text"]
            if not text.strip():
                return "write what to look for"
            try:
                re.compile(text[1:-1] if is_pattern(text) else "")
            except re.error as error:
                return f"not a regular expression: {error}"
            return None

        def after(values: dict[str, str] | None) -> None:
            if values is not None:
                self.searched = values["text"]
                self._look_for(self.searched, self.cursor, go=True)

        fields = [Field("text", "Text", hint="plain text, any case; /text/ is a regular expression")]
        self.app.push_screen(FormDialog("Search this session", fields, accept="search", check=check), after)

    # A large session takes seconds to look through, so it is done beside the screen, and the first hit is shown
    # as soon as it is known; another search, or leaving the room, ends this one.

    @work(thread=True, exclusive=True, group="search")
    def _look_for(self, text: str, at: int, *, go: bool) -> None:
        worker = get_current_worker()
        show = self.app.call_from_thread
        found: list[int] = []
        told = monotonic()
        with Store(self.response.store.path) as store:
            for hit in SpanTable(store, self.response.session_id).hits(text, at):
                if worker.is_cancelled:
                    return
                found.append(hit)
                if len(found) == 1 and go:
                    show(self._first_hit, hit)
                elif monotonic() - told > _TOLD_EVERY_S:
                    told = monotonic()
                    show(self._take_hits, sorted(found), go, " so far")
        if not worker.is_cancelled:
            show(self._take_hits, sorted(found), go, "")

    def _first_hit(self, position: int) -> None:
        self.hits = self.spans.hits = [position]
        with self.jumping():
            self.jump(position)
            self.show_hit()

    def _take_hits(self, hits: list[int], told: bool, so_far: str) -> None:
        self.hits = self.spans.hits = hits
        if not told:
            return
        if not hits:
            self.say(self.not_found())
            return
        place = f"Hit {hits.index(self.cursor) + 1:,} of {len(hits):,}" if self.cursor in hits else ""
        found = f"{place or counted(len(hits), 'hit')}{so_far}"
        self.say(f"{found}; n and N go through them, esc ends the search.")

    def not_found(self) -> str:
        """That there is no hit to go to, and what to do about it."""
        if not self.searched:
            return "Search with / first."
        if is_pattern(self.searched) or not _LIKE_A_PATTERN.search(self.searched):
            return f"No span contains {self.searched!r}."
        return f"No span contains {self.searched!r}; write /{self.searched}/ for a regular expression."

    @property
    def is_looking(self) -> bool:
        """Whether a value or a cause is looked for just now."""
        return any(worker.group == "follow" and worker.is_running for worker in self.app.workers)

    def action_end_search(self) -> None:
        """Forget what was searched for."""
        for group in ("search", "follow"):
            self.workers.cancel_group(self, group)
        self.searched, self.hits, self.spans.hits = "", [], []
        self.spans.refresh()
        self.say("The search is ended.", seconds=2)

    def action_hit(self, by: int) -> None:
        """To the next or previous search hit."""
        before = self.cursor
        self.to_neighbour(self.hits, by, "hit", self.not_found())
        if self.cursor != before:
            self.show_hit()

    def show_hit(self) -> None:
        """Show the tab in which the text stands, at the text."""
        if not self.show_text(self.searched):
            self.say("The hit is past what is shown of this span: v shows all of it.")

    def show_text(self, text: str, first: Tab | None = None) -> bool:
        """Show the tab that holds a text, and the place where it stands in it; False where none does."""
        tabs = (first, *_PLACES) if first else _PLACES
        pattern = re.compile(text[1:-1] if is_pattern(text) else re.escape(text), re.IGNORECASE)
        for tab in tabs:
            found = next((match for row in self.span_rows(tab) if (match := pattern.search(row.text))), None)
            if found is not None:
                self.tab = tab
                self.show_span()
                self.detail.point_at(found[0])
                return True
        return False

    def action_payload(self) -> None:
        """The whole payload."""
        span = self.table.payload(self.cursor)
        if span is not None:
            self.app.push_screen(TextScreen(one_line(span.name, 60), payload_text(span)))
