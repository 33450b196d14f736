"""MLflow 3 traces: `info` and `data.spans`, rows of `search_traces`, and answers of its API.

Attribute values are JSON text, in answers of the API typed as in OTLP. The MLflow dialect reads them; a trace's
session and user stand in its metadata.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

import msgspec

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
from runbook_tui.intake.otlp_values import KeyValue, attributes_of
from runbook_tui.intake.otlp_variants import camel
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
    if _answered(item):
        return True
    return "trace_metadata" in item and bool(_spans_of(item))


def _answered(item: Record) -> Record:
    """The trace of an answer of the API; {} where it is none."""
    trace = item if "trace_info" in item else item.get("trace")
    return trace if isinstance(trace, dict) and isinstance(trace.get("trace_info"), dict) else {}


def _spans_of(item: Record) -> list[Any]:
    data = mapping(item, "data") or mapping(mapping(item, "trace"), "data") or _answered(item)
    return listing(data, "spans") or listing(item, "spans")


def read(records: list[Record]) -> Iterator[RawSpan]:
    """The spans of traces."""
    for record in records:
        for trace in [record] if _is_trace(record) else [t for key in _PAGES for t in objects(record, key)]:
            info = mapping(trace, "info") or mapping(_answered(trace), "trace_info") or trace
            metadata = mapping(info, "trace_metadata") or mapping(info, "request_metadata")
            for span in _spans_of(trace):
                if isinstance(span, dict):
                    yield _span(span, info, metadata)


def _span(item: Record, info: Record, metadata: Record) -> RawSpan:
    context = mapping(item, "context")
    attributes = _attributes(item)
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


def _attributes(item: Record) -> Record:
    pairs = item.get("attributes")
    if not isinstance(pairs, list):
        return {key: _opened(value) for key, value in mapping(item, "attributes").items()}
    found: Record = {}
    for pair in camel(pairs):
        with suppress(msgspec.ValidationError, ValueError):  # an odd one costs itself
            found |= attributes_of([msgspec.convert(pair, KeyValue)])
    return found


def _opened(value: Any) -> Any:
    decoded = decode(value) if isinstance(value, str) else value
    return value if decoded is None else decoded


def _event(item: Record) -> RawEvent:
    time = nanoseconds(item.get("time_unix_nano") or item.get("timestamp"))
    return RawEvent(text(item, "name") or "", time, _attributes(item))
