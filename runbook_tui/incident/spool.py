"""What was fetched so far: pages in a private file beside the database, and a marker to go on from.

A page counts once the marker says so. What a kill left behind it is cut off when fetching goes on.
"""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final

import msgspec

from runbook_tui.intake.servers import Marker, ServerError, Source, Wanted
from runbook_tui.trace.clock import Clock, parse_time, stamp

__all__ = ["Spool"]

_OLDEST: Final = 86_400
"""Seconds. What is older is fetched anew: cursors do not live for ever, and the session has gone on."""
_NAME: Final = 80
_FORMAT: Final = 1


class _State(msgspec.Struct):
    """The marker as it is kept."""

    format: int
    begun_at: str
    size: int
    """Bytes of the file that are safe."""
    marker: Marker


class Spool:
    """The file of one fetch, held by one process at a time.

    Args:
        folder: where spools are kept; created when missing.
        source: the server.
        wanted: what is fetched.
        clock: the present.
        fresh: whether what an earlier run fetched is thrown away.

    Raises:
        ServerError: another process is fetching the same, or the folder cannot be written.
    """

    def __init__(self, folder: Path, source: Source, wanted: Wanted, clock: Clock, *, fresh: bool) -> None:
        identity = msgspec.json.encode([source.kind, source.url, source.project, source.table, wanted])
        key = hashlib.sha256(identity).hexdigest()[:16]
        self._state_path = folder / f"{key}.json"
        self._where = source.url
        self.path = folder / key / f"{_file_name(source, wanted)}.jsonl"
        self._begun_at = stamp(clock())
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.path.parent.mkdir(mode=0o700, exist_ok=True)
            self._file = self._open()
        except OSError as error:
            raise _unwritable(folder, error) from error
        state = None if fresh else self._read_state(clock)
        self.marker = state.marker if state else None
        """Where to go on from; None at the beginning."""
        self.size = state.size if state else 0
        """Bytes fetched."""
        if state:
            self._begun_at = state.begun_at
        self._file.truncate(self.size)
        self._file.seek(self.size)

    def _open(self) -> BinaryIO:
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
        file = os.fdopen(descriptor, "r+b")
        try:
            import fcntl
        except ImportError:  # no such locks on this system
            return file
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            raise ServerError(
                "is being fetched already", self._where, "wait for the other one to end"
            ) from None
        return file

    def _read_state(self, clock: Clock) -> _State | None:
        try:
            state = msgspec.json.decode(self._state_path.read_bytes(), type=_State)
        except (OSError, msgspec.DecodeError, ValueError):
            return None
        begun = parse_time(state.begun_at)
        old = begun is None or (clock() - begun).total_seconds() > _OLDEST
        whole = state.size <= os.fstat(self._file.fileno()).st_size
        return state if state.format == _FORMAT and whole and not old else None

    def append(self, data: bytes, marker: Marker) -> None:
        """Keep a page; it is on disk, and counts, when this returns.

        Raises:
            ServerError: it cannot be written.
        """
        try:
            self._file.write(data + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
            self.size = self._file.tell()
            self._keep(_State(_FORMAT, self._begun_at, self.size, marker))
        except OSError as error:
            raise _unwritable(self.path.parent, error) from error
        self.marker = marker

    def _keep(self, state: _State) -> None:
        fresh = self._state_path.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(msgspec.json.encode(state))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._state_path)

    def remove(self) -> None:
        """Throw away what was fetched: it is in the store, or not wanted."""
        self._state_path.unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)
        for folder in (self.path.parent, self._state_path.parent):
            with suppress(OSError):  # another fetch is in it
                folder.rmdir()

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def _file_name(source: Source, wanted: Wanted) -> str:
    """The name the capture goes by: the server's and the session's, in letters any file system takes."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", f"{source.name}-{wanted}").strip(".-")
    return plain[:_NAME]


def _unwritable(folder: Path, error: OSError) -> ServerError:
    reason: Any = error.strerror or error
    return ServerError(
        "cannot keep what is fetched", str(folder), f"{reason}; free space, or choose --db elsewhere"
    )
