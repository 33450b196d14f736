"""Compressed files: gzip and zstd, told by their first bytes, opened as what they hold."""

from __future__ import annotations

import gzip
import io
import zlib
from typing import Final, cast

import zstandard

__all__ = ["BROKEN", "Stream", "decompressed"]

Stream = io.BufferedReader
"""A file that can be looked ahead in."""

BROKEN: Final = (OSError, EOFError, zlib.error, zstandard.ZstdError)
"""What reading a damaged one raises."""

_GZIP: Final = b"\x1f\x8b"
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_BUFFER: Final = 1 << 17


def decompressed(raw: Stream) -> Stream:
    """The content of a file, which stays open; the file itself where it is not compressed."""
    magic = raw.read(4)
    raw.seek(0)
    if magic.startswith(_GZIP):
        return cast("Stream", gzip.open(raw, "rb"))
    if magic == _ZSTD:
        reader = zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True, closefd=False)
        return io.BufferedReader(cast("io.RawIOBase", reader), _BUFFER)
    return raw
