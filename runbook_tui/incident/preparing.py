"""What takes time before an incident can be shown; done off the screen's thread.

What an earlier diagnosis of the same spans said is taken as it is. Where there is none and it would be waited for, the
session is shown at once, and diagnosed by a process of its own meanwhile.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from runbook_tui.diagnosis import diagnose, main_agent
from runbook_tui.evidence import (
    IncidentRow,
    IncidentTable,
    SessionRow,
    SpanTable,
    Store,
    find_row,
    lean,
    read_findings,
    read_session,
    save_findings,
)
from runbook_tui.incident.apart import LARGE, run_apart
from runbook_tui.incident.events import fold
from runbook_tui.incident.journal import Journal, JournalError, whoami
from runbook_tui.incident.sessions import findings_key, good_runs, is_growing, read_runs
from runbook_tui.incident.state import EvalRecord
from runbook_tui.playbook import Playbooks
from runbook_tui.trace import Findings, Readiness, RunbookError, SessionSummary, SessionTrace, Signal
from runbook_tui.trace.clock import now_utc
from runbook_tui.trace.words import SIGNALS

__all__ = [
    "LARGE",
    "IncidentNotFoundError",
    "Prepared",
    "incident_rows",
    "prepare",
    "prepare_apart",
    "recorded_evals",
]

WAITED_FOR: Final = 2_000
"""Spans up to which a session is diagnosed before it is shown: a fifth of a second."""


class IncidentNotFoundError(RunbookError):
    """No incident of that id."""


class Prepared(msgspec.Struct, frozen=True):
    """What takes time to have: what the diagnosis says, and the session where it had to be read for that."""

    session: SessionTrace | None
    """None where it was not needed; whoever needs it reads it."""
    good: tuple[str, ...]
    """Ids of the good runs it was held against."""
    findings: Findings
    """`lean`: as the store keeps them."""
    spans: int
    """Spans of the session that the findings are about; 0 while it is not diagnosed."""


def prepare(store: Store, playbooks: Playbooks, incident_id: str, *, wait: bool = False) -> Prepared:
    """What the diagnosis says of the session of an incident.

    Args:
        store: a store of the calling thread.
        playbooks: all playbooks.
        incident_id: the incident.
        wait: diagnose it here, however long that takes.

    Raises:
        IncidentNotFoundError: no incident has that id, or its session is gone.
    """
    row = IncidentTable(store).get(incident_id)
    listed = find_row(store, row.session_id) if row else None
    if row is None or listed is None:
        raise IncidentNotFoundError("no such incident", incident_id, "runbook-tui incident list shows them")
    state = fold(Journal(IncidentTable(store), incident_id, now_utc, whoami()).entries)
    playbook = playbooks.get(state.playbook) or playbooks.default
    good = tuple(state.baseline) or good_runs(store, listed.agent or state.agent, listed.id)
    growing = is_growing(store, listed.id)
    key = findings_key(playbook, good, growing=growing)
    spans = SpanTable(store, listed.id).count
    found = read_findings(store, listed.id, key)
    if found is not None:
        return Prepared(None, good, found, spans)
    if spans > WAITED_FOR and not wait:
        return Prepared(None, good, read_findings(store, listed.id) or _nothing_yet(listed), 0)
    session = read_session(store, listed.id)
    assert session is not None
    good = tuple(state.baseline) or good_runs(store, main_agent(session), listed.id)
    found = lean(diagnose(session, playbook, read_runs(store, good), growing=growing))
    save_findings(store, session, found, findings_key(playbook, good, growing=growing))
    return Prepared(session if spans < LARGE else None, good, found, spans)


def prepare_apart(path: Path, playbooks: Playbooks, incident_id: str) -> Prepared:
    """`prepare`, a session that takes long diagnosed by a process of its own: no key waits, its memory is given back.

    Args:
        path: the store.
        playbooks: all playbooks.
        incident_id: the incident.

    Raises:
        IncidentNotFoundError: no incident has that id, or its session is gone.
        RunbookError: the process failed.
    """
    with Store(path) as store:
        found = prepare(store, playbooks, incident_id)
        if found.spans:
            return found
        run_apart(_diagnose, path, playbooks, incident_id, about=incident_id)
        return prepare(store, playbooks, incident_id)


def _diagnose(path: Path, playbooks: Playbooks, incident_id: str) -> None:
    with Store(path) as store:
        prepare(store, playbooks, incident_id, wait=True)


def _nothing_yet(listed: SessionRow) -> Findings:
    """What is said of a session before its first diagnosis: its figures, and nothing of what went wrong."""
    summary = SessionSummary(
        id=listed.id,
        trace_ids=(),
        agent=listed.agent,
        task=listed.task,
        format=listed.format,
        started_at=listed.started_at,
        ended_at=listed.ended_at,
        duration_ms=None,
        spans=listed.spans,
        steps=listed.steps,
        llm_calls=listed.llm_calls,
        tool_calls=listed.tool_calls,
        input_tokens=None,
        output_tokens=None,
        tokens_estimated=False,
        cost_usd=None,
        models=(),
        outcome=None,
    )
    return Findings(
        session=summary,
        readiness=Readiness(0.0, (), (), listed.defects),
        signals={name: Signal(None, None) for name in SIGNALS},
        flags=(),
        classification=(),
        causes=(),
        suspects=(),
        cascade=(),
        actions=(),
        agents=(),
        steps=(),
    )


def incident_rows(table: IncidentTable) -> tuple[IncidentRow, ...]:
    """Every incident as listed, with the playbook in force: its mode's may have taken over since the opening."""
    return tuple(
        msgspec.structs.replace(row, playbook=_in_force(table, row) or row.playbook) for row in table.all()
    )


def _in_force(table: IncidentTable, row: IncidentRow) -> str | None:
    try:
        return fold(Journal(table, row.id, now_utc, whoami()).entries).playbook
    except JournalError:  # opening it says what is wrong; the others are listed all the same
        return None


def recorded_evals(table: IncidentTable) -> list[tuple[str, EvalRecord]]:
    """The eval cases that incidents left behind, with the incident of each."""
    found: list[tuple[str, EvalRecord]] = []
    for row in table.all():
        state = fold(Journal(table, row.id, now_utc, whoami()).entries)
        if state.evaluation is not None:
            found.append((row.id, state.evaluation))
    return found
