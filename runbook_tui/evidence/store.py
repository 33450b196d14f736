"""The store: one SQLite file, private to its user, safe to kill at any moment."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from types import TracebackType
from typing import Final

from runbook_tui.evidence.migrations import CURRENT, migrate
from runbook_tui.trace import RunbookError

_MAGIC: Final = b"SQLite format 3\0"

_PAGE: Final = 16_384
"""Bytes of a page: spans of some kilobytes fit, and a large import writes a quarter faster than in pages of 4,096."""

_LOG: Final = 8 << 20
"""Bytes of write-ahead log that are moved into the database after a transaction, and that the file keeps after that."""
_PATIENCE_MS: Final = 10_000
"""How long a transaction waits for another writer."""

__all__ = ["RESTORE", "Store", "StoreError", "default_path", "is_of_the_file", "unreadable"]


class StoreError(RunbookError):
    """The database cannot be opened or written."""


def default_path() -> Path:
    """`RUNBOOK_TUI_DB`, else the platform's data directory."""
    given = os.environ.get("RUNBOOK_TUI_DB")
    if given:
        return Path(given)
    from platformdirs import user_data_path

    return user_data_path("runbook-tui", appauthor=False) / "runbook-tui.db"


def _create(path: Path) -> None:
    """Put a new store at `path`, whole or not at all: two programs may start at the same moment."""
    with TemporaryDirectory(prefix=".runbook-tui-", dir=path.parent) as folder:
        fresh = Path(folder) / "store.db"
        fresh.touch(mode=0o600)
        connection = sqlite3.connect(fresh)
        try:
            connection.execute(f"pragma page_size = {_PAGE}")
            connection.execute("pragma journal_mode = wal")
            migrate(connection)
        finally:
            connection.close()
        try:
            os.link(fresh, path)
        except FileExistsError:
            return
        except OSError:  # a file system without links
            fresh.rename(path)


_opening: Final = Lock()
_opened: Final[set[tuple[int, int]]] = set()
"""Device and inode of the files this process has opened as stores."""


def _is_store(path: Path) -> bool:
    """Whether SQLite wrote the file. Without this it would take over a small foreign file and overwrite it.

    A store this process has opened before is not looked at again: closing a file gives up every lock the process
    holds on it, those of its other connections too, and another process could then remove the log under them.
    """
    found = path.stat()
    if (found.st_dev, found.st_ino) in _opened:
        return True
    with path.open("rb") as handle:
        start = handle.read(len(_MAGIC))
    if start not in (b"", _MAGIC):
        return False
    _opened.add((found.st_dev, found.st_ino))
    return True


def _advice(error: sqlite3.Error) -> str:
    if getattr(error, "sqlite_errorcode", None) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return "another program is writing into it; try again"
    return f"{error}; free space or choose another with --db"


RESTORE: Final = "restore a copy of it, or choose another with --db"
"""What to do about a database that is damaged."""


_OF_A_STATEMENT: Final = frozenset(
    (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_MISUSE)
)
"""What is wrong with what was asked, not with the file."""


def is_of_the_file(error: BaseException | None) -> bool:
    """Whether the database cannot be read or written; a statement that is wrong is a defect of ours."""
    code = getattr(error, "sqlite_errorcode", None)
    return (
        isinstance(error, sqlite3.DatabaseError) and code is not None and code & 0xFF not in _OF_A_STATEMENT
    )


def unreadable(path: Path, error: sqlite3.DatabaseError) -> StoreError:
    """What is said where a store that was opened cannot be read."""
    if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return StoreError("the database is damaged", str(path), f"{error}; {RESTORE}")
    return StoreError(
        "cannot read the database", str(path), f"{error}; try again, or choose another with --db"
    )


class Store:
    """One connection to the store. Each thread opens its own.

    Args:
        path: the database file; created, with its folder, when missing.

    Raises:
        StoreError: it cannot be opened, is no database, or is of a newer version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _opening:
                if not path.exists():
                    _create(path)
                if not _is_store(path):
                    raise StoreError(
                        "not a database", str(path), "choose another with --db; this file is left as it is"
                    )
            self.connection = sqlite3.connect(path, timeout=_PATIENCE_MS / 1000)
            self.connection.row_factory = sqlite3.Row
            self._prepare()
        except (OSError, sqlite3.Error) as error:
            raise StoreError(
                "cannot open the database", str(path), f"{error}; choose another with --db"
            ) from error

    def _prepare(self) -> None:
        self.connection.execute("pragma foreign_keys = on")
        self.connection.execute("pragma synchronous = normal")
        self.connection.execute(f"pragma wal_autocheckpoint = {_LOG // _PAGE}")
        self.connection.execute(f"pragma journal_size_limit = {_LOG}")
        (version,) = self.connection.execute("pragma user_version").fetchone()
        if version > CURRENT:
            self.connection.close()
            raise StoreError(
                "the database was written by a newer runbook-tui",
                str(self.path),
                "upgrade, or choose another with --db",
            )
        if version != CURRENT:
            self.connection.execute("pragma journal_mode = wal")
            migrate(self.connection)

    @contextmanager
    def writing(self, *, durable: bool = False) -> Iterator[sqlite3.Connection]:
        """One transaction, all or nothing.

        Args:
            durable: on disk when this returns (`synchronous=FULL`), for what announces an act.

        Raises:
            StoreError: it could not be written; nothing of it was.
        """
        self.connection.execute(f"pragma synchronous = {'full' if durable else 'normal'}")
        try:
            self.connection.execute("begin immediate")
            yield self.connection
            self.connection.commit()
        except sqlite3.Error as error:
            self._give_up()
            raise StoreError("cannot write the database", str(self.path), _advice(error)) from error
        except BaseException:
            self._give_up()
            raise

    def _give_up(self) -> None:
        if self.connection.in_transaction:
            self.connection.rollback()

    def empty_log(self, least: int = _LOG) -> None:
        """Move the write-ahead log into the database and cut it off, as far as nobody reads it; waits for nobody.

        SQLite does so by itself only where no reader is at work at the moment of a commit.

        Args:
            least: bytes of log below which it is left alone.
        """
        try:
            if self.path.with_name(f"{self.path.name}-wal").stat().st_size < least:
                return
            self.connection.execute("pragma busy_timeout = 0")
            try:
                self.connection.execute("pragma wal_checkpoint(truncate)").fetchone()
            finally:
                self.connection.execute(f"pragma busy_timeout = {_PATIENCE_MS}")
        except (OSError, sqlite3.Error):
            return  # somebody else is at it, or there is no room: it is done with a later commit

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection; a part that cannot be read is a `StoreError`."""
        self.close()
        if isinstance(error, sqlite3.DatabaseError) and is_of_the_file(error):
            raise unreadable(self.path, error) from error
