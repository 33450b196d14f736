"""OTLP/JSON: typed decoding of export requests, tolerant of both id encodings and of enum names.

Ids are hex in the collector's files (OTLP specification, JSON Protobuf encoding) and base64 in protobuf's
own JSON mapping; 64-bit integers are strings in the specification and numbers in the JavaScript exporter.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from runbook_tui.intake.otlp_values import KeyValue, attributes_of, hex_id, integer, is_remote
from runbook_tui.intake.raw import RawEvent, RawSpan

__all__ = ["decode_request", "raw_spans", "salvage_request"]


class _Base(msgspec.Struct, rename="camel"):
    pass


class Event(_Base):
    """OTLP span event."""

    name: str = ""
    time_unix_nano: int | str | None = None
    attributes: list[KeyValue] = []


class Link(_Base):
    """OTLP span link."""

    trace_id: str = ""
    span_id: str = ""


class Status(_Base):
    """OTLP status."""

    code: int | str | None = None
    message: str | None = None


class WireSpan(_Base):
    """OTLP span."""

    trace_id: str
    span_id: str
    parent_span_id: str | None = None
    name: str = ""
    start_time_unix_nano: int | str | None = None
    end_time_unix_nano: int | str | None = None
    attributes: list[KeyValue] = []
    events: list[Event] = []
    links: list[Link] = []
    status: Status | None = None
    flags: Any = None


class Scope(_Base):
    """OTLP instrumentation scope."""

    name: str | None = None


class ScopeSpans(_Base):
    """OTLP ScopeSpans."""

    scope: Scope | None = None
    spans: list[WireSpan] = []


class Resource(_Base):
    """OTLP resource."""

    attributes: list[KeyValue] = []


class ResourceSpans(_Base):
    """OTLP ResourceSpans."""

    resource: Resource | None = None
    scope_spans: list[ScopeSpans] = []


class ExportRequest(_Base):
    """OTLP ExportTraceServiceRequest."""

    resource_spans: list[ResourceSpans] | None = None
    resource_logs: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    """As they stand; they are read by `otlp_logs`."""


_DECODER: Final = msgspec.json.Decoder(ExportRequest)


def decode_request(data: bytes) -> ExportRequest:
    """Decode one export request.

    Raises:
        msgspec.DecodeError: not JSON.
        msgspec.ValidationError: JSON of another shape.
    """
    return _DECODER.decode(data)


def salvage_request(value: Any) -> tuple[list[RawSpan], int]:
    """What can be kept of a request that does not validate as a whole.

    Returns:
        The spans that are well formed, and how many were not.
    """
    kept: list[RawSpan] = []
    bad = 0
    for resource, scope, span in _loose_spans(value):
        try:
            wire = msgspec.convert(span, WireSpan)
            res = msgspec.convert(resource, Resource) if isinstance(resource, dict) else None
            kept.append(_raw(wire, attributes_of(res.attributes) if res else {}, scope))
        except (msgspec.ValidationError, ValueError):
            bad += 1
    return kept, bad


def raw_spans(request: ExportRequest) -> Iterator[RawSpan]:
    """The spans of a request.

    Raises:
        ValueError: an id or a time that cannot be read.
    """
    for resource_spans in request.resource_spans or ():
        resource = attributes_of(resource_spans.resource.attributes) if resource_spans.resource else {}
        for scope_spans in resource_spans.scope_spans:
            scope = scope_spans.scope.name if scope_spans.scope else None
            for span in scope_spans.spans:
                yield _raw(span, resource, scope)


def _loose_spans(value: Any) -> Iterator[tuple[Any, str | None, Any]]:
    for resource_spans in _items(value, "resourceSpans"):
        for scope_spans in _items(resource_spans, "scopeSpans"):
            scope = scope_spans.get("scope")
            name = scope.get("name") if isinstance(scope, dict) else None
            for span in _items(scope_spans, "spans", keep_all=True):
                yield resource_spans.get("resource"), name if isinstance(name, str) else None, span


def _items(value: Any, key: str, *, keep_all: bool = False) -> list[Any]:
    items = value.get(key) if isinstance(value, dict) else None
    if not isinstance(items, list):
        return []
    return items if keep_all else [item for item in items if isinstance(item, dict)]


def _raw(span: WireSpan, resource: dict[str, Any], scope: str | None) -> RawSpan:
    parent = hex_id(span.parent_span_id, 8) if span.parent_span_id else None
    return RawSpan(
        trace_id=hex_id(span.trace_id, 16),
        span_id=hex_id(span.span_id, 8),
        parent_id=parent if parent and parent.strip("0") else None,
        name=span.name,
        start_ns=_time(span.start_time_unix_nano),
        end_ns=_time(span.end_time_unix_nano),
        status=_status(span.status.code if span.status else None),
        status_message=(span.status.message or None) if span.status else None,
        attributes=attributes_of(span.attributes),
        events=[
            RawEvent(event.name, _time(event.time_unix_nano), attributes_of(event.attributes))
            for event in span.events
        ],
        links=[_linked(link.span_id) for link in span.links],
        resource=resource,
        scope=scope,
        parent_is_remote=isinstance(span.flags, int) and is_remote(span.flags),
    )


def _linked(text: str) -> str:
    """The id a link names; a link that names none costs nothing but itself, so it stays as it is."""
    try:
        return hex_id(text, 8)
    except ValueError:
        return text


def _time(value: int | str | None) -> int | None:
    """Nanoseconds, None for missing or zero.

    Raises:
        ValueError: not a 64-bit integer.
    """
    if value is None or value == "":
        return None
    number = integer(value)
    if number < 0 or number >= 2**63:
        raise ValueError(f"a time out of range: {str(value)[:40]}")
    return number or None


def _status(code: int | str | None) -> str:
    if code in (1, "STATUS_CODE_OK", "1"):
        return "ok"
    if code in (2, "STATUS_CODE_ERROR", "2"):
        return "error"
    return "unset"
