"""Spans, sessions and wire documents for tests: every field has a default, a test states what it is about."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from runbook_tui.trace import Message, Part, SessionTrace, Span, ToolCall, build_session

TRACE = "a" * 32
SAMPLES = Path(__file__).resolve().parents[1] / "sample_sessions"
CAPTURES = Path(__file__).resolve().parents[2] / "shared" / "captures"
"""Sessions recorded from real libraries; they lie beside the repository, where there are any."""


def span_id(number: int) -> str:
    """The id of the span of that number."""
    return f"{number:016x}"


def make_span(number: int, *, parent: int | None = None, **fields: Any) -> Span:
    """Span `number`: it starts at `number` seconds and lasts half of one."""
    given: dict[str, Any] = {
        "trace_id": TRACE,
        "name": f"span {number}",
        "parent_id": None if parent is None else span_id(parent),
        "start_ns": number * 1_000_000_000,
        "end_ns": number * 1_000_000_000 + 500_000_000,
    }
    return Span(span_id=span_id(number), **{**given, **fields})


def make_tool(
    number: int,
    name: str,
    arguments: Any = None,
    result: Any = None,
    *,
    call_id: str | None = None,
    tool_status: str | None = None,
    **fields: Any,
) -> Span:
    """A tool call; arguments and result may be values or the text as recorded."""
    call = ToolCall(name, call_id, _text(arguments), _text(result), tool_status)
    return make_span(number, **{"kind": "tool", "name": f"execute_tool {name}", "tool": call, **fields})


def make_llm(
    number: int,
    says: str = "",
    *,
    task: str | None = None,
    system: str | None = None,
    calls: Sequence[tuple[str, str, Any]] = (),
    **fields: Any,
) -> Span:
    """A model call: what it was shown, what it says, the calls (id, tool, arguments) it asks for."""
    shown = [] if system is None else [Message("system", (Part("text", system),))]
    shown += [] if task is None else [Message("user", (Part("text", task),))]
    said = [Part("text", says)] if says else []
    said += [Part("tool_call", _text(arguments) or "", name, call_id) for call_id, name, arguments in calls]
    given: dict[str, Any] = {
        "kind": "llm",
        "name": "chat",
        "model": "gpt-4.1-mini-2025-04-14",
        "input_messages": tuple(shown),
        "output_messages": (Message("assistant", tuple(said)),) if said else (),
        "finish_reason": "tool_calls" if calls else "stop",
    }
    return make_span(number, **{**given, **fields})


def make_turn(number: int, text: str, **fields: Any) -> Span:
    """What a user says in a dialogue."""
    given: dict[str, Any] = {"kind": "user", "input_messages": (Message("user", (Part("text", text),)),)}
    return make_span(number, **{**given, **fields})


def make_session(*spans: Span, session_id: str = "session-1") -> SessionTrace:
    """A session of these spans."""
    return build_session(session_id, "test", spans)


def wire_span(number: int, said: dict[str, Any] | None = None, /, **fields: Any) -> dict[str, Any]:
    """An OTLP/JSON span."""
    given = {
        "traceId": TRACE,
        "spanId": span_id(number),
        "name": f"span {number}",
        "startTimeUnixNano": str(number * 1_000_000_000),
        "endTimeUnixNano": str(number * 1_000_000_000 + 500_000_000),
        "attributes": [wire_attribute(key, value) for key, value in (said or {}).items()],
    }
    return {**given, **fields}


def wire_attribute(key: str, value: Any) -> dict[str, Any]:
    """An OTLP/JSON attribute."""
    return {"key": key, "value": wire_value(value)}


def wire_value(value: Any) -> dict[str, Any]:
    """An OTLP/JSON AnyValue."""
    match value:
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
        case list():
            return {"arrayValue": {"values": [wire_value(item) for item in value]}}
        case dict():
            return {"kvlistValue": {"values": [wire_attribute(key, item) for key, item in value.items()]}}
        case None:
            return {}
        case _:
            return {"stringValue": value}


def request(*spans: dict[str, Any], scope: str = "tests") -> dict[str, Any]:
    """An OTLP/JSON export request."""
    return {
        "resourceSpans": [
            {"resource": {}, "scopeSpans": [{"scope": {"name": scope}, "spans": list(spans)}]},
        ]
    }


def write_lines(path: Path, *requests: Any) -> Path:
    """A file of one request a line."""
    path.write_text("".join(json.dumps(item) + "\n" for item in requests), encoding="utf-8")
    return path


def captured(encodings: Iterable[str] = ("otlp.jsonl",)) -> list[Path]:
    """The recorded captures, in a fixed order; none where the folder is absent."""
    return sorted(path for name in encodings for path in CAPTURES.glob(f"*/*/{name}"))


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)
