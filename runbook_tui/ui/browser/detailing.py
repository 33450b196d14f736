"""What the detail shows beyond a span's own words: how its context changed, and how a good run's call looked."""

from __future__ import annotations

import asyncio
from typing import Final

from textual import work

from runbook_tui.diagnosis import ContextChange, MessageChange, context_change_of, context_changes, put_beside
from runbook_tui.incident import Response
from runbook_tui.trace import SessionTrace, Span, Step
from runbook_tui.trace.counted import counted
from runbook_tui.ui.browser.base import Browser
from runbook_tui.ui.browser.columns import diff_rows
from runbook_tui.ui.rows import Row, heading
from runbook_tui.ui.span_detail import Tab, laid_out, text_rows

__all__ = ["Detailing", "context_rows", "drift_rows"]

_ORDER: Final = ("dropped", "truncated", "rewritten", "added")
_BACK: Final = 500
"""Steps before a call among which a large session is sought for the one whose context it continues."""
_DRIFT: Final = "TOOL_SCHEMA_DRIFT"


class Detailing(Browser):
    """The tabs of the detail."""

    def __init__(self, response: Response) -> None:
        super().__init__(response)
        self._contexts: dict[str, ContextChange | None] = {}
        """What is known of the calls that were looked at, by their spans; of a session in memory that is all of them."""
        self._pairs: dict[str, Step] | None = None
        """Steps of the good run by the spans of this one that they are paired with."""

    def show_news(self) -> None:
        """Contexts and runs are compared anew when they are asked for."""
        self._contexts, self._pairs = {}, None
        super().show_news()

    def span_rows(self, tab: Tab) -> list[Row]:
        """What a tab says of the span under the cursor."""
        row = self.row
        if tab == "context" and row is not None:
            if row.kind == "llm" and row.span_id not in self._contexts:
                self._compare_contexts(row.span_id)
                return [Row("Comparing the contexts of this session ...", tone="dim")]
            return context_rows(self._contexts.get(row.span_id), row.kind, self._width)
        rows = super().span_rows(tab)
        drifted = any(flag.flag == _DRIFT for flag in self.flags.get(self.cursor, []))
        if drifted and tab in ("output", "input") and self.response.baseline:
            rows += self._beside_good(self.response.baseline[0], tab)
        return rows

    def _beside_good(self, good: SessionTrace, tab: Tab) -> list[Row]:
        span = self.table.payload(self.cursor)
        if span is None:
            return []
        if self._pairs is None:
            self._pair_with(good)
            return [Row("Comparing with the good run ...", tone="dim")]
        paired = self._pairs.get(span.span_id)
        return drift_rows(span, paired, good.id, tab, self._width) if paired is not None else []

    @work(exclusive=True, group="pairs")
    async def _pair_with(self, good: SessionTrace) -> None:
        def pair() -> dict[str, Step]:
            theirs = {step.span.span_id: step for step in good.steps}
            return {
                pair.span_id: theirs[pair.good_span_id]
                for pair in put_beside(self.response.whole(), good).pairs
                if pair.span_id is not None and pair.good_span_id is not None
            }

        self._pairs = await asyncio.to_thread(pair)
        self.show_span()

    @property
    def _width(self) -> int:
        return max(self.detail.size.width, 20)

    @work(exclusive=True, group="contexts")
    async def _compare_contexts(self, span_id: str) -> None:
        large = self.response.is_large

        def compare() -> dict[str, ContextChange | None]:
            with self.response.reading() as session:
                if large:
                    return {span_id: context_change_of(session, span_id, _BACK)}
                changes = {change.step.span.span_id: change for change in context_changes(session)}
                return {step.span.span_id: changes.get(step.span.span_id) for step in session.steps}

        self._contexts |= {span_id: None, **await asyncio.to_thread(compare)}
        if self.tab == "context":
            self.show_detail()


def context_rows(change: ContextChange | None, kind: str, width: int) -> list[Row]:
    """How the context of a call differs from that of the call before; what was lost comes first."""
    if change is None:
        told = (
            "This call begins a conversation: there is no earlier context to compare with."
            if kind == "llm"
            else "Only LLM calls have a context."
        )
        return [Row(told, tone="dim")]
    counts = ", ".join(f"{len(of)} {name}" for name in _ORDER if (of := change.of(name)))
    rows = [Row(f"Against the context of step {change.previous.number}: {counts or 'nothing changed'}.")]
    for name in _ORDER:
        for item in change.of(name):
            rows += _change(item, width)
    return rows


def _change(item: MessageChange, width: int) -> list[Row]:
    lost = item.change in ("dropped", "truncated")
    head = Row(f"{item.change}: {item.role}, message {item.at + 1}", tone="flag" if lost else "accent")
    if item.was is not None:
        sizes = f"was {counted(len(item.was), 'character')}, is {len(item.text):,}"
        return [Row(""), head, Row(sizes, tone="dim"), *diff_rows(item.text, item.was, width)]
    return [Row(""), head, *text_rows(item.text)]


def drift_rows(span: Span, paired: Step, good: str, tab: Tab, width: int) -> list[Row]:
    """The call that a good run made in its place: ours, theirs."""
    tool, theirs = span.tool, paired.span.tool
    if tool is None or theirs is None:
        return []
    one, other = (tool.result, theirs.result) if tab == "output" else (tool.arguments, theirs.arguments)
    head = heading(f"beside step {paired.number} of the good run {good}")
    return [head, *diff_rows(laid_out(one or ""), laid_out(other or ""), width)]
