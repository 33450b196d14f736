"""OTLP log records that carry what a span does not: newer libraries log messages as events.

A record names its trace and span; it becomes an event of that span, and the dialects read it there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from runbook_tui.intake.dialects import read_span
from runbook_tui.intake.otlp_values import AnyValue, KeyValue, attributes_of, hex_id, value_of
from runbook_tui.intake.raw import RawEvent, RawSpan
from runbook_tui.trace import Span
from runbook_tui.trace.jsontext import decode

__all__ = ["RawLog", "log_event", "raw_logs", "with_events"]

Key = tuple[str, str]

_NAMED_IN: Final = "event.name"


class RawLog(msgspec.Struct):
    """A log record, as an event of the span it names."""

    key: Key
    event: RawEvent


class LogRecord(msgspec.Struct, rename="camel"):
    """OTLP log record, as far as it matters here."""

    trace_id: str
    span_id: str
    time_unix_nano: int | str | None = None
    event_name: str | None = None
    body: AnyValue | None = None
    attributes: list[KeyValue] = []


def raw_logs(value: Any) -> Iterator[RawLog]:
    """The log records of an export request that name a span; the others say nothing of a session."""
    for resource_logs in _items(value, "resourceLogs"):
        for scope_logs in _items(resource_logs, "scopeLogs"):
            for item in _items(scope_logs, "logRecords"):
                try:
                    record = msgspec.convert(item, LogRecord)
                    key = (hex_id(record.trace_id, 16), hex_id(record.span_id, 8))
                    time = int(record.time_unix_nano or 0) or None
                    attributes = attributes_of(record.attributes)
                    body = value_of(record.body)
                except (msgspec.ValidationError, ValueError):
                    continue
                yield RawLog(key, log_event(record.event_name, time, attributes, body))


def log_event(name: str | None, time: int | None, attributes: dict[str, Any], body: Any) -> RawEvent:
    """A record as a span event; older conventions keep the message in the body."""
    named = name or attributes.get(_NAMED_IN) or ""
    if named and isinstance(body, str) and body.startswith("{"):
        body = decode(body) or body  # a message, logged as its JSON
    content = {**attributes, **body} if isinstance(body, dict) else attributes
    if body is not None and not isinstance(body, dict):
        content = {"body": body, **attributes}
    return RawEvent(str(named), time, content)


def with_events(span: Span, events: list[RawEvent]) -> Span:
    """The span read again, with these events on it."""
    raw = RawSpan(
        trace_id=span.trace_id,
        span_id=span.span_id,
        parent_id=span.parent_id,
        name=span.name,
        start_ns=span.start_ns,
        end_ns=span.end_ns,
        status=span.status,
        status_message=span.status_message,
        attributes=span.attributes,
        events=[*(RawEvent(event.name, event.time_ns, event.attributes) for event in span.events), *events],
        links=list(span.links),
        resource={},
        scope=span.scope,
    )
    return read_span(raw)[0]


def _items(value: Any, key: str) -> list[Any]:
    items = value.get(key) if isinstance(value, dict) else None
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
