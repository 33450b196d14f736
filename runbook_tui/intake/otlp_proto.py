"""OTLP in protobuf: one request, or the collector's file of them, each with its length before it.

The file exporter writes four bytes, big-endian, before each message; protobuf's own streams write a varint.
Both are tried, and a message that is none of spans or logs means that this is not the form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from runbook_tui.intake.otlp_logs import RawLog, log_event
from runbook_tui.intake.otlp_values import is_remote
from runbook_tui.intake.raw import RawEvent, RawSpan

__all__ = ["looks_like_protobuf", "proto_logs", "proto_records", "proto_spans"]

_STATUS: Final = {1: "ok", 2: "error"}
_MAX_VARINT: Final = 5


def looks_like_protobuf(head: bytes) -> bool:
    """Whether a file may be OTLP protobuf: a request's first field, or one behind a length."""
    return head[:1] == b"\x0a" or head[4:5] == b"\x0a" or b"\x0a" in head[1:_MAX_VARINT]


def proto_records(data: bytes) -> tuple[list[RawSpan | RawLog], bool]:
    """What a protobuf file holds, and whether all of it could be read; nothing where it is no such file."""
    whole = _request(data)
    if whole is not None:
        return whole, True
    for split in (_fixed, _varint):
        found: list[RawSpan | RawLog] = []
        complete = True
        for message in split(data):
            records = _request(message)
            complete = records is not None
            if records is None:
                break
            found += records
        if found:
            return found, complete
    return [], False


def _request(data: bytes) -> list[RawSpan | RawLog] | None:
    """Spans or log records of one message, told apart by which of them have ids and times."""
    parsers: tuple[Callable[[bytes], Iterator[RawSpan | RawLog]], ...] = (proto_spans, proto_logs)
    for parse in parsers:
        try:
            found: list[RawSpan | RawLog] = [*parse(data)]
        except (DecodeError, ValueError):
            continue
        if found:
            return found
    return None


def proto_spans(data: bytes) -> Iterator[RawSpan]:
    """The spans of a trace request.

    Raises:
        DecodeError: not protobuf.
        ValueError: not spans: an id of another size.
    """
    request = ExportTraceServiceRequest.FromString(data)
    for resource_spans in request.resource_spans:
        resource = _attributes(resource_spans.resource.attributes)
        for scope_spans in resource_spans.scope_spans:
            scope = scope_spans.scope.name or None
            for span in scope_spans.spans:
                yield _raw(span, resource, scope)


def _raw(span: Any, resource: dict[str, Any], scope: str | None) -> RawSpan:
    if (len(span.trace_id), len(span.span_id)) != (16, 8):
        raise ValueError("ids of another size")
    parent = span.parent_span_id.hex()
    return RawSpan(
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=parent if parent.strip("0") else None,
        name=span.name,
        start_ns=_time(span.start_time_unix_nano),
        end_ns=_time(span.end_time_unix_nano),
        status=_STATUS.get(span.status.code, "unset"),
        status_message=span.status.message or None,
        attributes=_attributes(span.attributes),
        events=[
            RawEvent(event.name, _time(event.time_unix_nano), _attributes(event.attributes))
            for event in span.events
        ],
        links=[link.span_id.hex() for link in span.links],
        resource=resource,
        scope=scope,
        parent_is_remote=is_remote(span.flags),
    )


def proto_logs(data: bytes) -> Iterator[RawLog]:
    """The log records of a logs request that name a span.

    Raises:
        DecodeError: not protobuf.
    """
    request = ExportLogsServiceRequest.FromString(data)
    for resource_logs in request.resource_logs:
        for scope_logs in resource_logs.scope_logs:
            for record in scope_logs.log_records:
                if (len(record.trace_id), len(record.span_id)) == (16, 8):
                    event = log_event(
                        record.event_name,
                        _time(record.time_unix_nano),
                        _attributes(record.attributes),
                        _value(record.body),
                    )
                    yield RawLog((record.trace_id.hex(), record.span_id.hex()), event)


def _time(number: int) -> int | None:
    return number if 0 < number < 2**63 else None


def _attributes(pairs: Any) -> dict[str, Any]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    if kind == "array_value":
        return [_value(item) for item in value.array_value.values]
    if kind == "kvlist_value":
        return _attributes(value.kvlist_value.values)
    if kind == "bytes_value":
        return value.bytes_value.hex()
    return getattr(value, kind)


def _fixed(data: bytes) -> Iterator[bytes]:
    at = 0
    while at + 4 <= len(data):
        size = int.from_bytes(data[at : at + 4])
        yield data[at + 4 : at + 4 + size]
        at += 4 + size


def _varint(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        size = shift = 0
        while at < len(data) and shift < 7 * _MAX_VARINT:
            byte = data[at]
            at += 1
            size |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        yield data[at : at + size]
        at += max(size, 1)
