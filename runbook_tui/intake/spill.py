"""The spans of a file while it is read: in memory while they are few, in a file that deletes itself when they are many."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from os import SEEK_END
from tempfile import TemporaryFile
from typing import IO, Final

import msgspec

from runbook_tui.intake.errors import CaptureError
from runbook_tui.trace import Outline, Outliner, PackedSpan, Span, pack, unpack

__all__ = ["SpanList"]

_HELD_BYTES: Final = 8 << 20
_HELD_SPANS: Final = 50_000
"""More than either goes to disk: a span takes about four times its wire size in memory."""
_BATCH: Final = 500
_BUFFER: Final = 1 << 17
_PACK: Final = msgspec.msgpack.Encoder()
_UNPACK: Final = msgspec.msgpack.Decoder(PackedSpan)


class SpanList:
    """Spans by the order in which they came. Once on disk, each is decoded when it is asked for.

    Args:
        in_memory: they are held already, and few.
    """

    def __init__(self, *, in_memory: bool = False) -> None:
        self.outlines: list[Outline] = []
        """Of each span; these stay in memory."""
        self._outliner = Outliner()
        self._outline = self._outliner.of
        self._spills = not in_memory
        self._held: list[Span] = []
        self._weight = 0
        self._disk: IO[bytes] | None = None
        self._at = array("q")
        """Where each span on disk begins."""
        self._size = array("I")
        """How many bytes it takes there."""

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

    def records(self) -> list[bytes]:
        """All of them as they are put aside, for `take` in another process."""
        return [_PACK.encode(pack(span)) for span in self._held]

    def take(self, outlines: list[Outline], records: list[bytes]) -> None:
        """Add spans that another process read."""
        self.outlines += map(self._outliner.held, outlines)
        self._spill()
        self._put_aside(records)

    def _spill(self) -> None:
        """Put aside what is held."""
        held, self._held, self._weight = self._held, [], 0
        self._put_aside(_PACK.encode(pack(span)) for span in held)

    def _put_aside(self, records: Iterable[bytes]) -> None:
        try:
            if self._disk is None:
                self._disk = TemporaryFile(buffering=_BUFFER)  # noqa: SIM115 - `close` closes it
            at = self._disk.seek(0, SEEK_END)
            for record in records:
                self._disk.write(record)
                self._at.append(at)
                self._size.append(len(record))
                at += len(record)
        except OSError as error:
            advice = f"{error.strerror or error}; free space there, or name another folder in TMPDIR"
            raise CaptureError(
                "cannot put spans aside while reading", "the temporary folder", advice
            ) from error

    def __len__(self) -> int:
        return len(self._at) + len(self._held)

    def __getitem__(self, index: int) -> Span:
        if index >= len(self._at):
            return self._held[index - len(self._at)]
        return unpack(self._from_disk(index).body)

    def packed(self, index: int) -> PackedSpan:
        """A span as it is stored."""
        if index >= len(self._at):
            return pack(self._held[index - len(self._at)])
        return self._from_disk(index)

    def _from_disk(self, index: int) -> PackedSpan:
        assert self._disk is not None
        self._disk.seek(self._at[index])
        return _UNPACK.decode(self._disk.read(self._size[index]))

    def __setitem__(self, index: int, span: Span) -> None:
        self.outlines[index] = self._outline(span)
        if self._disk is None or index >= len(self._at):
            self._held[index - len(self._at)] = span
            return
        packed = _PACK.encode(pack(span))
        self._at[index] = self._disk.seek(0, SEEK_END)
        self._size[index] = len(packed)
        self._disk.write(packed)

    def __iter__(self) -> Iterator[Span]:
        return map(self.__getitem__, range(len(self)))

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
