"""Inspect's evaluation logs: each sample is a run, its events are model calls, tool calls and nested spans.

A tool event names the span around it, long texts are moved to `attachments`, and input tokens leave out what
was read from a cache; they are added back, because every other form counts them in.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from typing import Any, Final

from runbook_tui.intake.draft import as_int
from runbook_tui.intake.forms.building import (
    Record,
    given,
    listing,
    mapping,
    native_id,
    native_span,
    objects,
    text,
)
from runbook_tui.intake.raw import RawSpan

__all__ = ["read", "recognises"]

_ATTACHMENT: Final = "attachment://"
_INPUT: Final = ("input_tokens", "input_tokens_cache_read", "input_tokens_cache_write")


def recognises(record: Record) -> bool:
    """Whether it is a log with samples, or a sample of one."""
    return _is_sample(record) or (
        "eval" in record and any(_is_sample(item) for item in objects(record, "samples"))
    )


def _is_sample(item: Record) -> bool:
    return "epoch" in item and isinstance(item.get("events"), list)


def read(records: list[Record]) -> Iterator[RawSpan]:
    """The spans of samples."""
    for record in records:
        task = text(mapping(record, "eval"), "task")
        for sample in [record] if _is_sample(record) else objects(record, "samples"):
            if isinstance(sample.get("events"), list):
                yield from _Sample(sample, task).spans()


class _Sample:
    """One sample while its spans are made."""

    def __init__(self, sample: Record, task: str | None) -> None:
        self.sample = sample
        self.task = task or text(sample, "task") or "sample"
        self.trace_id = native_id(sample.get("uuid")) or f"{sample.get('id')}-{sample.get('epoch')}"
        attachments = mapping(sample, "attachments")
        self.attachments = {f"{_ATTACHMENT}{key}": value for key, value in attachments.items()}
        self.pool = listing(mapping(sample, "events_data"), "messages")
        self.ends = {
            str(event.get("id")): event.get("timestamp")
            for event in objects(sample, "events")
            if event.get("event") == "span_end"
        }

    def spans(self) -> Iterator[RawSpan]:
        """The sample as an agent's span, and its events below it."""
        failed = mapping(self.sample, "error")
        yield native_span(
            self.trace_id,
            self.trace_id,
            None,
            self.task,
            given(
                gen_ai__operation__name="invoke_agent",
                gen_ai__agent__name=self.task,
                inspect__sample__id=self.sample.get("id"),
                inspect__sample__epoch=self.sample.get("epoch"),
                inspect__limit=self.sample.get("limit"),
                gen_ai__input__messages=self.resolved(self.sample.get("input")),
            ),
            start=self.sample.get("started_at") or self._first_time(),
            end=self.sample.get("completed_at"),
            error=text(failed, "message"),
            scope="inspect_ai",
        )
        for event in objects(self.sample, "events"):
            yield from self.read_event(event)

    def _first_time(self) -> Any:
        return next((event.get("timestamp") for event in objects(self.sample, "events")), None)

    def read_event(self, event: Record) -> Iterator[RawSpan]:
        """The span of an event, and of those inside it."""
        kind = event.get("event")
        if kind == "span_begin":
            yield self._wrapper(event)
        elif kind == "model":
            yield self._model(event)
        elif kind == "tool":
            yield self._tool(event)
            for inner in objects(event, "events"):
                yield from self.read_event(inner)

    def _wrapper(self, event: Record) -> RawSpan:
        is_agent = event.get("type") == "agent"
        span_id = native_id(event.get("id"))
        return native_span(
            self.trace_id,
            span_id,
            native_id(event.get("parent_id")) or self.trace_id,
            text(event, "name"),
            given(
                inspect__span__type=event.get("type"),
                gen_ai__operation__name="invoke_agent" if is_agent else None,
                gen_ai__agent__name=text(event, "name") if is_agent else None,
            ),
            start=event.get("timestamp"),
            end=self.ends.get(str(event.get("id"))),
            scope="inspect_ai",
        )

    def _model(self, event: Record) -> RawSpan:
        output = mapping(event, "output")
        usage = mapping(output, "usage")
        counts = [count for name in _INPUT if (count := as_int(usage.get(name))) is not None]
        choice = next(objects(output, "choices"), {})
        return self._event(
            event,
            f"chat {text(event, 'model') or ''}".strip(),
            given(
                gen_ai__operation__name="chat",
                gen_ai__request__model=text(event, "model"),
                gen_ai__response__model=text(output, "model"),
                gen_ai__response__id=text(output, "response_id"),
                gen_ai__response__finish_reasons=[choice["stop_reason"]]
                if choice.get("stop_reason")
                else None,
                gen_ai__usage__input_tokens=sum(counts) if counts else None,
                gen_ai__usage__output_tokens=usage.get("output_tokens"),
                gen_ai__input__messages=self.resolved(self._asked(event)),
                gen_ai__output__messages=[self.resolved(choice["message"])] if "message" in choice else None,
                gen_ai__tool__definitions=listing(event, "tools"),
            ),
            text(event, "error") or text(output, "error"),
        )

    def _asked(self, event: Record) -> Any:
        """The messages sent: archives keep them once a sample, and a call names ranges of them."""
        ranges = (
            self.pool[max(pair[0], 0) : max(pair[1], 0)]
            for pair in listing(event, "input_refs")
            if isinstance(pair, list) and len(pair) == 2 and all(isinstance(at, int) for at in pair)
        )
        asked = list(islice(chain.from_iterable(ranges), 2 * len(self.pool)))
        return asked or event.get("input")

    def _tool(self, event: Record) -> RawSpan:
        error = mapping(event, "error")
        message = text(error, "message")
        result = self.resolved(event.get("result"))
        name = text(event, "function")
        return self._event(
            event,
            f"execute_tool {name}",
            given(
                gen_ai__operation__name="execute_tool",
                gen_ai__tool__name=name,
                gen_ai__tool__call__id=text(event, "id"),
                gen_ai__tool__call__arguments=self.resolved(event.get("arguments")),
                gen_ai__tool__call__result=result if result not in (None, "") else message,
                error__type=text(error, "type"),
            ),
            message or ("failed" if error or event.get("failed") is True else None),
        )

    def _event(self, event: Record, name: str, attributes: Record, error: str | None) -> RawSpan:
        return native_span(
            self.trace_id,
            native_id(event.get("uuid")) or native_id(event.get("id")),
            native_id(event.get("span_id")) or self.trace_id,
            name,
            attributes,
            start=event.get("timestamp"),
            end=None if event.get("pending") is True else event.get("completed"),
            error=error,
            scope="inspect_ai",
        )

    def resolved(self, value: Any, depth: int = 40) -> Any:
        """The value with attachments put back where they were taken from."""
        if not self.attachments or depth == 0:
            return value
        if isinstance(value, str):
            return self.attachments.get(value, value) if value.startswith(_ATTACHMENT) else value
        if isinstance(value, dict):
            return {key: self.resolved(item, depth - 1) for key, item in value.items()}
        if isinstance(value, list):
            return [self.resolved(item, depth - 1) for item in value]
        return value
