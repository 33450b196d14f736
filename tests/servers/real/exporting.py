"""The sample run sent by OpenTelemetry's own exporter, and written to a file from the same spans."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import set_span_in_context

from tests.intake import samples

__all__ = ["AGENT", "recorded", "send", "write"]

AGENT: Final = "desk"
_NAMES: Final = ("invoke_agent desk", "chat m", "execute_tool lookup", "chat m")
_START: Final = 1_795_140_840_250_000_000
_LINES: Final = [
    {"llm.token_count.prompt": 7, "llm.token_count.completion": 2},
    {"llm.token_count.prompt": 10, "llm.token_count.completion": 3},
]


def recorded(session: str, runs: int = 2, *, openinference: bool = False) -> list[ReadableSpan]:
    """The spans of a session, a trace for each run."""
    memory = InMemorySpanExporter()
    provider = TracerProvider(resource=Resource.create({"service.name": f"{AGENT}-service"}))
    provider.add_span_processor(SimpleSpanProcessor(memory))
    tracer = provider.get_tracer("tests")
    for run in range(runs):
        start = _START + run * 60 * 10**9
        said = _openinference(session) if openinference else _genai(session)
        root = tracer.start_span(_NAMES[0], start_time=start, attributes=said[0])
        for number, (name, attributes) in enumerate(zip(_NAMES[1:], said[1:], strict=True), 1):
            began = start + number * 10**9
            span = tracer.start_span(name, set_span_in_context(root), start_time=began, attributes=attributes)
            span.end(began + 9 * 10**8)
        root.end(start + 5 * 10**9)
    provider.shutdown()
    return list(memory.get_finished_spans())


def send(spans: list[ReadableSpan], url: str, headers: Mapping[str, str] | None = None) -> None:
    """Send them over OTLP/HTTP."""
    exporter = OTLPSpanExporter(f"{url}/v1/traces", headers=dict(headers or {}))
    assert exporter.export(spans) is SpanExportResult.SUCCESS
    exporter.shutdown()  # type: ignore[no-untyped-call]


def write(spans: list[ReadableSpan], path: Path) -> Path:
    """The same as the body an exporter sends."""
    path.write_bytes(encode_spans(spans).SerializeToString())
    return path


def _genai(session: str) -> list[dict[str, Any]]:
    return [{**said, "gen_ai.conversation.id": session} for said in samples.GENAI]


def _openinference(session: str) -> list[dict[str, Any]]:
    kinds = ("AGENT", "LLM", "TOOL", "LLM")
    asked = {
        "llm.input_messages.0.message.role": "user",
        "llm.input_messages.0.message.content": samples.TASK,
    }
    call = "llm.output_messages.0.message.tool_calls.0.tool_call"
    bodies: list[dict[str, Any]] = [
        {"agent.name": AGENT, "input.value": samples.TASK},
        {
            **asked,
            **_LINES[0],
            "llm.output_messages.0.message.role": "assistant",
            f"{call}.id": samples.CALL,
            f"{call}.function.name": "lookup",
            f"{call}.function.arguments": json.dumps(samples.ARGUMENTS),
        },
        {
            "tool.name": "lookup",
            "input.value": json.dumps(samples.ARGUMENTS),
            "output.value": json.dumps(samples.RESULT),
        },
        {
            **asked,
            **_LINES[1],
            "llm.output_messages.0.message.role": "assistant",
            "llm.output_messages.0.message.content": "On its way.",
        },
    ]
    return [
        {**body, "openinference.span.kind": kind, "session.id": session}
        for kind, body in zip(kinds, bodies, strict=True)
    ]
