"""One file while it is read: its documents become spans, and what cannot be read becomes a complaint."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any, Final

import msgspec

from runbook_tui.intake.dialects import read_span
from runbook_tui.intake.forms import Form, form_of
from runbook_tui.intake.otlp_json import decode_request, raw_spans, salvage_request
from runbook_tui.intake.otlp_logs import RawLog, raw_logs, with_events
from runbook_tui.intake.otlp_variants import as_request
from runbook_tui.intake.raw import RawEvent, RawSpan
from runbook_tui.intake.shown import shown_tree
from runbook_tui.intake.spill import SpanList
from runbook_tui.trace import Outline

__all__ = ["BadLine", "Piece", "Reading", "decoded_lines"]

_ODD: Final = (ValueError, TypeError, KeyError, AttributeError, IndexError, ArithmeticError, RecursionError)
"""What a record of an odd shape may raise in a reader; it costs that record and no other."""
_NOT_JSON: Final = (msgspec.DecodeError, ValueError, RecursionError)
"""What decoding raises; a bad byte is a ValueError."""
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0e-\x1f]")
"""What no text holds."""
_LOOKED_AT: Final = 4_096
_OTLP: Final = "otlp-json"
_NONE_NAMED: Final = 2


class BadLine(msgspec.Struct, frozen=True):
    """A line, or spans of a line, that could not be read."""

    line: int
    """From 1; 0 where it is no line but the end of the file that is missing."""
    reason: str

    def told(self, where: str) -> str:
        """Where it is and why, for a file of that name."""
        return f"{where}:{self.line}: {self.reason}" if self.line else f"{where}: {self.reason}"


class Piece(msgspec.Struct, array_like=True, gc=False):
    """Lines that held spans and nothing else, as another process read them."""

    outlines: list[Outline]
    records: list[bytes]
    """The spans, each as `SpanList` puts it aside."""
    recognised: int
    dialects: dict[str, int]
    has_bare_calls: bool


class Reading:
    """The spans and the complaints of one file while it is read.

    Args:
        in_memory: it is little that is read.
    """

    def __init__(self, *, in_memory: bool = False) -> None:
        self.spans = SpanList(in_memory=in_memory)
        self.bad: list[BadLine] = []
        self.recognised = 0
        """Documents that are of a known form, with spans or without."""
        self.dialects: Counter[str] = Counter()
        self.forms: Counter[str] = Counter()
        self.logs: dict[tuple[str, str], list[RawEvent]] = {}
        self.has_bare_calls = False
        """Whether a model call carries no message: what was said may lie in log records."""
        self._kept: dict[str, tuple[Form, list[dict[str, Any]]]] = {}

    def line(self, number: int, data: bytes) -> None:
        """Read one JSON document; OTLP, by far the most frequent, is decoded straight into its types."""
        self.spans.weigh(len(data))
        try:
            request = decode_request(data)
            if request.resource_spans is not None:
                before = len(self.spans)
                self._add(list(raw_spans(request)), _OTLP)
                self.recognised += 1
                if len(self.spans) > before:
                    if request.resource_logs is not msgspec.UNSET:
                        self.value(number, {"resourceLogs": msgspec.json.decode(request.resource_logs)})
                    return
            self.value(number, msgspec.json.decode(data))
        except (msgspec.DecodeError, ValueError, OverflowError, RecursionError) as error:
            self._otherwise(number, data, str(error))

    @staticmethod
    def piece_of(text: bytes) -> Piece | None:
        """Read lines for another process; None where it must read them itself, to complain or to put them together."""
        reading = Reading(in_memory=True)
        for number, data in enumerate(text.split(b"\n")):
            if data and not data.isspace():
                reading.line(number, data)
        spans = reading.spans
        if reading.bad or reading.logs or reading._kept or reading.forms.keys() - {_OTLP}:
            return None
        return Piece(
            spans.outlines, spans.records(), reading.recognised, reading.dialects, reading.has_bare_calls
        )

    def take(self, piece: Piece) -> None:
        """Go on as if the lines had been read here."""
        self.spans.take(piece.outlines, piece.records)
        self.recognised += piece.recognised
        self.forms[_OTLP] += len(piece.outlines)
        for name, spans in piece.dialects.items():
            self.dialects[name] += spans
        self.has_bare_calls = self.has_bare_calls or piece.has_bare_calls

    def _otherwise(self, number: int, data: bytes, reason: str) -> None:
        """Read what is no export request: JSON of another shape, or JSON with a bad byte, NaN or half a pair."""
        try:
            value = msgspec.json.decode(data)
        except _NOT_JSON as error:
            try:
                value = shown_tree(json.loads(data.decode("utf-8", "replace")))
            except (ValueError, RecursionError):
                binary = _CONTROL.search(data[:_LOOKED_AT]) is not None
                why = "binary, in no form that is known" if binary else f"not JSON ({error})"
                self.bad.append(BadLine(number, why))
                return
        self.value(number, value, reason)

    def value(self, number: int, value: Any, reason: str = "") -> None:
        """Read one decoded document, or a list of them; complain where nothing in it is known."""
        known = False
        lost = 0
        for item in value if isinstance(value, list) else [value]:
            try:
                found = self._record(item)
            except _ODD as error:
                found, lost = True, lost + 1
                reason = reason or f"{type(error).__name__}: {error}"[:200]
            else:
                known = known or found is not None
                lost += found or 0
                continue
            known = known or found
        if lost:
            self.bad.append(BadLine(number, f"{lost} spans left out: {reason or 'of an unknown shape'}"))
        elif not known and reason:
            self.bad.append(BadLine(number, f"no spans: {reason}"))

    def _record(self, item: Any) -> int | None:
        """How many spans of a document were left out; None where it is of no known form."""
        if isinstance(item, RawSpan):
            self._add([item], "otlp-protobuf")
            return 0
        if isinstance(item, RawLog):
            self.logs.setdefault(item.key, []).append(item.event)
            return 0
        if not isinstance(item, dict):
            return None
        if "resourceLogs" in item:
            for log in raw_logs(item):
                self.logs.setdefault(log.key, []).append(log.event)
            if "resourceSpans" not in item:
                self.recognised += 1
                return 0
        request = as_request(item)
        if request is not None:
            kept, lost = salvage_request(request)
            self.recognised += 1
            self._add(kept, _OTLP)
            return lost
        form = form_of(item)
        if form is None:
            return None
        self.recognised += 1
        if form.whole:
            self._kept.setdefault(form.name, (form, []))[1].append(item)
        else:
            self._read_form(form, [item])
        return 0

    def kept(self) -> Iterable[tuple[Form, list[dict[str, Any]]]]:
        """What waits for the end of the file, by its form."""
        return self._kept.values()

    def read_kept(self) -> None:
        """Read what had to wait for the end of the file."""
        for form, records in self._kept.values():
            try:
                self._read_form(form, records)
            except _ODD as error:
                self.bad.append(BadLine(0, f"records left out: {type(error).__name__}: {error}"[:200]))

    def join_logs(self) -> None:
        """Read again the spans that log records say more of."""
        if self.logs:
            for index, span in enumerate(self.spans.outlines):
                events = self.logs.get((span.trace_id, span.span_id))
                if events is not None:
                    self.spans[index] = with_events(self.spans[index], events)

    def _read_form(self, form: Form, records: list[dict[str, Any]]) -> None:
        self._add(form.read(records), form.name)

    def _add(self, raws: Iterable[RawSpan], form: str) -> None:
        before = len(self.spans)
        try:
            for raw in raws:
                span, dialects = read_span(raw)
                for name in dialects:
                    self.dialects[name] += 1
                self.spans.append(span)
                if span.kind == "llm" and not span.input_messages and not span.output_messages:
                    self.has_bare_calls = True
        finally:
            self.forms[form] += len(self.spans) - before

    @property
    def format(self) -> str:
        """The form most spans came in, and the conventions they speak."""
        form = next((name for name, _ in self.forms.most_common(1)), _OTLP)
        conventions = list(self._conventions(form))
        return form + (f" ({', '.join(conventions)})" if conventions else "")

    def _conventions(self, form: str) -> Iterator[str]:
        for name, _ in self.dialects.most_common(_NONE_NAMED):
            if not form.startswith(name):
                yield name


def decoded_lines(data: bytes) -> Iterator[Any]:
    """The JSON values of a text that is one document or one a line; lines that are none are left out."""
    try:
        yield msgspec.json.decode(data)
    except _NOT_JSON:
        for line in data.splitlines():
            with suppress(*_NOT_JSON):
                yield msgspec.json.decode(line)
