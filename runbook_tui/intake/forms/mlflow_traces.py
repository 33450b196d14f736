"""MLflow 3 traces: `info` and `data.spans`, and rows of `search_traces`. Every attribute value is JSON text.

The MLflow dialect reads the attributes; a trace's session and user stand in its metadata.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from runbook_tui.intake.forms.building import (
    Record,
    given,
    listing,
    mapping,
    nanoseconds,
    native_span,
    objects,
    text,
    wire_id,
)
from runbook_tui.intake.raw import RawEvent, RawSpan
from runbook_tui.trace.jsontext import decode

__all__ = ["read", "recognises"]

_PAGES: Final = ("traces", "data")


def recognises(record: Record) -> bool:
    """Whether it is a trace, a row of a search, or a page of traces."""
    if _is_trace(record):
        return True
    return any(_is_trace(item) for key in _PAGES for item in list(objects(record, key))[:1])


def _is_trace(item: Record) -> bool:
    info = item.get("info")
    if isinstance(info, dict) and ("trace_id" in info or "request_id" in info):
        return isinstance(item.get("data"), dict)
    return "trace_metadata" in item and bool(_spans_of(item))


def _spans_of(item: Record) -> list[Any]:
    data = mapping(item, "data") or mapping(mapping(item, "trace"), "data")
    return listing(data, "spans") or listing(item, "spans")


def read(records: list[Record]) -> Iterator[RawSpan]:
    """The spans of traces."""
    for record in records:
        for trace in [record] if _is_trace(record) else [t for key in _PAGES for t in objects(record, key)]:
            info = mapping(trace, "info") or trace
            metadata = mapping(info, "trace_metadata") or mapping(info, "request_metadata")
            for span in _spans_of(trace):
                if isinstance(span, dict):
                    yield _span(span, info, metadata)


def _span(item: Record, info: Record, metadata: Record) -> RawSpan:
    context = mapping(item, "context")
    attributes = {key: _opened(value) for key, value in mapping(item, "attributes").items()}
    attributes |= given(
        session__id=text(metadata, "mlflow.trace.session"),
        user__id=text(metadata, "mlflow.trace.user", "mlflow.user"),
    )
    status = item.get("status") if isinstance(item.get("status"), dict) else {}
    code = text(status, "code") if status else text(item, "status_code", "status")
    span = native_span(
        wire_id(item.get("trace_id") or context.get("trace_id") or info.get("trace_id"), 16),
        wire_id(item.get("span_id") or context.get("span_id"), 8),
        wire_id(item.get("parent_span_id") or item.get("parent_id"), 8),
        text(item, "name"),
        attributes,
        start=item.get("start_time_unix_nano") or item.get("start_time"),
        end=item.get("end_time_unix_nano") or item.get("end_time"),
        status=code,
        events=[_event(event) for event in objects(item, "events")],
        scope="mlflow",
    )
    span.status_message = text(status, "message") if status else text(item, "status_message")
    return span


def _opened(value: Any) -> Any:
    decoded = decode(value) if isinstance(value, str) else value
    return value if decoded is None else decoded


def _event(item: Record) -> RawEvent:
    time = nanoseconds(item.get("time_unix_nano") or item.get("timestamp"))
    return RawEvent(text(item, "name") or "", time, mapping(item, "attributes"))
