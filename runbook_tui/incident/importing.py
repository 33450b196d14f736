"""Files into the store: read, placed, kept as received, and diagnosed."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import Final

import msgspec

from runbook_tui.evidence import (
    BaselineTable,
    SpanTable,
    Store,
    StoredCapture,
    StoreError,
    captures_of,
    find_row,
    find_session,
    forget_session,
    has_capture,
    link_capture,
    note_links,
    note_traces,
    read_findings,
    write_capture,
    write_session,
)
from runbook_tui.incident.apart import LARGE
from runbook_tui.incident.sessions import diagnose_stored, no_such_session
from runbook_tui.incident.uniting import Union, kin_of
from runbook_tui.intake import BadLine, Scan, SpanList, scan_capture
from runbook_tui.playbook import Playbook
from runbook_tui.trace.clock import Clock, now_utc, stamp
from runbook_tui.trace.collector import collector_paused

__all__ = ["Added", "add_capture", "is_large", "store_capture", "store_session_of"]

Progress = Callable[[int, int], None]
"""Called with work done so far and work in all."""

_PARTS: Final = 1000
_OWN: Final = 8
"""Digits of its file's hash by which a session is told from another of the same id."""
_READ: Final = 0.6
"""Of storing a file so much of the time goes into reading it, measured on 100,000 spans of 2 KB."""
_STORED: Final = 0.5
"""Of bringing it in so much goes into storing it; the rest is its diagnosis."""


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
    apart: tuple[str, ...] = ()
    """Those of the sessions that got an id of their own, since a good run and another one would have become one."""
    undiagnosed: str = ""
    """Why its diagnosis could not be kept, where it is stored all the same; each session is diagnosed when it is opened."""


def add_capture(
    store: Store,
    path: Path,
    playbook: Playbook,
    progress: Progress | None = None,
    clock: Clock = now_utc,
    *,
    opened: bool = False,
    good: bool = False,
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
        good: it is said to be a good run, and joins no session that is stored.

    Raises:
        CaptureError: nothing in it can be read.
        StoreError: the database cannot be written.
    """
    added = store_capture(store, path, _share(progress, 0, _STORED), clock, good=good)
    diagnosing = _share(progress, _STORED, 1)
    for number, session_id in enumerate(added.sessions):
        diagnosing(number, len(added.sessions))
        if (opened and number == 0) or is_large(store, session_id):
            continue
        if added.new_spans or read_findings(store, session_id) is None:  # killed before it was diagnosed
            try:
                diagnose_stored(store, session_id, playbook)
            except StoreError as error:
                return msgspec.structs.replace(added, undiagnosed=str(error))
    return added


def is_large(store: Store, session_id: str) -> bool:
    """Whether a session is diagnosed only when it is opened, then apart: that takes gigabytes for a short while."""
    return SpanTable(store, session_id).count >= LARGE


def store_capture(
    store: Store,
    path: Path,
    progress: Progress | None = None,
    clock: Clock = now_utc,
    *,
    good: bool = False,
) -> Added:
    """`add_capture` without the diagnosis: the sessions can be browsed.

    Raises:
        CaptureError: nothing in it can be read.
        StoreError: the database cannot be written.
    """
    with collector_paused(), scan_capture(path, _share(progress, 0, _READ)) as scan:
        done = _known(store, scan, good=good)
        if done is None:
            done = _write(store, path, scan, stamp(clock()), _share(progress, _READ, 1), good=good)
        return Added(
            scan.name,
            scan.sha256,
            tuple(dict.fromkeys(done.now_in.get(name, name) for name in scan.session_ids)),
            done.spans,
            done.new,
            tuple(done.joined),
            scan.bad_lines,
            done.apart,
        )


def _known(store: Store, scan: Scan, *, good: bool) -> _Written | None:
    """What storing a file came to that was stored before with all its sessions, which waits for no other writer."""
    if not has_capture(store, scan.sha256):
        return None
    own = _own_ids(store, scan, _baselines(store), good=good)
    if not all(find_row(store, own.get(name, name)) for name in scan.session_ids):
        return None
    scan.rename(own)
    return _Written(scan.spans, apart=tuple(own.values()))


def _baselines(store: Store) -> set[str]:
    return {row.session for row in BaselineTable(store).all()}


def _own_ids(store: Store, scan: Scan, kept: Collection[str], *, good: bool) -> dict[str, str]:
    """Ids of their own for sessions of a file where good and other runs would become one, by the ids they have.

    Runs of one conversation share its id, and so do runs of one test: a run that is called good joins no other, and
    none joins it.
    """
    apart = {}
    for session_id in scan.session_ids:
        own = f"{session_id}~{scan.sha256[:_OWN]}"
        whence = {item.sha256 for item in captures_of(store, session_id) if item.name not in scan.joined}
        is_taken = find_row(store, session_id) is not None and whence != {scan.sha256}
        if (is_taken and (good or session_id in kept)) or find_row(store, own) is not None:
            apart[session_id] = own
    return apart


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
    now_in: dict[str, str] = {}
    """Id of a session of the file to the id of the stored one it is in."""
    apart: tuple[str, ...] = ()
    """Sessions that got an id of their own."""


def _write(store: Store, path: Path, scan: Scan, now: str, progress: Progress, *, good: bool) -> _Written:
    """Store every session of the file, or none.

    What is stored of its runs is asked within the transaction: others store spans of them while the file is read.
    """
    done = _Written()
    with SpanList() as spans, store.writing(durable=True) as connection, path.open("rb") as source:
        kept = _baselines(store)
        own = _own_ids(store, scan, kept, good=good)
        scan.rename(own)
        done.apart = tuple(own.values())
        kin = kin_of(store, scan, kept.union(done.apart), good=good)
        if not has_capture(store, scan.sha256):
            write_capture(connection, source, StoredCapture(scan.sha256, scan.name, scan.size, now))
        union = Union(store, spans, kin.stored)
        for number, session in enumerate(scan.sessions()):
            progress(number, len(scan.session_ids))
            done.spans += session.layout.recorded
            if session.id in kin.given:
                union.add(session, scan.span_size)
            else:
                write_session(connection, session, scan.sha256, now)
                note_traces(connection, session.id, scan.traces_of(session.id))
                done.new += session.layout.recorded
        if kin.stored:
            _write_union(store, connection, union, scan.sha256, now, done)
        ids = tuple(dict.fromkeys(done.now_in.get(name, name) for name in scan.session_ids))
        for name in scan.joined:
            _keep_beside(store, connection, path.parent / name, ids, now)
    return done


def _write_union(
    store: Store, connection: sqlite3.Connection, union: Union, sha256: str, at: str, done: _Written
) -> None:
    """Write what the file's spans and the stored ones are together."""
    left = dict.fromkeys(union.stored)
    for session, traces, linked in union.sessions():
        before = union.before[session.id]
        write_session(connection, session, None, at)
        note_traces(connection, session.id, traces)
        note_links(connection, session.id, linked)
        done.new += session.layout.recorded
        if session.id in left and session.layout.recorded > before:
            done.joined.append(session.id)
        left.pop(session.id, None)
    done.new -= union.before.total()
    done.now_in = union.now_in
    link_capture(connection, sha256, union.brought)
    for name, now in union.spread.items():
        if name in left and name not in union.pinned:
            captures = forget_session(connection, name)
        elif now - {name}:
            captures = tuple(item.sha256 for item in captures_of(store, name))
        else:
            continue
        for captured in captures:
            link_capture(connection, captured, now)


def _keep_beside(
    store: Store, connection: sqlite3.Connection, path: Path, session_ids: Iterable[str], now: str
) -> None:
    """A file whose log records were joined is evidence too."""
    with path.open("rb") as source:
        sha256 = hashlib.file_digest(source, "sha256").hexdigest()
        if not has_capture(store, sha256):
            source.seek(0)
            write_capture(connection, source, StoredCapture(sha256, path.name, path.stat().st_size, now))
    link_capture(connection, sha256, session_ids)


def store_session_of(
    store: Store,
    text: str,
    playbook: Playbook,
    progress: Progress | None = None,
    *,
    opened: bool = False,
    good: bool = False,
) -> tuple[str, Added | None]:
    """The id of a stored session: of `text` itself, or of the first one in the file it names.

    `opened` and `good` are as for `add_capture`.

    Raises:
        SessionNotFoundError: neither a file nor a session has that name.
        CaptureError: the file cannot be read.
    """
    if Path(text).exists():
        added = add_capture(store, Path(text), playbook, progress, opened=opened, good=good)
        return added.sessions[0], added
    found = find_session(store, text)
    if found is None:
        raise no_such_session(text)
    return found, None
