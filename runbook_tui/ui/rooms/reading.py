"""The detail pane of Trace back, and the reading order in it."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from runbook_tui.incident import Response
from runbook_tui.ui.keys import bindings
from runbook_tui.ui.rows import Row, RowList
from runbook_tui.ui.span_tree import SpanTree

__all__ = ["Detail", "reading_rows"]


def reading_rows(response: Response) -> list[Row]:
    """The reading order with its reasons; choosing a row goes to its span."""
    rows: list[Row] = []
    for suspect in response.findings.suspects[:40]:
        first, *others = suspect.reasons
        step = response.session.step_of(suspect.span_id)
        name = f"{step.kind} {step.label}" if step else ""
        rows.append(
            Row(
                f"{suspect.rank}. step {suspect.step} {name}",
                ("span", suspect.span_id),
                "suspect",
                f"{suspect.score:.1f}",
            )
        )
        rows += [Row(reason.text, tone="dim", indent=2) for reason in (first, *others[:2])]
    if not rows:
        rows.append(Row("Nothing stands out. Start at the wrong output and read backward.", tone="dim"))
    return rows


class Detail(RowList):
    """The detail pane; its keys are its own while it has the focus."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("detail")

    def action_leave(self) -> None:
        """Back to the tree."""
        self.screen.query_one(SpanTree).focus()

    def action_page_down(self) -> None:
        """A page down."""
        self.scroll_page_down(animate=False)

    def action_page_up(self) -> None:
        """A page up."""
        self.scroll_page_up(animate=False)

    def action_scroll_down(self) -> None:
        """Down."""
        self.action_move(1)

    def action_scroll_up(self) -> None:
        """Up."""
        self.action_move(-1)
