"""The spans of one session, completed and placed, without all of them in memory."""

from __future__ import annotations

from collections.abc import Iterable

from runbook_tui.intake.complete import Completed
from runbook_tui.intake.spill import SpanList
from runbook_tui.trace import PlacedSession, lay_out

__all__ = ["placed"]


def placed(session_id: str, format_name: str, spans: SpanList, chosen: Iterable[int]) -> PlacedSession:
    """Complete and place spans that are one session.

    Args:
        session_id: the session's id.
        format_name: the convention they were recorded in, for the record.
        spans: the spans of a file; each is fetched from there when the session is gone through.
        chosen: which of them belong to the session, repeats allowed.
    """
    found = Completed(spans, chosen)
    return PlacedSession(session_id, format_name, lay_out(found.outlines, found.above, found.repeated), found)
