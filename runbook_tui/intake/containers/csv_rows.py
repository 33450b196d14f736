"""CSV with a header, as ClickHouse exports a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from runbook_tui.intake.errors import CutOffError

__all__ = ["read", "recognises"]

_COLUMNS: Final = (b"TraceId", b"SpanId", b"SpanName")
_FIELD: Final = 1 << 28


def recognises(head: bytes) -> bool:
    """Whether the first line names the columns of a table of spans."""
    first = head.removeprefix(b"\xef\xbb\xbf").partition(b"\n")[0]
    return not first.lstrip().startswith((b"{", b"[")) and all(column in first for column in _COLUMNS)


def read(stream: BinaryIO, where: str) -> Iterator[Any]:  # noqa: ARG001 - one signature for all containers
    """A record a row."""
    csv.field_size_limit(_FIELD)
    lines = io.TextIOWrapper(stream, "utf-8-sig", "replace", newline="")
    try:
        yield from csv.DictReader(lines)
    except csv.Error as error:
        raise CutOffError(f"a row cannot be read: {error}") from error
    finally:
        lines.detach()
