"""OTLP protobuf files. The classes are imported when a file needs them: they cost a third of a start."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from runbook_tui.intake.errors import CaptureError, CutOffError

__all__ = ["read", "recognises"]

_REQUEST: Final = b"\x0a"
"""The first field of every export request."""
_MAX: Final = 1 << 30
_TEXT: Final = frozenset((*range(0x20, 0x7F), 0x09, 0x0A, 0x0D))
_LOOKED_AT: Final = 64


def recognises(head: bytes) -> bool:
    """Whether it may be one: a request's first field at the start, or behind a length, and not plain text."""
    start = head[:_LOOKED_AT]
    if all(byte in _TEXT or byte >= 0x80 for byte in start):
        return False
    return head[:1] == _REQUEST or head[4:5] == _REQUEST or _REQUEST in head[1:6]


def read(stream: BinaryIO, where: str) -> Iterator[Any]:
    """The spans and log records of a file.

    Raises:
        CaptureError: it is larger than a message can be.
    """
    from runbook_tui.intake.otlp_proto import proto_records

    data = stream.read(_MAX)
    if stream.read(1):
        raise CaptureError("too large for protobuf", where, "split it, or export OTLP/JSON lines")
    records, complete = proto_records(data)
    yield from records
    if records and not complete:
        raise CutOffError("the last message is cut off")
