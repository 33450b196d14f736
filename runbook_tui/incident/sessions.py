"""Sessions as the faces use them: found again, beside their good runs, diagnosed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Final, NamedTuple

import runbook_tui
from runbook_tui.diagnosis import diagnose, main_agent
from runbook_tui.evidence import (
    BaselineTable,
    Store,
    find_session,
    lacks_root,
    read_session,
    received_at,
    save_findings,
)
from runbook_tui.intake import BadLine, read_capture
from runbook_tui.playbook import Playbook
from runbook_tui.trace import Findings, RunbookError, SessionTrace
from runbook_tui.trace.clock import Clock, now_utc, stamp

__all__ = [
    "GROWING_S",
    "Loaded",
    "SessionNotFoundError",
    "baseline_of",
    "diagnose_stored",
    "findings_key",
    "good_runs",
    "inspect_session",
    "is_growing",
    "load",
    "no_such_session",
    "pick",
    "read_runs",
]

_GOOD_RUNS: Final = 5
"""Good sessions a diagnosis is held against at most, the latest."""
GROWING_S: Final = 600.0
"""Seconds without news after which a run whose root never came counts as ended: longer than a model call takes."""


class SessionNotFoundError(RunbookError):
    """No session or file of that name."""


def good_runs(store: Store, agent: str | None, but: str | None = None) -> tuple[str, ...]:
    """Ids of the latest good sessions of an agent, without the session that is held against them."""
    rows = BaselineTable(store).of_agent(agent, _GOOD_RUNS + 1)
    return tuple(row.session for row in rows if row.session != but)[:_GOOD_RUNS]


def baseline_of(store: Store, agent: str | None, but: str | None = None) -> tuple[SessionTrace, ...]:
    """`good_runs`, read."""
    return read_runs(store, good_runs(store, agent, but))


def read_runs(store: Store, names: Iterable[str]) -> tuple[SessionTrace, ...]:
    """The stored sessions of these ids; those that are gone are left out."""
    return tuple(run for name in names if (run := read_session(store, name)) is not None)


def is_growing(store: Store, session_id: str, clock: Clock = now_utc) -> bool:
    """Whether a received session may still go on: its root has not come, and spans of it came a moment ago."""
    last = received_at(store, session_id)
    recent = last is not None and last > stamp(clock() - timedelta(seconds=GROWING_S))
    return recent and lacks_root(store, session_id)


def findings_key(playbook: Playbook, good: Iterable[str], *, growing: bool) -> str:
    """What findings rest on beside the spans: the playbook, the good runs, this version, and whether more may come."""
    parts = (runbook_tui.__version__, playbook.id, playbook.sha256, *good, *(("growing",) if growing else ()))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def diagnose_stored(
    store: Store, session_id: str, playbook: Playbook, clock: Clock = now_utc
) -> tuple[SessionTrace, Findings]:
    """Diagnose a stored session against the baseline of its agent, and keep the findings beside it.

    Raises:
        SessionNotFoundError: it is not in the store.
    """
    session = read_session(store, session_id)
    if session is None:
        raise no_such_session(session_id)
    good = good_runs(store, main_agent(session), session_id)
    growing = is_growing(store, session_id, clock)
    findings = diagnose(session, playbook, read_runs(store, good), growing=growing)
    save_findings(store, session, findings, findings_key(playbook, good, growing=growing))
    return session, findings


class Loaded(NamedTuple):
    """A session that was named, and what its file held besides."""

    session: SessionTrace
    others: tuple[str, ...] = ()
    """Ids of the other sessions in the file."""
    left_out: tuple[BadLine, ...] = ()
    """What of the file could not be read."""


def load(store: Store | None, text: str, session: str | None = None) -> Loaded:
    """The session that `text` names: a file, which is not stored, or a session of the store.

    Args:
        store: where to look for sessions; None looks at files alone.
        text: a path, a session id or the unambiguous beginning of one.
        session: which session of a file that holds several; the first one unless given.

    Raises:
        SessionNotFoundError: neither a file nor a session has that name.
        CaptureError: the file cannot be read.
    """
    path = Path(text)
    if path.exists():
        capture = read_capture(path)
        chosen = pick(capture.sessions, session, text)
        others = tuple(other.id for other in capture.sessions if other.id != chosen.id)
        return Loaded(chosen, others, capture.bad_lines)
    found = find_session(store, text) if store is not None else None
    stored = read_session(store, found) if store is not None and found is not None else None
    if stored is None:
        raise no_such_session(text)
    return Loaded(stored)


def inspect_session(
    session: SessionTrace,
    playbook: Playbook,
    baseline: tuple[SessionTrace, ...] = (),
    *,
    full: bool = False,
    growing: bool = False,
) -> Findings:
    """Diagnose a session that need not be stored; the arguments are those of `diagnose`."""
    return diagnose(session, playbook, baseline, full=full, growing=growing)


def pick(sessions: Iterable[SessionTrace], wanted: str | None, where: str) -> SessionTrace:
    """The session of that id, or the first one.

    Raises:
        SessionNotFoundError: none has that id.
    """
    listed = list(sessions)
    if wanted is None:
        return listed[0]
    found = next((session for session in listed if session.id == wanted), None)
    if found is None:
        ids = ", ".join(session.id for session in listed[:5])
        raise SessionNotFoundError(
            "no such session in the file", f"{where}: {wanted}", f"choose one of: {ids}"
        )
    return found


def no_such_session(text: str) -> SessionNotFoundError:
    """What is said of a name that neither a session nor a file has."""
    advice = "give a file, or an id that runbook-tui sessions lists"
    return SessionNotFoundError("no such session or file", text, advice)
