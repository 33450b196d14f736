"""What takes time before an incident can be shown; done off the screen's thread."""

from __future__ import annotations

import msgspec

from runbook_tui.diagnosis import diagnose, main_agent
from runbook_tui.evidence import IncidentTable, Store, read_session, save_findings
from runbook_tui.incident.journal import Journal, whoami
from runbook_tui.incident.sessions import baseline_of
from runbook_tui.incident.state import EvalRecord, fold
from runbook_tui.playbook import Playbooks
from runbook_tui.trace import Findings, RunbookError, SessionTrace
from runbook_tui.trace.clock import now_utc

__all__ = ["IncidentNotFoundError", "Prepared", "prepare", "recorded_evals"]


class IncidentNotFoundError(RunbookError):
    """No incident of that id."""


class Prepared(msgspec.Struct, frozen=True):
    """What takes time to have: the session, its good runs, and what the diagnosis says."""

    session: SessionTrace
    baseline: tuple[SessionTrace, ...]
    findings: Findings


def prepare(store: Store, playbooks: Playbooks, incident_id: str) -> Prepared:
    """Read and diagnose the session of an incident, and keep the findings beside it.

    Raises:
        IncidentNotFoundError: no incident has that id, or its session is gone.
    """
    table = IncidentTable(store)
    row = table.get(incident_id)
    session = read_session(store, row.session_id) if row else None
    if session is None:
        raise IncidentNotFoundError("no such incident", incident_id, "runbook-tui incident list shows them")
    state = fold(Journal(table, incident_id, now_utc, whoami()).entries)
    chosen = tuple(good for name in state.baseline if (good := read_session(store, name)) is not None)
    baseline = chosen or baseline_of(store, main_agent(session), session.id)
    findings = diagnose(session, playbooks.get(state.playbook) or playbooks.default, baseline)
    save_findings(store, session, findings)
    return Prepared(session, baseline, findings)


def recorded_evals(table: IncidentTable) -> list[tuple[str, EvalRecord]]:
    """The eval cases that incidents left behind, with the incident of each."""
    found: list[tuple[str, EvalRecord]] = []
    for row in table.all():
        state = fold(Journal(table, row.id, now_utc, whoami()).entries)
        if state.evaluation is not None:
            found.append((row.id, state.evaluation))
    return found
