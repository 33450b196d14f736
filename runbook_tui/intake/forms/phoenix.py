"""Phoenix: spans of its REST API, and rows of its data frame, whose attributes are nested by their dots again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from runbook_tui.intake.forms.building import (
    Record,
    listing,
    mapping,
    nanoseconds,
    native_span,
    parsed,
    text,
    wire_id,
)
from runbook_tui.intake.raw import RawEvent, RawSpan

__all__ = ["read", "recognises"]

_COLUMN: Final = "attributes."
_KEPT_WHOLE: Final = ("metadata", "llm.prompt_template.variables", "llm.invocation_parameters")
_NESTING: Final = frozenset(
    ("message", "tool_call", "tool", "document", "message_content", "embedding", "image", "function")
)
"""Names that OpenInference puts behind an index; a list of other objects is a value."""


def recognises(record: Record) -> bool:
    """Whether it is a span or a row, or a page of spans."""
    if "context.span_id" in record or _is_span(record):
        return True
    return any(_is_span(item) for item in listing(record, "data")[:1])


def read(records: list[Record]) -> Iterator[RawSpan]:
    """The spans of rows and pages."""
    for record in records:
        if "context.span_id" in record or _is_span(record):
            yield _span(record)
        else:
            yield from (_span(item) for item in listing(record, "data") if _is_span(item))


def _is_span(item: Any) -> bool:
    return isinstance(item, dict) and "span_kind" in item and isinstance(item.get("context"), dict)


def _span(row: Record) -> RawSpan:
    context = mapping(row, "context")
    span = native_span(
        wire_id(row.get("context.trace_id") or context.get("trace_id"), 16),
        wire_id(row.get("context.span_id") or context.get("span_id"), 8),
        wire_id(row.get("parent_id"), 8),
        text(row, "name"),
        _attributes(row),
        start=row.get("start_time"),
        end=row.get("end_time"),
        status=text(row, "status_code"),
        events=[_event(item) for item in listing(row, "events") if isinstance(item, dict)],
    )
    span.status_message = text(row, "status_message")
    return span


def _attributes(row: Record) -> Record:
    found: Record = {}
    metadata: Record = {}
    columns = {key.removeprefix(_COLUMN): row[key] for key in row if key.startswith(_COLUMN)}
    for key, value in {**mapping(row, "attributes"), **columns}.items():
        if value is None or value != value:
            continue
        if key.startswith("metadata."):
            metadata[key.removeprefix("metadata.")] = value
        elif key in _KEPT_WHOLE:
            found[key] = value
        else:
            found.update(_flat(key, parsed(value) if _is_nested(parsed(value)) else value))
    if metadata:
        found.setdefault("metadata", metadata)
    kind = row.get("span_kind")
    if kind and str(kind).upper() != "UNKNOWN":
        found.setdefault("openinference.span.kind", kind)
    return found


def _flat(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and path not in _KEPT_WHOLE:
        for key, item in value.items():
            yield from _flat(f"{path}.{key}", item)
    elif _is_nested(value):
        for index, item in enumerate(value):
            yield from _flat(f"{path}.{index}", item)
    elif value is not None:
        yield path, value


def _is_nested(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(item, dict) for item in value)
        and any(str(key).partition(".")[0] in _NESTING for item in value for key in item)
    )


def _event(item: Record) -> RawEvent:
    time = nanoseconds(item.get("timestamp") or item.get("time"))
    return RawEvent(text(item, "name") or "", time, mapping(item, "attributes"))
