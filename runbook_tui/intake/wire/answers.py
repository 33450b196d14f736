"""What an OTLP receiver answers, in protobuf or JSON: success, partial success, and `google.rpc.Status` for the rest."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from runbook_tui.intake.wire.export import Export, Form

__all__ = ["failure", "success"]

_REFUSED_NAME: Final = {"traces": "rejectedSpans", "logs": "rejectedLogRecords"}
_CODE_FIELD: Final = b"\x08"
_MESSAGE_FIELD: Final = b"\x12"


def success(export: Export) -> bytes:
    """The answer to a request that was accepted; it says how much of it was refused, and nothing when none was."""
    if export.form == "json":
        said: dict[str, Any] = {}
        if export.refused:
            counted = {_REFUSED_NAME[export.signal]: str(export.refused), "errorMessage": export.why}
            said = {"partialSuccess": counted}
        return msgspec.json.encode(said)
    return _proto_success(export)


def _proto_success(export: Export) -> bytes:
    from opentelemetry.proto.collector.logs.v1 import logs_service_pb2 as logs
    from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as traces

    if not export.refused:
        return b""
    if export.signal == "traces":
        spans = traces.ExportTracePartialSuccess(rejected_spans=export.refused, error_message=export.why)
        return bytes(traces.ExportTraceServiceResponse(partial_success=spans).SerializeToString())
    records = logs.ExportLogsPartialSuccess(rejected_log_records=export.refused, error_message=export.why)
    return bytes(logs.ExportLogsServiceResponse(partial_success=records).SerializeToString())


def failure(form: Form, code: int, message: str) -> bytes:
    """A `google.rpc.Status` of this code (0 to 16) and message.

    Written by hand: two fields are not worth a library of message types.
    """
    if form == "json":
        return msgspec.json.encode({"code": code, "message": message})
    text = message.encode()
    return _CODE_FIELD + bytes([code]) + _MESSAGE_FIELD + _varint(len(text)) + text


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
