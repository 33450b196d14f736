"""A span as it is stored: its JSON, and beside it what the row in the browser tells."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

import msgspec

from runbook_tui.trace.span import Span

__all__ = ["PackedSpan", "SpanSummary", "pack", "unpack", "with_agent"]

_ENCODE: Final = msgspec.json.Encoder().encode
_DECODE: Final = msgspec.json.Decoder(Span).decode
_BEFORE_AGENT: Final = re.compile(
    rb'\{(?:,?"(?:trace_id|span_id|parent_id|name|kind)":"(?:[^"\\]+|\\.)*+")*+', re.DOTALL
)
"""The JSON of a span up to its agent; fields are written in the order in which `Span` declares them."""
_HAD_NO_AGENT: Final = b',"as_read":{"agent":null}}'
"""The end of the JSON of such a span: `as_read` is its last field."""
_AGENT: Final = 4
"""Where the agent stands in a row."""
_NAME: Final = 400
"""Characters of a name that a row holds."""


class SpanSummary(NamedTuple):
    """What is listed, drawn and counted of a span without its content."""

    span_id: str
    kind: str
    name: str
    label: str
    agent: str | None
    tool: str | None
    start_ns: int | None
    end_ns: int | None
    status: str
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None


class PackedSpan(NamedTuple):
    """A span, ready to be stored."""

    row: SpanSummary
    body: bytes
    """The whole of it as JSON."""


def pack(span: Span) -> PackedSpan:
    """A span as it is stored."""
    tool = span.tool
    row = SpanSummary(
        span.span_id,
        span.kind,
        span.name[:_NAME],
        span.label,
        span.agent,
        None if tool is None else tool.name,
        span.start_ns,
        span.end_ns,
        span.status,
        span.input_tokens,
        span.output_tokens,
        span.cost_usd,
    )
    return PackedSpan(row, _ENCODE(span))


def unpack(body: bytes) -> Span:
    """The span in a `PackedSpan`'s body."""
    return _DECODE(body)


def with_agent(packed: PackedSpan, agent: str) -> PackedSpan:
    """A span as it was read, without an agent, changed to have one; what is packed is not taken apart for it."""
    row, body = packed
    found = _BEFORE_AGENT.match(body)
    at = found.end() if found else 0
    body = b'%b,"agent":%b%b%b' % (body[:at], _ENCODE(agent), body[at:-1], _HAD_NO_AGENT)
    return PackedSpan(SpanSummary._make((*row[:_AGENT], agent, *row[_AGENT + 1 :])), body)
