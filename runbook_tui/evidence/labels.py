"""What spans are called, to find one by a few letters of it."""

from __future__ import annotations

from typing import Final

from rapidfuzz import fuzz, process, utils

from runbook_tui.evidence.store import Store

__all__ = ["find_spans", "span_labels"]

_MOST: Final = 200_000
_LEAST: Final = 50.0
"""rapidfuzz score (0..100) below which nothing is offered."""


def span_labels(store: Store, session_id: str) -> dict[int, str]:
    """Step number, kind and label of the first 200,000 spans, by position."""
    cursor = store.connection.cursor()
    cursor.row_factory = None
    rows = cursor.execute(
        "select position, coalesce(step || ' ', '') || kind || ' ' || label from span join session using (sid)"
        " where id = ? order by position limit ?",
        (session_id, _MOST),
    )
    return {int(position): str(label) for position, label in rows}


def find_spans(labels: dict[int, str], text: str, limit: int = 12) -> list[tuple[int, str, float]]:
    """Position, label and score (0..1) of the spans that resemble the text most, the best first."""
    found = process.extract(
        text, labels, scorer=fuzz.WRatio, processor=utils.default_process, limit=limit, score_cutoff=_LEAST
    )
    return [(position, label, score / 100) for label, score, position in found]
