"""When a failure was first noticed: a time that can be true of the session."""

from __future__ import annotations

from runbook_tui.evidence import Store, find_row
from runbook_tui.incident.standing import RefusedError
from runbook_tui.trace.clock import parse_time

__all__ = ["check_noticed"]


def check_noticed(store: Store, session_id: str, at: str) -> None:
    """Refuse a time before the session began: nobody notices what has not happened yet.

    Args:
        store: where the session is.
        session_id: the session.
        at: RFC 3339.

    Raises:
        RefusedError: the session began later.
    """
    row = find_row(store, session_id)
    began, noticed = (parse_time(text or "") for text in (row.started_at if row else None, at))
    if began is None or noticed is None or noticed >= began:
        return
    said, start = (f"{moment:%Y-%m-%d %H:%M:%S} UTC" for moment in (noticed, began))
    raise RefusedError("noticed before the session began", said, f"it began at {start}: give a later time")
