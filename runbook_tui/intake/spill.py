"""The spans of a file while it is read: in memory while they are few, in a file that deletes itself when they are many."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Final

import msgspec

from runbook_tui.intake.errors import CaptureError
from runbook_tui.trace import Outline, Outliner, Span

__all__ = ["SpanList"]

_HELD_BYTES: Final = 8 << 20
_HELD_SPANS: Final = 50_000
"""More than either goes to disk: a span takes about four times its wire size in memory."""
_BATCH: Final = 500
_ASIDE: Final = """
pragma page_size = 16384;
pragma journal_mode = off;
pragma synchronous = off;
pragma cache_size = -4000;
create table span (n integer primary key, body blob not null);
"""
_PACK: Final = msgspec.msgpack.Encoder()
_UNPACK: Final = msgspec.msgpack.Decoder(Span)


class SpanList:
    """Spans by the order in which they came. Once on disk, each is decoded when it is asked for.

    Args:
        in_memory: they are held already, and few.
    """

    def __init__(self, *, in_memory: bool = False) -> None:
        self.outlines: list[Outline] = []
        """Of each span; these stay in memory."""
        self._outline = Outliner().of
        self._spills = not in_memory
        self._held: list[Span] = []
        self._weight = 0
        self._disk: sqlite3.Connection | None = None
        self._written = 0

    def append(self, span: Span, size: int = 0) -> None:
        """Add a span; `size` is how many bytes it takes, where `weigh` was not told."""
        self.outlines.append(self._outline(span))
        self._held.append(span)
        if self._spills and len(self._held) >= (_HELD_SPANS if self._disk is None else _BATCH):
            self._spill()
        elif size:
            self.weigh(size)

    def weigh(self, size: int) -> None:
        """Tell how many bytes of the file the spans to come take."""
        self._weight += size
        if self._weight > _HELD_BYTES:
            self._spill()

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
            self._disk.executescript(_ASIDE)
        packed = ((self._written + at, _PACK.encode(span)) for at, span in enumerate(self._held))
        self._disk.executemany("insert into span values (?, ?)", packed)
        self._written += len(self._held)
        self._held = []
        self._weight = 0

    def __len__(self) -> int:
        return self._written + len(self._held)

    def __getitem__(self, index: int) -> Span:
        if self._disk is None or index >= self._written:
            return self._held[index - self._written]
        row = self._disk.execute("select body from span where n = ?", (index,)).fetchone()
        return _UNPACK.decode(row[0])

    def __setitem__(self, index: int, span: Span) -> None:
        self.outlines[index] = self._outline(span)
        if self._disk is None or index >= self._written:
            self._held[index - self._written] = span
        else:
            self._disk.execute("update span set body = ? where n = ?", (_PACK.encode(span), index))

    def __iter__(self) -> Iterator[Span]:
        if self._disk is not None:
            with closing(self._disk.cursor()) as cursor:
                for (body,) in cursor.execute("select body from span order by n"):
                    yield _UNPACK.decode(body)
        yield from self._held

    def __enter__(self) -> SpanList:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of all of them."""
        self._held = []
        self.outlines = []
        if self._disk is not None:
            self._disk.close()
