"""Zip archives of JSON, which is what an Inspect `.eval` is: a header, and a member for each sample.

Its members are compressed with zstd, which Python's own reader does not know before 3.14; their bytes are
found through the archive's directory and unpacked here.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

import msgspec
import zstandard

from runbook_tui.intake.errors import CaptureError

__all__ = ["read", "recognises"]

_MAGIC: Final = b"PK\x03\x04"
_ZSTD: Final = 93
_ENCRYPTED: Final = 1
_MEMBER: Final = 1 << 28
"""No member is unpacked beyond this."""
_LOCAL_HEADER: Final = 30


def recognises(head: bytes) -> bool:
    """Whether it begins as zip archives do."""
    return head.startswith(_MAGIC)


def read(stream: BinaryIO, where: str) -> Iterator[Any]:
    """A record a sample, with the log's header around it; any other JSON member as it is.

    Raises:
        CaptureError: it is damaged or encrypted.
    """
    try:
        with zipfile.ZipFile(stream) as archive:
            members = [item for item in archive.infolist() if item.filename.endswith(".json")]
            own = [item for item in members if not item.filename.startswith("_")]
            header = next((item for item in own if item.filename == "header.json"), None)
            about = _decoded(archive, stream, header) if header else None
            for item in own:
                if item is not header:
                    value = _decoded(archive, stream, item)
                    is_sample = isinstance(about, dict) and item.filename.startswith("samples/")
                    yield {**about, "samples": [value]} if is_sample and about else value
    except (
        zipfile.BadZipFile,
        zstandard.ZstdError,
        NotImplementedError,
        RuntimeError,
        OSError,
        ValueError,
    ) as e:
        raise CaptureError("cannot read the archive", where, f"{str(e) or 'damaged'}; export it again") from e


def _decoded(archive: zipfile.ZipFile, stream: BinaryIO, item: zipfile.ZipInfo) -> Any:
    data = _unpacked(archive, stream, item)
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None


def _unpacked(archive: zipfile.ZipFile, stream: BinaryIO, item: zipfile.ZipInfo) -> bytes:
    if item.flag_bits & _ENCRYPTED:
        raise zipfile.BadZipFile("it is encrypted")
    if item.compress_type != _ZSTD:
        with archive.open(item) as member:
            return member.read(_MEMBER)
    stream.seek(item.header_offset)
    header = stream.read(_LOCAL_HEADER)
    if len(header) < _LOCAL_HEADER or not header.startswith(_MAGIC):
        raise zipfile.BadZipFile("a member is missing")
    lengths = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    stream.seek(lengths, 1)
    packed = stream.read(item.compress_size)
    return zstandard.ZstdDecompressor().decompressobj().decompress(packed)[:_MEMBER]
