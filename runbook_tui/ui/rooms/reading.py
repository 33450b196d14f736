"""The reading order, as rows."""

from __future__ import annotations

from runbook_tui.incident import Response
from runbook_tui.ui.rows import Row

__all__ = ["reading_rows"]


def reading_rows(response: Response) -> list[Row]:
    """The reading order with its reasons; choosing a row goes to its span."""
    rows: list[Row] = []
    spans = response.spans
    for suspect in response.findings.suspects[:40]:
        first, *others = suspect.reasons
        step = spans.row_of_span(suspect.span_id)
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
