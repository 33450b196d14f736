"""What every native form needs: fields of loosely typed records, times as they are written, a raw span."""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from runbook_tui.intake.raw import RawEvent, RawSpan
from runbook_tui.trace import visible
from runbook_tui.trace.jsontext import as_text, decode

__all__ = [
    "Elsewhere",
    "given",
    "later",
    "listing",
    "mapping",
    "nanoseconds",
    "native_id",
    "native_span",
    "objects",
    "parsed",
    "text",
    "wire_id",
]

Record = dict[str, Any]


class Elsewhere(msgspec.Struct, frozen=True):
    """Where the records of a file may go on in other files."""

    patterns: tuple[str, ...]
    """Their names below the folder of the file, as globs."""
    belongs: Callable[[Record], bool]
    """Whether a record found there is one of them."""


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ISO: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,12}))?\s*(Z|UTC|[+-]\d\d:?\d\d)?", re.IGNORECASE
)
_SECONDS_END: Final = 1e11
"""A number below it counts seconds, below a thousand times that milliseconds, and so on."""
_ID_LENGTH: Final = 200


def text(record: Record, *keys: str) -> str | None:
    """The first of these fields that is there, as text; None where all are missing or empty."""
    for key in keys:
        value = record.get(key)
        if value is not None and value != "":
            return as_text(value)
    return None


def mapping(record: Any, key: str) -> Record:
    """The object in that field, also where it is JSON text; {} where there is none."""
    value = parsed(record.get(key)) if isinstance(record, dict) else None
    return value if isinstance(value, dict) else {}


def listing(record: Any, key: str) -> list[Any]:
    """The list in that field, also where it is JSON text; [] where there is none."""
    value = parsed(record.get(key)) if isinstance(record, dict) else None
    return value if isinstance(value, list) else []


def objects(record: Any, key: str) -> Iterator[Record]:
    """The objects in the list in that field."""
    return (item for item in listing(record, key) if isinstance(item, dict))


def parsed(value: Any) -> Any:
    """The value of a JSON text that holds an object or a list; anything else as it is."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        decoded = decode(value)
        return value if decoded is None else decoded
    return value


def given(**attributes: Any) -> Record:
    """Attributes without those that are unknown; `__` in a name stands for a dot."""
    return {
        key.replace("__", "."): value
        for key, value in attributes.items()
        if value is not None and value not in ("", [], {})
    }


def nanoseconds(value: Any) -> int | None:
    """Nanoseconds since 1970 from a timestamp in any of the usual notations; None for anything else.

    A number is read by its size: seconds, milliseconds, microseconds or nanoseconds. Text without a zone is UTC.
    """
    if isinstance(value, datetime):
        return _since_epoch(value if value.tzinfo else value.replace(tzinfo=UTC))
    if isinstance(value, str):
        match = _ISO.fullmatch(value.strip())
        if match is not None:
            return _from_iso(match)
        try:
            value = float(value) if not value.strip().isdigit() else int(value[:20])
        except ValueError:
            return None
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not math.isfinite(value)
        or value <= 0
    ):
        return None
    factor = 10**9
    end = _SECONDS_END
    while value >= end and factor > 1:
        factor //= 1000
        end *= 1000
    number = value * factor if isinstance(value, int) else round(value * factor)
    return number if number < 2**63 else None


def later(start: int | None, length: int | None) -> int | None:
    """The end of what started then and lasted so long; None where it cannot be told."""
    end = start + length if start is not None and length is not None else None
    return end if end is not None and end < 2**63 else None


def _from_iso(match: re.Match[str]) -> int | None:
    zone = (match[4] or "Z").upper()
    zone = "+00:00" if zone in ("Z", "UTC") else zone
    try:
        moment = datetime.fromisoformat(f"{match[1]}T{match[2]}{zone}")
    except ValueError:
        return None
    whole = _since_epoch(moment)
    return None if whole is None else whole + int((match[3] or "").ljust(9, "0")[:9])


def _since_epoch(moment: datetime) -> int | None:
    try:
        number = (moment - _EPOCH) // timedelta(microseconds=1) * 1000
    except OverflowError:
        return None
    return number if 0 < number < 2**63 else None


def native_id(value: Any) -> str | None:
    """An id as its system writes it, safe to show."""
    if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
        return visible(str(value).strip())[:_ID_LENGTH]
    return None


def wire_id(value: Any, size: int) -> str | None:
    """An id of OpenTelemetry as hex, from hex of any padding or from base64; another kind as it is."""
    found = native_id(value)
    if found is None:
        return None
    stripped = found.removeprefix("0x")
    if re.fullmatch(r"[0-9a-fA-F]+", stripped) and len(stripped) <= size * 2:
        return stripped.lower().zfill(16 if len(stripped) <= 16 else 32)
    try:
        decoded = base64.b64decode(found, validate=True)
    except (binascii.Error, ValueError):
        return found
    return decoded.hex() if len(decoded) == size else found


def native_span(
    trace_id: str | None,
    span_id: str | None,
    parent_id: str | None,
    name: str | None,
    attributes: Record,
    *,
    start: Any = None,
    end: Any = None,
    error: str | None = None,
    status: str | None = None,
    events: list[RawEvent] | None = None,
    resource: Record | None = None,
    scope: str | None = None,
) -> RawSpan:
    """A raw span from what a native record tells.

    Raises:
        ValueError: it has no id.
    """
    if not span_id:
        raise ValueError("a span without an id")
    said = (status or "").lower()
    failed = error is not None or "error" in said
    return RawSpan(
        trace_id=trace_id or span_id,
        span_id=span_id,
        parent_id=parent_id or None,
        name=name or "",
        start_ns=nanoseconds(start),
        end_ns=nanoseconds(end),
        status="error" if failed else "ok" if said.endswith("ok") or said == "success" else "unset",
        status_message=error,
        attributes=attributes,
        events=events or [],
        links=[],
        resource=resource or {},
        scope=scope,
    )
