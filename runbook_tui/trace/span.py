"""A span: one unit of an agent's work, normalised from whichever convention recorded it."""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from runbook_tui.trace.words import Kind, SignalName

__all__ = [
    "NOT_RECORDED",
    "TOLD",
    "Message",
    "Part",
    "Signals",
    "Span",
    "SpanEvent",
    "SpanStatus",
    "ToolCall",
]

NOT_RECORDED: Final = "runbook.not_recorded"
"""The attribute of a span that no file held; its value says where the call was seen."""

TOLD: Final = ".call"
"""What is put between the id of a model call and the number of a call it asked for, to name one that has no span."""

_LABEL: Final = 160
"""Characters of a label; more never fits a line."""

SpanStatus = Literal["ok", "error", "unset"]
Role = Literal["system", "user", "assistant", "tool"]


class Part(msgspec.Struct, frozen=True, omit_defaults=True):
    """One piece of a message: text, a tool call asked for, or a tool result handed back."""

    type: Literal["text", "tool_call", "tool_result", "other"]
    text: str = ""
    """The text; for a tool call its arguments, for a tool result the result."""
    name: str | None = None
    """The tool's name."""
    call_id: str | None = None
    failed: bool = False
    """Whether a tool result was handed back as an error."""


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message of a conversation with a model."""

    role: Role
    parts: tuple[Part, ...] = ()

    @property
    def text(self) -> str:
        """The message's own words, without tool calls and results."""
        return "\n".join(part.text for part in self.parts if part.type == "text" and part.text)

    @property
    def tool_calls(self) -> tuple[Part, ...]:
        """The tool calls the message asks for, in order."""
        return tuple(part for part in self.parts if part.type == "tool_call")


class ToolCall(msgspec.Struct, frozen=True, omit_defaults=True):
    """The tool side of a tool or retrieval span."""

    name: str
    call_id: str | None = None
    arguments: str | None = None
    """As recorded, JSON text where the library wrote JSON."""
    result: str | None = None
    status: str | None = None
    """`tool.status` where recorded: ok, error, empty or schema_drift."""
    output_fields: tuple[str, ...] | None = None
    unexpected_fields: tuple[str, ...] | None = None
    latency_ms: float | None = None


class SpanEvent(msgspec.Struct, frozen=True, omit_defaults=True):
    """An event on a span, such as an exception."""

    name: str
    time_ns: int | None = None
    attributes: dict[str, Any] = {}


class Signals(msgspec.Struct, frozen=True, omit_defaults=True):
    """Recorded `agent.behavioral.*` values; None where not recorded."""

    grounded: float | None = None
    fallback: bool | None = None
    confidence: float | None = None
    downstream_ok: bool | None = None

    def get(self, name: SignalName) -> float | bool | None:
        """The signal of that name."""
        value: float | bool | None = getattr(self, name)
        return value


class Span(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A span as the whole application sees it. All text in it is safe to show (see `visible`)."""

    trace_id: str
    span_id: str
    parent_id: str | None = None
    name: str = ""
    kind: Kind = "other"
    agent: str | None = None
    session_id: str | None = None
    recorded_step: int | None = None
    """`agent.step` where the trace records it, from 1."""
    step_summary: str | None = None
    start_ns: int | None = None
    """Nanoseconds since 1970-01-01 UTC."""
    end_ns: int | None = None
    status: SpanStatus = "unset"
    status_message: str | None = None
    model: str | None = None
    provider: str | None = None
    response_id: str | None = None
    finish_reason: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    tokens_estimated: bool = False
    cost_usd: float | None = None
    tool: ToolCall | None = None
    input_messages: tuple[Message, ...] = ()
    output_messages: tuple[Message, ...] = ()
    tool_definitions: tuple[Any, ...] = ()
    """Tool definitions offered to the model, as recorded JSON objects."""
    anomalies: tuple[str, ...] = ()
    """`agent.anomaly` as recorded; may hold words that are not ours."""
    anomaly_recorded: bool = False
    """Whether the anomaly field was present at all, even null."""
    signals: Signals | None = None
    attributes: dict[str, Any] = {}
    events: tuple[SpanEvent, ...] = ()
    scope: str | None = None
    links: tuple[str, ...] = ()
    parent_is_remote: bool = False
    """Whether its parent is a span of another process, which need not be part of the run."""
    as_read: dict[str, Any] = {}
    """The fields that the company of other spans changed, as this span alone told them (see `trace.told`)."""

    @property
    def key(self) -> tuple[str, str]:
        """What identifies the span in its session."""
        return (self.trace_id, self.span_id)

    @property
    def duration_ms(self) -> float | None:
        """Milliseconds from start to end, None when either is missing or they are reversed."""
        if self.start_ns is None or self.end_ns is None or self.end_ns < self.start_ns:
            return None
        return (self.end_ns - self.start_ns) / 1e6

    @property
    def output_text(self) -> str:
        """What the model said, without tool calls."""
        return "\n".join(message.text for message in self.output_messages if message.text)

    @property
    def label(self) -> str:
        """What to show of it on one line: the tool, what an LLM call asks for or says, else its name."""
        if self.tool is not None:
            return self.tool.name[:_LABEL]
        said = ""
        if self.kind == "llm":
            calls = ", ".join(dict.fromkeys([call.name or "a tool" for call in self.requested_calls]))
            if calls:
                return f"asks for {calls}"[:_LABEL]
            said = self.step_summary or self.output_text
        elif self.kind == "user":
            said = "\n".join(message.text for message in self.input_messages)
        if said.strip():
            return " ".join(said[: 4 * _LABEL].split())[:_LABEL]
        return self.name[:_LABEL]

    @property
    def requested_calls(self) -> tuple[Part, ...]:
        """The tool calls the model asked for in this span."""
        return tuple(part for message in self.output_messages for part in message.tool_calls)
