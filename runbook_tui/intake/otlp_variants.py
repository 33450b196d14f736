"""OTLP JSON in other dress: Tempo's answers, snake_case names, a bare list of spans, the old library spans.

All of them become one export request with the specification's own names.
"""

from __future__ import annotations

from typing import Any

__all__ = ["as_request", "camel"]

_LISTS = ("batches", "resourceSpans", "resource_spans")
_WRAPPERS = ("trace", "result", "data")
_FOREIGN = ("info", "trace_info")
"""What MLflow puts beside its spans, which may be OTLP's; it holds the session and must not be lost."""


def as_request(value: Any) -> dict[str, Any] | None:
    """The export request a document amounts to; None where it is something else."""
    if not isinstance(value, dict) or any(isinstance(value.get(key), dict) for key in _FOREIGN):
        return None
    for key in _LISTS:
        if isinstance(value.get(key), list):
            return {"resourceSpans": [_group(camel(item)) for item in value[key]]}
    for key in _WRAPPERS:
        inner = value.get(key)
        if isinstance(inner, dict):
            return as_request(inner)
    listed = value.get("data", value.get("spans"))
    if isinstance(listed, list) and any(_is_span(item) for item in listed):
        return {"resourceSpans": [{"scopeSpans": [{"spans": [camel(item) for item in listed]}]}]}
    if _is_span(value):
        return {"resourceSpans": [{"scopeSpans": [{"spans": [camel(value)]}]}]}
    return None


def _is_span(item: Any) -> bool:
    """Whether it is a span with attributes in OTLP's typed form."""
    if not isinstance(item, dict) or not ("span_id" in item or "spanId" in item):
        return False
    attributes = item.get("attributes")
    typed = attributes is None or (isinstance(attributes, list) and all(map(_is_typed, attributes)))
    return typed and ("start_time_unix_nano" in item or "startTimeUnixNano" in item)


def _is_typed(pair: Any) -> bool:
    return isinstance(pair, dict) and "key" in pair


def _group(resource_spans: Any) -> Any:
    """A resource's spans, the name of the list inside brought up to date."""
    if not isinstance(resource_spans, dict) or isinstance(resource_spans.get("scopeSpans"), list):
        return resource_spans
    old = resource_spans.get("instrumentationLibrarySpans")
    if not isinstance(old, list):
        return resource_spans
    scopes = [
        {"scope": item.get("instrumentationLibrary") or item.get("scope"), "spans": item.get("spans")}
        for item in old
        if isinstance(item, dict)
    ]
    return {**resource_spans, "scopeSpans": scopes}


def camel(value: Any) -> Any:
    """The same with names in camelCase and nothing null: Phoenix writes every variant a value could have had.

    Every key of OTLP JSON is a field name; attribute keys are values, so none of them is renamed.
    """
    if isinstance(value, dict):
        return {_renamed(key): camel(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [camel(item) for item in value]
    return value


def _renamed(name: str) -> str:
    if "_" not in name:
        return name
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
