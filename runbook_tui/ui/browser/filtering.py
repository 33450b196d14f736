"""Only the spans that a line lets through, flat, with the path to the one under the cursor above them."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
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

__all__ = ["Filtering", "values_there_are"]

_PLURALS: Final = {
    "kind": "Kinds",
    "agent": "Agents",
    "tool": "Tools",
    "flag": "Flags",
    "status": "Statuses",
}
_NAMED: Final = 8
"""Values that are named where none is like the one asked for."""
_EXAMPLE: Final = "kind:tool agent:=desk -status:ok flag: >2s tokens>1000 some text"


def values_there_are(line: str, known: Mapping[str, Sequence[str]]) -> str:
    """What the first term of a filter that asks for an unknown value could have asked for; "" where none does."""
    for term in shlex.split(line):
        field, _, value = term.partition(":")
        listed = known.get(field, ())
        asked = [choice.lower() for choice in value.removeprefix("=").split(",") if choice]
        if not listed or not asked or any(choice in item.lower() for choice in asked for item in listed):
            continue
        by_letters = {item.lower(): item for item in listed}
        if close := get_close_matches(asked[0], by_letters, 1):
            return f"Did you mean {field}:{by_letters[close[0]]}?"
        more = f" and {len(listed) - _NAMED} more" if len(listed) > _NAMED else ""
        return f"{_PLURALS[field]} here: {', '.join(listed[:_NAMED])}{more}."
    return ""


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

    def go(self, position: int) -> None:
        """A span that the filter hides is shown among all others."""
        if not self.spans.shows(position):
            self.filtered = None
        super().go(position)

    def show_news(self) -> None:
        """What has come may pass the filter too."""
        super().show_news()
        if self.filtered is not None:
            self._find(self.filtered)

    @work(exclusive=True, group="filter")
    async def _find(self, wanted: SpanFilter) -> None:
        path, session = self.response.store.path, self.response.session_id

        def find() -> tuple[list[int], str]:
            with Store(path) as store:
                passing = filter_spans(store, session, wanted)
                return passing, "" if passing else values_there_are(
                    wanted.line, filter_values(store, session)
                )

        found, others = await asyncio.to_thread(find)
        if not found:
            self.say(f"No span passes {wanted.line}. {others}".rstrip())
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
