"""Jaeger's JSON, as its interface downloads it and its API answers: traces with processes and tagged spans.

Times are in microseconds, ids may lack leading zeros, and OpenTelemetry's status and scope are tags.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from runbook_tui.intake.forms.building import Record, later, mapping, native_span, objects, text, wire_id
from runbook_tui.intake.raw import RawEvent, RawSpan

__all__ = ["read", "recognises"]

_NUMBERS: Final = ("int64", "float64")


def recognises(record: Record) -> bool:
    """Whether it is a trace of Jaeger's, a span of one, or a document that holds traces."""
    if "spans" in record and ("traceID" in record or "processes" in record):
        return True
    if "spanID" in record and "operationName" in record:
        return True
    return any("traceID" in trace and "spans" in trace for trace in objects(record, "data"))


def read(records: list[Record]) -> Iterator[RawSpan]:
    """The spans of traces."""
    for record in records:
        if "spanID" in record:
            yield _span(record, {})
            continue
        for trace in [record] if "spans" in record else objects(record, "data"):
            for span in objects(trace, "spans"):
                yield _span(span, mapping(trace, "processes"))


def _span(item: Record, processes: Record) -> RawSpan:
    process = mapping(item, "process") or mapping(processes, str(item.get("processID")))
    attributes = _tags(item, "tags")
    status = str(attributes.pop("otel.status_code", "") or "")
    message = attributes.pop("otel.status_description", None)
    failed = attributes.get("error") is True or str(attributes.get("error")).lower() == "true"
    resource = _tags(process, "tags")
    if text(process, "serviceName"):
        resource.setdefault("service.name", text(process, "serviceName"))
    span = native_span(
        wire_id(item.get("traceID"), 16),
        wire_id(item.get("spanID"), 8),
        _parent(item),
        text(item, "operationName"),
        attributes,
        status=status or ("error" if failed else None),
        events=[_event(log) for log in objects(item, "logs")],
        resource=resource,
        scope=text(attributes, "otel.scope.name", "otel.library.name"),
    )
    span.status_message = str(message) if message else None
    span.start_ns = _micros(item.get("startTime"))
    span.end_ns = later(span.start_ns, _micros(item.get("duration")) or 0)
    return span


def _parent(item: Record) -> str | None:
    references = list(objects(item, "references"))
    own = [ref for ref in references if ref.get("traceID") == item.get("traceID")] or references
    first = next((ref for ref in own if ref.get("refType") == "CHILD_OF"), own[0] if own else {})
    return wire_id(first.get("spanID") or item.get("parentSpanID"), 8)


def _tags(item: Any, key: str) -> Record:
    return {str(tag.get("key")): _value(tag) for tag in objects(item, key) if tag.get("key")}


def _value(tag: Record) -> Any:
    value = tag.get("value")
    if tag.get("type") in _NUMBERS and isinstance(value, str):
        try:
            return float(value) if tag["type"] == "float64" else int(value[:20])
        except ValueError:
            return value
    if tag.get("type") == "bool" and isinstance(value, str):
        return value.lower() == "true"
    return value


def _event(log: Record) -> RawEvent:
    fields = _tags(log, "fields")
    return RawEvent(str(fields.pop("event", "")), _micros(log.get("timestamp")), fields)


def _micros(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = int(value) * 1000
    except (ValueError, OverflowError):
        return None
    return number if 0 <= number < 2**63 else None
