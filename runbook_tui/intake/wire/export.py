"""An export request as it arrives: is it one, what of it can be kept, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal

import msgspec

from runbook_tui.intake.otlp_json import decode_request, raw_spans, salvage_request
from runbook_tui.intake.otlp_logs import raw_logs
from runbook_tui.intake.otlp_variants import as_request

__all__ = ["Export", "Form", "InvalidExportError", "Signal", "read_export"]

Form = Literal["protobuf", "json"]
Signal = Literal["traces", "logs"]

_NO_SPAN: Final = "log records that name no span are not kept"
_BAD_SPANS: Final = "spans whose ids or times are not valid were refused"


class InvalidExportError(Exception):
    """Not an export request, or nothing in it can be kept."""


class Export(msgspec.Struct, frozen=True):
    """What is accepted of a request."""

    signal: Signal
    form: Form
    body: bytes
    """As received, decompressed; without the refused spans where there were any in protobuf."""
    accepted: int
    """Spans, or log records that name a span."""
    refused: int = 0
    why: str = ""
    """Why some were refused; empty when none was."""


def read_export(body: bytes, form: Form, signal: Signal) -> Export:
    """Look through a request.

    Raises:
        InvalidExportError: it cannot be decoded, or every span in it is invalid.
    """
    return _READERS[signal, form](body)


def _json_spans(body: bytes) -> Export:
    try:
        request = decode_request(body)
        accepted, refused = sum(1 for _ in raw_spans(request)), 0
        if request.resource_spans is not None:
            return _spans("json", body, accepted, refused)
    except (msgspec.DecodeError, ValueError, OverflowError, RecursionError):
        pass  # what is valid of it is counted below, span by span
    value = _document(body)
    if not isinstance(value.get("resourceSpans", []), list):
        raise InvalidExportError("resourceSpans is no list")
    found = as_request(value)
    if found is None:
        return Export("traces", "json", body, 0)
    kept, refused = salvage_request(found)
    return _spans("json", body, len(kept), refused)


def _json_logs(body: bytes) -> Export:
    value = _document(body)
    if not isinstance(value.get("resourceLogs", []), list):
        raise InvalidExportError("resourceLogs is no list")
    kept = sum(1 for _ in raw_logs(value))
    refused = _log_records(value) - kept
    return Export("logs", "json", body, kept, refused, _NO_SPAN if refused else "")


def _document(body: bytes) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise InvalidExportError(f"not JSON: {error}") from error
    if not isinstance(value, dict):
        raise InvalidExportError("not an export request: a JSON object is expected")
    return value


def _log_records(value: dict[str, Any]) -> int:
    found = 0
    for resource in value.get("resourceLogs") or ():
        for scope in (resource.get("scopeLogs") if isinstance(resource, dict) else None) or ():
            records = scope.get("logRecords") if isinstance(scope, dict) else None
            found += len(records) if isinstance(records, list) else 0
    return found


def _proto_spans(body: bytes) -> Export:
    from google.protobuf.message import DecodeError
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    try:
        request = ExportTraceServiceRequest.FromString(body)
    except (DecodeError, ValueError) as error:
        raise InvalidExportError("not protobuf of an export request") from error
    accepted = refused = 0
    for resource in request.resource_spans:
        for scope in resource.scope_spans:
            bad = [index for index, span in enumerate(scope.spans) if not _identified(span)]
            accepted += len(scope.spans) - len(bad)
            refused += len(bad)
            for index in reversed(bad):
                del scope.spans[index]
    return _spans("protobuf", request.SerializeToString() if refused else body, accepted, refused)


def _identified(span: Any) -> bool:
    trace_id, span_id = span.trace_id, span.span_id
    return len(trace_id) == 16 and len(span_id) == 8 and any(trace_id) and any(span_id)


def _proto_logs(body: bytes) -> Export:
    from google.protobuf.message import DecodeError
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

    try:
        request = ExportLogsServiceRequest.FromString(body)
    except (DecodeError, ValueError) as error:
        raise InvalidExportError("not protobuf of an export request") from error
    records = [
        record
        for resource in request.resource_logs
        for scope in resource.scope_logs
        for record in scope.log_records
    ]
    kept = sum(_identified(record) for record in records)
    refused = len(records) - kept
    return Export("logs", "protobuf", body, kept, refused, _NO_SPAN if refused else "")


def _spans(form: Form, body: bytes, accepted: int, refused: int) -> Export:
    if refused and not accepted:
        raise InvalidExportError(_BAD_SPANS)
    return Export("traces", form, body, accepted, refused, _BAD_SPANS if refused else "")


_READERS: Final[dict[tuple[Signal, Form], Callable[[bytes], Export]]] = {
    ("traces", "json"): _json_spans,
    ("traces", "protobuf"): _proto_spans,
    ("logs", "json"): _json_logs,
    ("logs", "protobuf"): _proto_logs,
}
