"""Rows of the `otel_traces` table that the collector's ClickHouse exporter writes.

Every value of its maps is text, numbers and JSON included; the table's newer JSON variant nests them instead.
Columns of maps and arrays come as JSON, as ClickHouse's own literals in CSV, or as pairs from Parquet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from runbook_tui.intake.forms.building import (
    Record,
    later,
    listing,
    mapping,
    nanoseconds,
    native_span,
    text,
    wire_id,
)
from runbook_tui.intake.raw import RawEvent, RawSpan

__all__ = ["read", "recognises"]

_TEXT: Final = r"'([^'\\]*(?:\\.[^'\\]*)*)'"
_PAIR: Final = re.compile(rf"{_TEXT}\s*:\s*{_TEXT}", re.DOTALL)
"""A pair of a map as CSV has it; read by hand, because prompts make maps too long for a literal of Python's."""
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED: Final = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b", "f": "\f"}
_COLUMNS: Final = frozenset(("TraceId", "SpanId", "SpanName", "Timestamp"))


def recognises(record: Record) -> bool:
    """Whether it is a row of `otel_traces`, or an answer in ClickHouse's JSON form that holds rows."""
    return record.keys() >= _COLUMNS or any(row.keys() >= _COLUMNS for row in list(_rows(record))[:1])


def read(records: list[Record]) -> Iterator[RawSpan]:
    """The spans of rows."""
    for record in records:
        for row in [record] if "SpanId" in record else _rows(record):
            yield _span(row)


def _rows(answer: Record) -> Iterator[Record]:
    """The rows of an answer in the JSON form; in JSONCompact they are lists beside the columns' names."""
    names = [str(column.get("name")) for column in listing(answer, "meta") if isinstance(column, dict)]
    if not names:
        return
    for row in listing(answer, "data"):
        if isinstance(row, dict):
            yield row
        elif isinstance(row, list):
            yield dict(zip(names, row, strict=False))


def _span(row: Record) -> RawSpan:
    start = nanoseconds(row.get("Timestamp"))
    duration = row.get("Duration")
    length = int(duration) if isinstance(duration, int | str) and str(duration).isdigit() else None
    message = text(row, "StatusMessage")
    status = text(row, "StatusCode")
    span = native_span(
        wire_id(row.get("TraceId"), 16),
        wire_id(row.get("SpanId"), 8),
        wire_id(row.get("ParentSpanId"), 8),
        text(row, "SpanName"),
        _map(row, "SpanAttributes"),
        status=status,
        events=_events(row),
        resource=_map(row, "ResourceAttributes"),
        scope=text(row, "ScopeName"),
    )
    span.start_ns = start
    span.end_ns = later(start, length)
    span.status_message = message
    return span


def _map(row: Record, column: str) -> Record:
    written = row.get(column)
    if isinstance(written, str) and written.startswith("{'"):
        return {_unescaped(pair[1]): _unescaped(pair[2]) for pair in _PAIR.finditer(written)}
    value: Any = mapping(row, column)
    if not value:
        pairs = [pair for pair in listing(row, column) if isinstance(pair, list | tuple) and len(pair) == 2]
        value = {str(key): item for key, item in pairs}
    return dict(_flat("", value))


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda match: _ESCAPED.get(match[1], match[1]), text) if "\\" in text else text


def _flat(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _flat(f"{path}.{key}" if path else str(key), item)
    elif path:
        yield path, value


def _events(row: Record) -> list[RawEvent]:
    names = listing(row, "Events.Name")
    times = listing(row, "Events.Timestamp")
    attributes = listing(row, "Events.Attributes")
    events = []
    for index, name in enumerate(names):
        given = {"": attributes[index]} if index < len(attributes) else {}
        time = times[index] if index < len(times) else None
        events.append(RawEvent(str(name), nanoseconds(time), _map(given, "")))
    return events
