"""LangSmith runs: as its client posts them (`post`, `patch`), as lines, and as `list_runs` exports them.

A run is posted when it starts and patched when it ends: both are one run. The LangSmith dialect reads them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from runbook_tui.intake.forms.building import Record, given, listing, mapping, native_id, native_span, text
from runbook_tui.intake.raw import RawEvent, RawSpan

__all__ = ["read", "recognises"]

_BATCH: Final = ("post", "patch", "runs")


def recognises(record: Record) -> bool:
    """Whether it is a run, or a batch of runs."""
    if _is_run(record):
        return True
    return any(_is_run(item) or _is_patch(item) for key in _BATCH for item in listing(record, key)[:1])


def _is_run(item: Any) -> bool:
    return isinstance(item, dict) and "run_type" in item and "id" in item


def _is_patch(item: Any) -> bool:
    """An update carries only what has changed."""
    return isinstance(item, dict) and "id" in item and ("dotted_order" in item or "end_time" in item)


def read(records: list[Record]) -> Iterator[RawSpan]:
    """The runs of a file, what was posted and patched of each put together."""
    runs: dict[str, Record] = {}
    for record in records:
        for item in [record] if "id" in record else _batched(record):
            run_id = native_id(item.get("id"))
            if run_id is not None:
                _update(runs.setdefault(run_id, {}), item)
    for run_id, run in runs.items():
        yield _span(run_id, run)


def _batched(record: Record) -> Iterator[Record]:
    for key in _BATCH:
        yield from (item for item in listing(record, key) if isinstance(item, dict))


def _update(run: Record, change: Record) -> None:
    """Later values win; objects are merged, and an empty value never replaces a full one."""
    for key, value in change.items():
        if isinstance(value, dict) and isinstance(run.get(key), dict):
            _update(run[key], value) if key == "extra" else run[key].update(value)
        elif value not in (None, {}, [], "") or key not in run:
            run[key] = value


def _span(run_id: str, run: Record) -> RawSpan:
    metadata = {**mapping(mapping(run, "extra"), "metadata"), **mapping(run, "metadata")}
    parameters = mapping(mapping(run, "extra"), "invocation_params")
    kind = text(run, "run_type")
    is_tool = kind == "tool"
    attributes = given(
        langsmith__span__kind=kind,
        langsmith__total_cost=run.get("total_cost"),
        gen_ai__prompt=run.get("inputs"),
        gen_ai__completion=run.get("outputs"),
        gen_ai__request__model=text(parameters, "model", "model_name") if kind == "llm" else None,
        gen_ai__tool__definitions=listing(parameters, "tools") if kind == "llm" else None,
        gen_ai__tool__name=text(run, "name") if is_tool else None,
        gen_ai__tool__call__id=text(mapping(run, "extra"), "tool_call_id") if is_tool else None,
        gen_ai__usage__input_tokens=run.get("prompt_tokens") if kind == "llm" else None,
        gen_ai__usage__output_tokens=run.get("completion_tokens") if kind == "llm" else None,
        langsmith__tags=run.get("tags"),
        langsmith__dotted_order=text(run, "dotted_order"),
    )
    attributes.update({f"langsmith.metadata.{key}": value for key, value in metadata.items()})
    order = (text(run, "dotted_order") or "").split(".")
    return native_span(
        native_id(run.get("trace_id")) or native_id(order[0].partition("Z")[2]) or run_id,
        run_id,
        native_id(run.get("parent_run_id"))
        or (native_id(order[-2].partition("Z")[2]) if len(order) > 1 else None),
        text(run, "name"),
        attributes,
        start=run.get("start_time"),
        end=run.get("end_time"),
        error=text(run, "error"),
        status=text(run, "status"),
        events=[
            RawEvent(text(item, "name") or "", None, item)
            for item in listing(run, "events")
            if isinstance(item, dict) and item.get("name") not in ("start", "end")
        ],
        scope="langsmith",
    )
