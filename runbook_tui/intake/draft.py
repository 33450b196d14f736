"""A span while the dialects fill it in: the first one to know a field wins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from runbook_tui.intake.pairing import paired
from runbook_tui.intake.raw import RawSpan
from runbook_tui.intake.shown import are_names_shown, are_values_shown, shown, shown_attributes, shown_tree
from runbook_tui.trace import NOT_RECORDED, Message, Signals, Span, SpanEvent, ToolCall, is_visible
from runbook_tui.trace.jsontext import as_text, decode
from runbook_tui.trace.words import Kind

__all__ = ["Draft", "as_asked", "as_float", "as_int", "as_json"]


_NUMERIC: Final = (int, float, str)
_REPR: Final = ("{'", "[{'", "['")
_BROKEN: Final = "INVALID_JSON"
_NOBODY: Final = ("null", "None", "undefined")
"""What recorders write for a session that has no id: it would make one session of all runs."""


class Draft(msgspec.Struct):
    """What is known of a span so far."""

    kind: Kind | None = None
    agent: str | None = None
    session_id: str | None = None
    recorded_step: int | None = None
    step_summary: str | None = None
    model: str | None = None
    provider: str | None = None
    response_id: str | None = None
    finish_reason: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None
    tool_name: str | None = None
    call_id: str | None = None
    arguments: str | None = None
    result: str | None = None
    tool_status: str | None = None
    output_fields: tuple[str, ...] | None = None
    unexpected_fields: tuple[str, ...] | None = None
    latency_ms: float | None = None
    input_messages: tuple[Message, ...] = ()
    output_messages: tuple[Message, ...] = ()
    tool_definitions: tuple[Any, ...] = ()
    anomalies: tuple[str, ...] = ()
    anomaly_recorded: bool = False
    signals: Signals | None = None
    dialects: list[str] = []

    def offer(self, **fields: Any) -> None:
        """Fill the fields that nobody has filled yet; None and empty offers are ignored."""
        for name, value in fields.items():
            if value is not None and value != ():
                known = getattr(self, name)
                if known is None or known == ():
                    setattr(self, name, value)

    def finish(self, raw: RawSpan) -> Span:
        """The span, all of its text made safe to show.

        What a dialect offers are attributes as they are, or what `decode` made visible: where all attributes
        are safe, so is all else, and nothing is looked at twice.
        """
        if NOT_RECORDED in raw.attributes:  # a span that came is recorded, whatever it says of itself
            raw.attributes[f"{NOT_RECORDED} as sent"] = raw.attributes.pop(NOT_RECORDED)
        is_safe = _is_safe(raw)
        text = _text if is_safe else _safe
        if self.kind == "llm":
            self.input_messages, self.output_messages = paired(self.input_messages, self.output_messages)
        return Span(
            trace_id=raw.trace_id,
            span_id=raw.span_id,
            parent_id=raw.parent_id,
            name=raw.name if is_safe else shown(raw.name),
            kind=self.kind or "other",
            agent=text(self.agent),
            session_id=None if self.session_id in _NOBODY else text(self.session_id),
            recorded_step=self.recorded_step,
            step_summary=text(self.step_summary),
            start_ns=raw.start_ns,
            end_ns=raw.end_ns,
            status="ok" if raw.status == "ok" else "error" if raw.status == "error" else "unset",
            status_message=_safe(raw.status_message),
            model=text(self.model),
            provider=text(self.provider),
            response_id=text(self.response_id),
            finish_reason=text(self.finish_reason),
            input_tokens=self.input_tokens,
            output_tokens=self.output_tokens,
            cost_usd=self.cost_usd,
            tool=self._tool(raw, text),
            input_messages=self.input_messages if is_safe else _safe_messages(self.input_messages),
            output_messages=self.output_messages if is_safe else _safe_messages(self.output_messages),
            tool_definitions=tuple(shown_tree(list(self.tool_definitions))) if self.tool_definitions else (),
            anomalies=tuple(map(shown, self.anomalies)) if self.anomalies else (),
            anomaly_recorded=self.anomaly_recorded,
            signals=self.signals,
            attributes=raw.attributes if is_safe else shown_attributes(raw.attributes),
            events=tuple(
                [
                    SpanEvent(shown(event.name), event.time_ns, shown_tree(event.attributes))
                    for event in raw.events
                ]
            )
            if raw.events
            else (),
            scope=_safe(raw.scope),
            links=tuple(map(shown, raw.links)) if raw.links else (),
            parent_is_remote=raw.parent_is_remote,
        )

    def _tool(self, raw: RawSpan, text: Callable[[Any], str | None]) -> ToolCall | None:
        if self.kind not in ("tool", "retrieval", "memory", "handoff"):
            return None
        return ToolCall(
            name=shown(self.tool_name or raw.name),
            call_id=text(self.call_id),
            arguments=as_json(text(self.arguments)),
            result=as_json(text(self.result)),
            status=text(self.tool_status),
            output_fields=_safe_names(self.output_fields),
            unexpected_fields=_safe_names(self.unexpected_fields),
            latency_ms=self.latency_ms,
        )


def as_int(value: Any) -> int | None:
    """An integer from what a trace carries as one; None for anything else, negative counts included."""
    if value is None or isinstance(value, bool) or not isinstance(value, _NUMERIC):
        return None
    try:
        number = int(value)
    except (ValueError, OverflowError):
        return None
    return number if 0 <= number < 2**53 else None


def as_float(value: Any) -> float | None:
    """A finite float from what a trace carries as one."""
    if value is None or isinstance(value, bool) or not isinstance(value, _NUMERIC):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if abs(number) < 1e15 else None


def as_json(text: str | None) -> str | None:
    """The JSON of a recorded Python value (`{'ok': True}`), so that one run reads the same in every form."""
    if text is None or not text.startswith(_REPR):
        return text
    value = decode(text)
    return as_text(value) if isinstance(value, dict | list) else text


def as_asked(arguments: str | None) -> str | None:
    """The arguments of a call; those that were no JSON are recorded by pydantic-ai under `INVALID_JSON`."""
    if arguments is None or _BROKEN not in arguments[:40]:
        return arguments
    value = decode(arguments)
    return as_text(value[_BROKEN]) if isinstance(value, dict) and _BROKEN in value else arguments


def _is_safe(raw: RawSpan) -> bool:
    """Whether name and attributes of a span, and it has no events, are safe to show as they are."""
    attributes = raw.attributes
    return (
        not raw.events
        and are_names_shown(tuple(attributes))
        and are_values_shown(attributes)
        and is_visible(raw.name)
    )


def _text(value: Any) -> str | None:
    return value if value is None or type(value) is str else as_text(value) or ""


def _safe(value: Any) -> str | None:
    if value is None:
        return None
    return shown(value if type(value) is str else as_text(value) or "")


def _safe_names(names: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(shown(name) for name in names)


def _safe_messages(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    return tuple([_safe_message(message) for message in messages])


def _safe_message(message: Message) -> Message:
    """The message itself where nothing in it is unsafe, as in most."""
    for part in message.parts:
        if not is_visible(part.text) or not is_visible(f"{part.name}{part.call_id}"):
            break
    else:
        return message
    return Message(
        message.role,
        tuple(
            msgspec.structs.replace(
                part, text=shown(part.text), name=_safe(part.name), call_id=_safe(part.call_id)
            )
            for part in message.parts
        ),
    )
