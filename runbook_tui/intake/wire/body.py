"""The body of a request, read within limits: of size, before and after decompression, of memory for all, of time."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator
from typing import Final

from runbook_tui.intake.wire.taking import LARGEST, BusyError

__all__ = ["ENCODINGS", "BodyBudget", "BrokenBodyError", "TooLargeError", "read_body"]

ENCODINGS: Final[dict[str, int | None]] = {"": None, "identity": None, "gzip": 31, "deflate": 15}
"""Content encoding to the window bits that zlib wants for it; None: not compressed."""

_SECONDS: Final = 30
"""In which a body must be there; an exporter gives up after ten."""
_ALL_BODIES: Final = 8 * LARGEST


class TooLargeError(Exception):
    """More bytes than are taken."""


class BrokenBodyError(Exception):
    """It cannot be decompressed."""


class BodyBudget:
    """Bytes that all bodies being read may take together, so that many large ones cannot use up the memory."""

    def __init__(self, limit: int = _ALL_BODIES) -> None:
        self._left = limit

    def take(self, size: int) -> None:
        """Count bytes in.

        Raises:
            BusyError: too much is under way.
        """
        if size > self._left:
            raise BusyError("too many large requests at once")
        self._left -= size

    def give_back(self, size: int) -> None:
        """Count bytes out."""
        self._left += size


async def read_body(chunks: AsyncIterator[bytes], encoding: str, budget: BodyBudget) -> bytes:
    """The whole body, decompressed.

    Args:
        chunks: as they arrive.
        encoding: one of `ENCODINGS`.
        budget: shared by all requests; what this one took is given back when this returns.

    Raises:
        TooLargeError: more than `LARGEST` bytes, as sent or decompressed.
        BrokenBodyError: not of that encoding, or cut off.
        BusyError: the budget is used up.
        TimeoutError: it did not arrive in time.
    """
    window = ENCODINGS[encoding]
    taken = 0
    sent = 0
    pieces: list[bytes] = []
    inflater = _Inflater(window) if window is not None else None
    try:
        async with asyncio.timeout(_SECONDS):
            async for chunk in chunks:
                sent += len(chunk)
                room = LARGEST - taken
                piece = chunk if inflater is None else inflater.feed(chunk, room + 1)
                if sent > LARGEST or len(piece) > room:
                    raise TooLargeError
                budget.take(len(piece))
                taken += len(piece)
                pieces.append(piece)
        if inflater is not None and not inflater.ended:
            raise BrokenBodyError("the compressed body is cut off")
        return b"".join(pieces)
    finally:
        budget.give_back(taken)


class _Inflater:
    """Decompresses piece by piece, never more than asked for: a small body may hold any number of bytes."""

    def __init__(self, window: int) -> None:
        self._window = window
        self._stream = zlib.decompressobj(window)
        self._begun = False

    @property
    def ended(self) -> bool:
        """Whether the last member came to its end."""
        return self._stream.eof or not self._begun

    def feed(self, chunk: bytes, most: int) -> bytes:
        out = bytearray()
        data = chunk
        try:
            while data and len(out) < most:
                if self._stream.eof:  # gzip allows several members one after the other
                    self._stream = zlib.decompressobj(self._window)
                self._begun = True
                out += self._stream.decompress(data, most - len(out))
                data = self._stream.unused_data or self._stream.unconsumed_tail
        except zlib.error as error:
            raise BrokenBodyError(f"the body cannot be decompressed: {error}") from error
        return bytes(out)
