"""Sessions as the faces use them: brought in from files, found again, diagnosed."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import msgspec

import runbook_tui
from runbook_tui.diagnosis import diagnose, main_agent
from runbook_tui.evidence import (
    BaselineTable,
    SpanTable,
    Store,
    StoredCapture,
    find_row,
    find_session,
    has_capture,
    link_capture,
    read_findings,
    read_session,
    save_findings,
    stored_spans,
    write_capture,
    write_session,
)
from runbook_tui.incident.apart import LARGE
from runbook_tui.intake import BadLine, Scan, SpanList, placed, read_capture, scan_capture, was_recorded
from runbook_tui.playbook import Playbook
from runbook_tui.trace import Findings, PlacedSession, RunbookError, SessionTrace
from runbook_tui.trace.clock import Clock, now_utc, stamp
from runbook_tui.trace.collector import collector_paused

__all__ = [
    "Added",
    "SessionNotFoundError",
    "add_capture",
    "baseline_of",
    "diagnose_stored",
    "findings_key",
    "good_runs",
    "inspect_session",
    "load",
    "pick",
    "read_runs",
    "store_capture",
    "store_session_of",
]

Progress = Callable[[int, int], None]
"""Called with work done so far and work in all."""

_PARTS: Final = 1000
_READ: Final = 0.6
"""Of storing a file so much of the time goes into reading it, measured on 100,000 spans of 2 KB."""
_STORED: Final = 0.5
"""Of bringing it in so much goes into storing it; the rest is its diagnosis."""
_GOOD_RUNS: Final = 5
"""Good sessions a diagnosis is held against at most, the latest."""


class SessionNotFoundError(RunbookError):
    """No session or file of that name."""


class Added(msgspec.Struct, frozen=True):
    """What an import brought."""

    file: str
    sha256: str
    sessions: tuple[str, ...]
    """Ids, in the order of the file."""
    spans: int
    new_spans: int
    """0 when all of it was known."""
    joined: tuple[str, ...]
    """Those of the sessions that were stored before, and got spans."""
    bad_lines: tuple[BadLine, ...]


def add_capture(
    store: Store,
    path: Path,
    playbook: Playbook,
    progress: Progress | None = None,
    clock: Clock = now_utc,
    *,
    opened: bool = False,
) -> Added:
    """Bring a file into the store, whole or not at all; the same file again changes nothing.

    Each session is diagnosed, but those that are `is_large`.

    Args:
        store: the store.
        path: the file.
        playbook: what its sessions are diagnosed by.
        progress: told how far it is.
        clock: the present.
        opened: the first session is opened next, and diagnosed by that.

    Raises:
        CaptureError: nothing in it can be read.
        StoreError: the database cannot be written.
    """
    added = store_capture(store, path, _share(progress, 0, _STORED), clock)
    diagnosing = _share(progress, _STORED, 1)
    for number, session_id in enumerate(added.sessions):
        diagnosing(number, len(added.sessions))
        if (opened and number == 0) or is_large(store, session_id):
            continue
        if added.new_spans or read_findings(store, session_id) is None:  # killed before it was diagnosed
            diagnose_stored(store, session_id, playbook)
    return added


def is_large(store: Store, session_id: str) -> bool:
    """Whether a session is diagnosed only when it is opened, then apart: that takes gigabytes for a short while."""
    return SpanTable(store, session_id).count >= LARGE


def store_capture(
    store: Store, path: Path, progress: Progress | None = None, clock: Clock = now_utc
) -> Added:
    """`add_capture` without the diagnosis: the sessions can be browsed.

    Raises:
        CaptureError: nothing in it can be read.
        StoreError: the database cannot be written.
    """
    with collector_paused(), scan_capture(path, _share(progress, 0, _READ)) as scan:
        known = has_capture(store, scan.sha256)
        writing = _share(progress, _READ, 1)
        done = _Written(scan.spans) if known else _write(store, path, scan, stamp(clock()), writing)
        return Added(
            scan.name,
            scan.sha256,
            scan.session_ids,
            done.spans,
            done.new,
            tuple(done.joined),
            scan.bad_lines,
        )


def _share(progress: Progress | None, begin: float, end: float) -> Progress:
    """Progress of a part of the work, told as progress of the whole."""
    if progress is None:
        return lambda _done, _total: None
    told = progress

    def tell(done: int, total: int) -> None:
        share = begin + (end - begin) * min(done / total, 1) if total else end
        told(round(_PARTS * share), _PARTS)

    return tell


class _Written(msgspec.Struct):
    """What storing a file came to: how many spans it held, how many of them are new, which sessions they joined."""

    spans: int = 0
    new: int = 0
    joined: list[str] = []


def _write(store: Store, path: Path, scan: Scan, now: str, progress: Progress) -> _Written:
    """Store every session of the file, or none."""
    done = _Written()
    with store.writing(durable=True) as connection, path.open("rb") as source:
        write_capture(connection, source, StoredCapture(scan.sha256, scan.name, scan.size, now))
        for number, session in enumerate(scan.sessions()):
            progress(number, len(scan.session_ids))
            recorded = session.layout.recorded
            was_there = find_row(store, session.id) is not None
            with SpanList() as together:
                whole = _with_stored(store, session, together, scan.span_size)
                written = write_session(connection, whole, scan.sha256, now)
            new = min(written, recorded)  # what is inferred came in no file
            done.spans += recorded
            done.new += new
            if was_there and new:
                done.joined.append(session.id)
        for name in scan.joined:
            _keep_beside(store, connection, path.parent / name, scan, now)
    return done


def _keep_beside(store: Store, connection: sqlite3.Connection, path: Path, scan: Scan, now: str) -> None:
    """A file whose log records were joined is evidence too."""
    with path.open("rb") as source:
        sha256 = hashlib.file_digest(source, "sha256").hexdigest()
        if not has_capture(store, sha256):
            source.seek(0)
            write_capture(connection, source, StoredCapture(sha256, path.name, path.stat().st_size, now))
    link_capture(connection, sha256, scan.session_ids)


def _with_stored(store: Store, session: PlacedSession, together: SpanList, size: int) -> PlacedSession:
    """The session with what is stored of it already: agents and calls are told by spans of both.

    What was inferred of the file is inferred anew: the store may have its record.

    Args:
        store: where to look.
        session: the spans of a file.
        together: where to put the spans of both.
        size: bytes of a new span, about.
    """
    known = find_row(store, session.id)
    if known is None:
        return session
    for span, stored in stored_spans(store, session.id):
        together.append(span, stored)
    for span in session:
        if was_recorded(span):
            together.append(span, size)
    return placed(session.id, known.format, together, range(len(together)))


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


def findings_key(playbook: Playbook, good: Iterable[str]) -> str:
    """What findings rest on beside the session: the playbook, the good runs, this version of the rules."""
    parts = (runbook_tui.__version__, playbook.id, playbook.sha256, *good)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def diagnose_stored(store: Store, session_id: str, playbook: Playbook) -> tuple[SessionTrace, Findings]:
    """Diagnose a stored session against the baseline of its agent, and keep the findings beside it.

    Raises:
        SessionNotFoundError: it is not in the store.
    """
    session = read_session(store, session_id)
    if session is None:
        raise _missing(session_id)
    good = good_runs(store, main_agent(session), session_id)
    findings = diagnose(session, playbook, read_runs(store, good))
    save_findings(store, session, findings, findings_key(playbook, good))
    return session, findings


def load(store: Store | None, text: str, session: str | None = None) -> tuple[SessionTrace, tuple[str, ...]]:
    """The session that `text` names: a file, which is not stored, or a session of the store.

    Args:
        store: where to look for sessions; None looks at files alone.
        text: a path, a session id or the unambiguous beginning of one.
        session: which session of a file that holds several; the first one unless given.

    Returns:
        The session, and the ids of the others in the file.

    Raises:
        SessionNotFoundError: neither a file nor a session has that name.
        CaptureError: the file cannot be read.
    """
    path = Path(text)
    if path.exists():
        capture = read_capture(path)
        chosen = pick(capture.sessions, session, text)
        return chosen, tuple(other.id for other in capture.sessions if other.id != chosen.id)
    found = find_session(store, text) if store is not None else None
    stored = read_session(store, found) if store is not None and found is not None else None
    if stored is None:
        raise _missing(text)
    return stored, ()


def inspect_session(
    session: SessionTrace, playbook: Playbook, baseline: tuple[SessionTrace, ...] = (), *, full: bool = False
) -> Findings:
    """Diagnose a session that need not be stored."""
    return diagnose(session, playbook, baseline, full=full)


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


def store_session_of(
    store: Store, text: str, playbook: Playbook, progress: Progress | None = None, *, opened: bool = False
) -> tuple[str, Added | None]:
    """The id of a stored session: of `text` itself, or of the first one in the file it names.

    `opened`: it is opened next, and diagnosed by that.

    Raises:
        SessionNotFoundError: neither a file nor a session has that name.
        CaptureError: the file cannot be read.
    """
    if Path(text).exists():
        added = add_capture(store, Path(text), playbook, progress, opened=opened)
        return added.sessions[0], added
    found = find_session(store, text)
    if found is None:
        raise _missing(text)
    return found, None


def _missing(text: str) -> SessionNotFoundError:
    advice = "give a file, or an id that runbook-tui sessions lists"
    return SessionNotFoundError("no such session or file", text, advice)
