"""An incident begins, or is taken up again with what is known more by now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict, Unpack

from runbook_tui.evidence import IncidentTable, SpanTable, Store, find_row
from runbook_tui.incident.events import fold
from runbook_tui.incident.journal import Journal, whoami
from runbook_tui.incident.noticed import check_noticed
from runbook_tui.incident.preparing import IncidentNotFoundError
from runbook_tui.incident.response import Response
from runbook_tui.incident.standing import RefusedError
from runbook_tui.playbook import Playbook, Playbooks
from runbook_tui.trace.clock import Clock, now_utc, stamp

__all__ = ["Given", "open_incident", "resume_incident", "start_incident"]


class Given(TypedDict, total=False):
    """What may be said when an incident is started or taken up again."""

    baseline: Sequence[str]
    """Ids of stored sessions known to be good."""
    detected_at: str | None
    """When the failure was first noticed; now unless given."""
    playbook: Playbook | None
    """What to work with; a new incident starts with the default one unless given."""
    clock: Clock


def open_incident(store: Store, playbooks: Playbooks, session_id: str, **given: Unpack[Given]) -> Response:
    """`start_incident`, ready to be worked on: its session is diagnosed here, however long that takes."""
    started = start_incident(store, playbooks, session_id, **given)
    return Response(store, playbooks, started, given.get("clock", now_utc))


def start_incident(store: Store, playbooks: Playbooks, session_id: str, **given: Unpack[Given]) -> str:
    """Start the incident of a stored session, or resume the one that is open; its id.

    Args:
        store: the store.
        playbooks: all playbooks.
        session_id: the failed session.
        given: what is said of it besides.

    Raises:
        IncidentNotFoundError: the session is not stored.
        RefusedError: what is said cannot be true, or the incident is closed.
    """
    table = IncidentTable(store)
    row = table.open_for(session_id)
    if row is not None:
        resume_incident(store, row.id, **given)
        return row.id
    if find_row(store, session_id) is None:
        raise IncidentNotFoundError("no such session", session_id, "runbook-tui sessions lists them")
    clock, detected_at = given.get("clock", now_utc), given.get("detected_at")
    if detected_at is not None:
        check_noticed(store, session_id, detected_at)
    now = stamp(clock())
    playbook = given.get("playbook") or playbooks.default
    incident_id = table.create(session_id, playbook.id, now, playbook.order[0])
    Journal(table, incident_id, clock, whoami()).append(
        "opened",
        session_id=session_id,
        agent=SpanTable(store, session_id).first_agent(),
        playbook=playbook.id,
        playbook_sha256=playbook.sha256,
        detected_at=detected_at or now,
        detection_reported=detected_at is not None,
        baseline=list(given.get("baseline", ())),
    )
    return incident_id


def resume_incident(store: Store, incident_id: str, **given: Unpack[Given]) -> None:
    """Write down what is said anew when an incident is taken up again: good runs, when it was noticed, the playbook.

    Raises:
        RefusedError: there is something new, and the incident is closed or it cannot be.
    """
    detected_at = given.get("detected_at")
    journal = Journal(IncidentTable(store), incident_id, given.get("clock", now_utc), whoami())
    state = fold(journal.entries)
    more = [name for name in given.get("baseline", ()) if name not in state.baseline]
    noticed = detected_at if detected_at not in (None, state.detected_at) else None
    named = given.get("playbook")
    other = named if named is not None and named.id != state.playbook else None
    if (more or noticed or other) and state.closed_at is not None:
        raise RefusedError(
            "the incident is closed",
            incident_id,
            "open it without --baseline, --detected-at and --playbook",
        )
    if noticed:
        check_noticed(store, state.session_id, noticed)
    if more:
        journal.append("baseline_set", sessions=[*state.baseline, *more])
    if noticed:
        journal.append("detected_at_set", at=noticed)
    if other is not None:
        journal.append("playbook_chosen", playbook=other.id, playbook_sha256=other.sha256, by_name=True)
