"""What the detail shows beyond a span's own words: how its context changed, and how a good run's call looked."""

from __future__ import annotations

import asyncio
from typing import Final

from textual import work

from runbook_tui.diagnosis import ContextChange, MessageChange, context_changes
from runbook_tui.incident import Response
from runbook_tui.trace import SessionTrace, Span
from runbook_tui.trace.counted import counted
from runbook_tui.ui.browser.base import Browser
from runbook_tui.ui.browser.columns import diff_rows
from runbook_tui.ui.rows import Row, heading
from runbook_tui.ui.span_detail import Tab, laid_out, text_rows

__all__ = ["Detailing", "context_rows", "drift_rows"]

_ORDER: Final = ("dropped", "truncated", "rewritten", "added")
_DRIFT: Final = "TOOL_SCHEMA_DRIFT"


class Detailing(Browser):
    """The tabs of the detail."""

    def __init__(self, response: Response) -> None:
        super().__init__(response)
        self._contexts: dict[str, ContextChange] | None = None

    def show_news(self) -> None:
        """Contexts are compared anew when they are asked for."""
        self._contexts = None
        super().show_news()

    def span_rows(self, tab: Tab) -> list[Row]:
        """What a tab says of the span under the cursor."""
        row = self.row
        if tab == "context" and row is not None:
            if self._contexts is None:
                self._compare_contexts()
                return [Row("Comparing the contexts of this session ...", tone="dim")]
            return context_rows(self._contexts.get(row.span_id), row.kind, self._width)
        rows = super().span_rows(tab)
        drifted = any(flag.flag == _DRIFT for flag in self.flags.get(self.cursor, []))
        if drifted and tab in ("output", "input") and self.response.baseline:
            span = self.table.payload(self.cursor)
            if span is not None:
                rows += drift_rows(span, self.response.baseline[0], tab, self._width)
        return rows

    @property
    def _width(self) -> int:
        return max(self.detail.size.width, 20)

    @work(exclusive=True, group="contexts")
    async def _compare_contexts(self) -> None:
        def compare() -> dict[str, ContextChange]:
            return {change.step.span.span_id: change for change in context_changes(self.response.whole())}

        self._contexts = await asyncio.to_thread(compare)
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


def drift_rows(span: Span, good: SessionTrace, tab: Tab, width: int) -> list[Row]:
    """The same tool's call in a good run: ours, theirs."""
    tool = span.tool
    if tool is None:
        return []
    calls = [step for step in good.steps if step.span.tool is not None and step.span.tool.name == tool.name]
    if not calls:
        return []
    theirs = calls[0].span.tool
    assert theirs is not None
    one, other = (tool.result, theirs.result) if tab == "output" else (tool.arguments, theirs.arguments)
    head = heading(f"beside step {calls[0].number} of the good run {good.id}")
    return [head, *diff_rows(laid_out(one or ""), laid_out(other or ""), width)]
