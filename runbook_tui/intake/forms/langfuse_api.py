"""Langfuse's API and exports: traces with their observations, or observations by themselves.

Both generations of field names are read (`usageDetails` and `usage`, `costDetails` and `calculatedTotalCost`);
the Langfuse dialect takes it from there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from runbook_tui.intake.forms.building import Record, given, mapping, native_id, native_span, objects, text
from runbook_tui.intake.raw import RawSpan

__all__ = ["read", "recognises"]

_MARKS: Final = (
    "parentObservationId",
    "usageDetails",
    "usage",
    "costDetails",
    "completionStartTime",
    "level",
)
_USAGE: Final = ("usageDetails", "usage", "promptTokens", "completionTokens")


def recognises(record: Record) -> bool:
    """Whether it is a trace with observations, an observation, or a page of either."""
    if _is_trace(record) or _is_observation(record):
        return True
    return any(_is_trace(item) or _is_observation(item) for item in list(objects(record, "data"))[:1])


def _is_trace(item: Record) -> bool:
    return isinstance(item.get("observations"), list) and any(
        isinstance(observation, dict) for observation in item["observations"][:1]
    )


def _is_observation(item: Record) -> bool:
    if "parent_observation_id" in item:
        return "trace_id" in item and "start_time" in item
    return "traceId" in item and "startTime" in item and any(mark in item for mark in _MARKS)


def read(records: list[Record]) -> Iterator[RawSpan]:
    """The observations of traces and pages."""
    for record in records:
        nested = not _is_trace(record) and not _is_observation(record)
        for item in objects(record, "data") if nested else [record]:
            if "parent_observation_id" in item:
                yield _span(_camel(item), {})
            elif _is_observation(item):
                yield _span(item, {})
            else:
                trace = {**item, **mapping(item, "trace")}
                yield from (_span(observation, trace) for observation in objects(item, "observations"))


def _camel(item: Record) -> Record:
    """The item with the names the API has; exports to a bucket write them in snake_case."""
    return {
        head + "".join(word.capitalize() for word in rest): value
        for key, value in item.items()
        for head, *rest in [key.split("_")]
    }


def _span(item: Record, trace: Record) -> RawSpan:
    level = text(item, "level")
    attributes = given(
        session__id=text(item, "sessionId", "session_id") or text(trace, "sessionId", "session_id"),
        user__id=text(item, "userId") or text(trace, "userId"),
        langfuse__trace__name=text(item, "traceName") or text(trace, "name"),
        langfuse__observation__type=(text(item, "type") or "span").lower(),
        langfuse__observation__level=level,
        langfuse__observation__status_message=text(item, "statusMessage"),
        langfuse__observation__input=item.get("input"),
        langfuse__observation__output=item.get("output"),
        langfuse__observation__metadata=item.get("metadata"),
        langfuse__observation__model__name=text(item, "model", "providedModelName", "modelId"),
        langfuse__observation__model__parameters=item.get("modelParameters"),
        langfuse__observation__usage_details=_usage(item),
        langfuse__observation__cost_details=_cost(item),
    )
    return native_span(
        native_id(item.get("traceId")) or native_id(trace.get("id")),
        native_id(item.get("id")),
        native_id(item.get("parentObservationId")),
        text(item, "name"),
        attributes,
        start=item.get("startTime"),
        end=item.get("endTime"),
        error=text(item, "statusMessage") or "failed" if level == "ERROR" else None,
        scope="langfuse",
    )


def _usage(item: Record) -> Record:
    if not any(name in item for name in _USAGE):
        return {}
    counts = mapping(item, "usageDetails") or mapping(item, "usage")
    return counts or given(input=item.get("promptTokens"), output=item.get("completionTokens"))


def _cost(item: Record) -> Record:
    details: Any = mapping(item, "costDetails")
    if "total" in details:
        return dict(details)
    return given(total=item.get("totalCost") or item.get("calculatedTotalCost"))
