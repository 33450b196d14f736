"""The spans of a file while it is read: in memory while they are few, in a file that deletes itself when they are many."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Final

import msgspec

from runbook_tui.intake.errors import CaptureError
from runbook_tui.trace import Span

__all__ = ["SpanList"]

_HELD_BYTES: Final = 32 << 20
_HELD_SPANS: Final = 50_000
"""More than either goes to disk: a span takes about four times its wire size in memory."""
_BATCH: Final = 2000
_PACK: Final = msgspec.msgpack.Encoder()
_UNPACK: Final = msgspec.msgpack.Decoder(Span)


class SpanList:
    """Spans by the order in which they came. Once on disk, each is decoded when it is asked for."""

    def __init__(self) -> None:
        self._held: list[Span] = []
        self._weight = 0
        self._disk: sqlite3.Connection | None = None
        self._written = 0
        self._revise: Callable[[Span], Span] | None = None

    def append(self, span: Span) -> None:
        """Add a span."""
        self._held.append(span)
        if len(self._held) >= (_HELD_SPANS if self._disk is None else _BATCH):
            self._spill()

    def weigh(self, size: int) -> None:
        """Tell how many bytes of the file the spans to come take."""
        self._weight += size
        if self._weight > _HELD_BYTES:
            self._spill()

    def revise(self, change: Callable[[Span], Span]) -> None:
        """Have every span changed, now or when it is asked for."""
        if self._disk is None:
            self._held = [change(span) for span in self._held]
        else:
            self._spill()
            self._revise = change

    def _spill(self) -> None:
        try:
            self._write_out()
        except sqlite3.Error as error:
            advice = f"{error}; free space there, or name another folder in SQLITE_TMPDIR"
            raise CaptureError(
                "cannot put spans aside while reading", "the temporary folder", advice
            ) from error

    def _write_out(self) -> None:
        if self._disk is None:
            # An empty name is a private database in the temporary folder; it is gone when it is closed.
            self._disk = sqlite3.connect("", check_same_thread=False)
            self._disk.executescript(
                "pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -16000"
            )
            self._disk.execute("create table span (n integer primary key, body blob not null)")
        packed = ((self._written + at, _PACK.encode(span)) for at, span in enumerate(self._held))
        self._disk.executemany("insert into span values (?, ?)", packed)
        self._disk.commit()
        self._written += len(self._held)
        self._held = []
        self._weight = 0

    def __len__(self) -> int:
        return self._written + len(self._held)

    def __getitem__(self, index: int) -> Span:
        if self._disk is None or index >= self._written:
            return self._held[index - self._written]
        row = self._disk.execute("select body from span where n = ?", (index,)).fetchone()
        return self._decoded(row[0])

    def __iter__(self) -> Iterator[Span]:
        if self._disk is not None:
            with closing(self._disk.cursor()) as cursor:
                for (body,) in cursor.execute("select body from span order by n"):
                    yield self._decoded(body)
        yield from self._held

    def _decoded(self, body: bytes) -> Span:
        span = _UNPACK.decode(body)
        return self._revise(span) if self._revise else span

    def close(self) -> None:
        """Let go of all of them."""
        self._held = []
        if self._disk is not None:
            self._disk.close()
