"""When the steps of a session ran, without reading anything else of them."""

from __future__ import annotations

from runbook_tui.evidence.store import Store

__all__ = ["step_times"]


def step_times(store: Store, session_id: str) -> list[tuple[int, int, int]]:
    """Position, start and end of the steps with no span below them, in order of start; those without times are left out."""
    cursor = store.connection.cursor()
    cursor.row_factory = None
    rows = cursor.execute(
        "select position, start_ns, end_ns from span join session using (sid) where id = ? and step is not null"
        " and last = position and start_ns is not null and end_ns >= start_ns order by start_ns",
        (session_id,),
    )
    return [(int(position), int(start), int(end)) for position, start, end in rows]
