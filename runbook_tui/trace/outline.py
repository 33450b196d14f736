"""What the spans around it must know of a span: a few hundred bytes, so that those of any session fit in memory."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import lru_cache
from struct import Struct
from typing import Any, Final

import msgspec

from runbook_tui.trace.span import NOT_RECORDED, Message, Span
from runbook_tui.trace.words import Kind

__all__ = ["Mark", "Outline", "Outliner", "parents_of", "without_repeats"]

_TIMES: Final = Struct("<qq")
_START: Final = Struct("<q")
_END: Final = Struct("<8xq")
_CODE: Final = _TIMES.size
"""Where the id begins in what is packed."""
_ID_BYTES: Final = 8
_HEX: Final = b"x"
_TEXT: Final = b"t"
_LATEST: Final = 2**63 - 1
_UNKNOWN: Final = -(2**63)
_OPENING: Final = ("[", "{")
_CLOSING: Final = ("]", "}")
_WORDS: Final = 10_000
"""Words that are remembered; those that return do so soon."""


class Mark:
    """Bits of `Outline.marks`; plain numbers, for they are asked for on every span."""

    ASKED: Final = 1
    """It has input messages."""
    ANSWERED: Final = 2
    """It has output messages."""
    COUNTED: Final = 4
    """Its input tokens are known."""
    IDENTIFIED: Final = 8
    """It has a response id or a reason why it ended."""
    TOOL_NAMED: Final = 16
    """The attribute `tool.name` is on it."""
    BARE_CALL: Final = 32
    """The arguments of its tool are missing, or no object and no list."""
    NO_RESULT: Final = 64
    """Its tool has no result."""
    BLANK_RESULT: Final = 128
    """One of the results it was sent has no text."""
    CUT: Final = 256
    """A JSON text of it breaks off."""
    UNRECORDED: Final = 512
    """No file held it."""
    FAILED: Final = 1024
    """Its status is an error."""
    CALLED_IN: Final = 2048
    """Its parent is a span of another process."""


class Outline(msgspec.Struct, gc=False, array_like=True):
    """A span without what only its reader needs."""

    trace_id: str
    parent_id: str | None
    session_id: str | None
    name: str
    kind: Kind
    agent: str | None
    packed: bytes
    """Start, end and id: as three objects they would take half of the room."""
    recorded_step: int | None
    response_id: str | None
    tool: str | None
    """The name of its tool; None where it is no call."""
    call_id: str | None
    asks: tuple[str | None, ...]
    """The ids of the calls the model asked for in it."""
    wants: tuple[str | None, ...]
    """The names of their tools."""
    hears: tuple[str, ...]
    """The ids of the calls whose results were sent with it."""
    attributes: int
    """How many it has."""
    marks: int

    @property
    def start_ns(self) -> int | None:
        """Nanoseconds since 1970-01-01 UTC."""
        (start,) = _START.unpack_from(self.packed)
        return None if start == _UNKNOWN else start

    @property
    def end_ns(self) -> int | None:
        """Nanoseconds since 1970-01-01 UTC."""
        (end,) = _END.unpack_from(self.packed)
        return None if end == _UNKNOWN else end

    @property
    def code(self) -> bytes:
        """The id of the span, as `coded` gives it."""
        return self.packed[_CODE:]

    @property
    def span_id(self) -> str:
        """The id of the span."""
        code = self.packed[_CODE:]
        return code[1:].hex() if code[:1] == _HEX else code[1:].decode("utf-8", "surrogatepass")

    @property
    def says(self) -> bool:
        """Whether it tells what a model said or used."""
        return self.marks & (Mark.ANSWERED | Mark.COUNTED) != 0

    def overlaps(self, other: Outline) -> bool:
        """Whether both were open at one time, as far as their times are known."""
        start, end, others_start, others_end = self.start_ns, self.end_ns, other.start_ns, other.end_ns
        if start is None or end is None or others_start is None or others_end is None:
            return False
        return start <= others_end and others_start <= end

    def is_less_than(self, other: Outline) -> bool:
        """Whether another record of the same span says more: it is finished, has more attributes, or ended later."""
        said = (self.end_ns is not None, self.attributes, self.end_ns or 0)
        return (other.end_ns is not None, other.attributes, other.end_ns or 0) > said


def coded(span_id: str) -> bytes:
    """An id as few bytes: eight and a sign where it is one of OpenTelemetry's."""
    if len(span_id) == 2 * _ID_BYTES:
        with suppress(ValueError):
            code = bytes.fromhex(span_id)
            if code.hex() == span_id:
                return _HEX + code
    return _TEXT + span_id.encode("utf-8", "surrogatepass")


_coded_parent: Final = lru_cache(maxsize=4096)(coded)
"""One parent has many children."""


def _packable(time: int | None) -> int:
    return _UNKNOWN if time is None else max(-_LATEST, min(time, _LATEST))


class Outliner:
    """Makes outlines; words that return on span after span are held once for all of them."""

    def __init__(self) -> None:
        self._words: dict[Any, Any] = {}

    def held(self, outline: Outline) -> Outline:
        """An outline from elsewhere, its words held with those of all others."""
        one = self._once()
        outline.trace_id = one(outline.trace_id, outline.trace_id)
        outline.parent_id = one(outline.parent_id, outline.parent_id)
        outline.session_id = one(outline.session_id, outline.session_id)
        outline.name = one(outline.name, outline.name)
        outline.kind = one(outline.kind, outline.kind)
        outline.agent = one(outline.agent, outline.agent)
        outline.tool = one(outline.tool, outline.tool)
        outline.call_id = one(outline.call_id, outline.call_id)
        outline.hears = tuple([one(call_id, call_id) for call_id in outline.hears])
        outline.asks = tuple([one(call_id, call_id) for call_id in outline.asks])
        outline.wants = one(outline.wants, outline.wants)
        return outline

    def _once(self) -> Callable[[Any, Any], Any]:
        """Gives the word that is held for all that are equal to it."""
        if len(self._words) > _WORDS:
            self._words.clear()
        return self._words.setdefault

    def of(self, span: Span) -> Outline:
        """The outline of a span."""
        one = self._once()
        tool = span.tool
        marks = _marks(span)
        hears: tuple[str, ...] = ()
        asks: tuple[str | None, ...] = ()
        wants: tuple[str | None, ...] = ()
        if span.input_messages:
            results = _results(span.input_messages)
            if results:
                hears = tuple([one(call_id, call_id) for call_id, _ in results])
                marks |= 0 if all(text for _, text in results) else Mark.BLANK_RESULT
        if span.output_messages:
            calls = [
                part for message in span.output_messages for part in message.parts if part.type == "tool_call"
            ]
            if calls:
                asks = tuple([one(call.call_id, call.call_id) for call in calls])
                wants = tuple([call.name for call in calls])
                wants = one(wants, wants)
        return Outline(
            trace_id=one(span.trace_id, span.trace_id),
            parent_id=one(span.parent_id, span.parent_id),
            session_id=one(span.session_id, span.session_id),
            name=one(span.name, span.name),
            kind=span.kind,
            agent=one(span.agent, span.agent),
            packed=_TIMES.pack(_packable(span.start_ns), _packable(span.end_ns)) + coded(span.span_id),
            recorded_step=span.recorded_step,
            response_id=span.response_id,
            tool=None if tool is None else one(tool.name, tool.name),
            call_id=None if tool is None else one(tool.call_id, tool.call_id),
            asks=asks,
            wants=wants,
            hears=hears,
            attributes=len(span.attributes),
            marks=marks,
        )


def _marks(span: Span) -> int:
    """The marks that one field each gives."""
    attributes, tool = span.attributes, span.tool
    marks = Mark.FAILED if span.status == "error" else 0
    if span.parent_is_remote:
        marks |= Mark.CALLED_IN
    if span.input_messages:
        marks |= Mark.ASKED
    if span.output_messages:
        marks |= Mark.ANSWERED
    if span.input_tokens is not None:
        marks |= Mark.COUNTED
    if span.response_id or span.finish_reason:
        marks |= Mark.IDENTIFIED
    if "tool.name" in attributes:
        marks |= Mark.TOOL_NAMED
    if NOT_RECORDED in attributes:
        marks |= Mark.UNRECORDED
    for value in attributes.values():
        if type(value) is str and value.startswith(_OPENING) and not value.rstrip().endswith(_CLOSING):
            marks |= Mark.CUT
    if tool is not None:
        if tool.arguments is None or not tool.arguments.lstrip().startswith(("{", "[")):
            marks |= Mark.BARE_CALL
        if tool.result is None:
            marks |= Mark.NO_RESULT
    return marks


def _results(messages: Iterable[Message]) -> list[tuple[str, str]]:
    """The results of calls among messages: call id and text."""
    return [
        (part.call_id, part.text)
        for message in messages
        for part in message.parts
        if part.type == "tool_result" and part.call_id
    ]


def without_repeats(outlines: Sequence[Outline]) -> tuple[Sequence[int], int]:
    """One of each span: the finished one, else the one that says more, at the place of the first of them.

    Returns:
        Indices of those to keep, and how many were repeated.
    """
    first: dict[str, dict[bytes, int]] = {}
    best: dict[int, int] = {}
    repeated = 0
    for index, outline in enumerate(outlines):
        known = first.setdefault(outline.trace_id, {}).setdefault(outline.code, index)
        if known != index:
            repeated += 1
            if outlines[best.get(known, known)].is_less_than(outline):
                best[known] = index
    if not repeated:
        return range(len(outlines)), 0
    kept = sorted(index for trace in first.values() for index in trace.values())
    return [best.get(index, index) for index in kept], repeated


def parents_of(outlines: Sequence[Outline]) -> array[int]:
    """The index of each span's parent; -1 where it has none, or none that is here."""
    place: dict[str, dict[bytes, int]] = {}
    for index, outline in enumerate(outlines):
        place.setdefault(outline.trace_id, {})[outline.code] = index
    return array(
        "i",
        (
            place[outline.trace_id].get(_coded_parent(outline.parent_id), -1) if outline.parent_id else -1
            for outline in outlines
        ),
    )
