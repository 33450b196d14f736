"""Only the spans that a line lets through, flat, with the path to the one under the cursor above them."""

from __future__ import annotations

import asyncio
from typing import Final

from textual import work

from runbook_tui.evidence import (
    FilterError,
    SpanFilter,
    Store,
    completions,
    filter_spans,
    filter_values,
    parse_filter,
)
from runbook_tui.ui.browser.base import Browser
from runbook_tui.ui.browser.filter_dialog import FilterDialog

__all__ = ["Filtering"]

_EXAMPLE: Final = "kind:tool -status:ok flag: >2s tokens>1000 some text"


class Filtering(Browser):
    """`f` and `F`."""

    filtered: SpanFilter | None = None

    def action_filter(self) -> None:
        """Ask which spans to show."""
        known = filter_values(self.table_store, self.response.session_id)

        def check(line: str) -> str | None:
            try:
                parse_filter(line)
            except FilterError as error:
                return f"{error.what}: {error.where}: {error.advice}"
            return None

        def after(line: str | None) -> None:
            if line is not None:
                self.filter_by(line)

        dialog = FilterDialog(
            "Filter the spans",
            self.filtered.line if self.filtered else "",
            completed=lambda line: completions(line, known),
            check=check,
            example=_EXAMPLE,
        )
        self.app.push_screen(dialog, after)

    def filter_by(self, line: str) -> None:
        """Show what a line lets through; an empty one shows everything."""
        if not line.strip():
            self.action_show_all()
        else:
            self._find(parse_filter(line))

    def action_show_all(self) -> None:
        """Show every span again."""
        if self.filtered is None:
            self.say("No filter is on; f sets one.", seconds=2)
        self.filtered = None
        self.spans.pick(None)
        self.title()

    def jump(self, position: int) -> None:
        """A span that the filter hides is shown among all others."""
        if not self.spans.shows(position):
            self.filtered = None
        super().jump(position)

    def show_news(self) -> None:
        """What has come may pass the filter too."""
        super().show_news()
        if self.filtered is not None:
            self._find(self.filtered)

    @work(exclusive=True, group="filter")
    async def _find(self, wanted: SpanFilter) -> None:
        path, session = self.response.store.path, self.response.session_id

        def find() -> list[int]:
            with Store(path) as store:
                return filter_spans(store, session, wanted)

        found = await asyncio.to_thread(find)
        if not found:
            self.say(f"No span passes {wanted.line}")
            return
        self.filtered = wanted
        self.spans.pick(found)
        self.title()

    def filter_words(self) -> str | None:
        """What the filter is and how much it leaves; None without one."""
        if self.filtered is None or self.spans.picked is None:
            return None
        return (
            f"{self.spans.picked.visible:,} of {self.table.count:,} spans: {self.filtered.line}   F shows all"
        )
