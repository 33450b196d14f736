"""Spans in the command palette, found by a few letters of what they are called."""

from __future__ import annotations

import asyncio
from functools import partial

from textual.command import Hit, Hits, Provider
from textual.content import Content

from runbook_tui.evidence import Store, find_spans, span_labels
from runbook_tui.ui.browser.base import Browser

__all__ = ["SpanProvider"]


class SpanProvider(Provider):
    """Offers the spans of the session on screen."""

    _labels: dict[int, str] | None = None

    @property
    def _browser(self) -> Browser | None:
        found = self.screen.query(Browser)
        return found.first() if found else None

    async def search(self, query: str) -> Hits:
        """The spans that resemble what was typed."""
        browser = self._browser
        if browser is None or len(query.strip()) < 2:
            return
        path, session = browser.response.store.path, browser.response.session_id

        def find() -> list[tuple[int, str, float]]:
            if self._labels is None:
                with Store(path) as store:
                    self._labels = span_labels(store, session)
            return find_spans(self._labels, query)

        for position, label, score in await asyncio.to_thread(find):
            yield Hit(
                score, Content(label), partial(browser.jump, position), text=label, help="go to this span"
            )
