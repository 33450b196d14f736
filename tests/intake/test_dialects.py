"""Each convention says the same things in its own words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from runbook_tui.intake import read_capture
from runbook_tui.trace import Part, SessionTrace, Signals, Span
from tests.factories import request, span_id, wire_attribute, wire_span, write_lines


def _session(tmp_path: Path, *spans: dict[str, Any]) -> SessionTrace:
    (session,) = read_capture(write_lines(tmp_path / "one.jsonl", request(*spans))).sessions
    return session


def _span(tmp_path: Path, attributes: dict[str, Any], **fields: Any) -> Span:
    return _session(tmp_path, wire_span(1, attributes, **fields)).spans[0]


def test_the_runbooks_own_attributes(tmp_path: Path) -> None:
    span = _span(
        tmp_path,
        {
            "session.id": "loan-7",
            "agent.step": 3,
            "agent.step_summary": "looked up the income",
            "agent.anomaly": "TOOL_SCHEMA_DRIFT, null",
            "tool.name": "income_verification",
            "tool.input": '{"applicant": "A-1"}',
            "tool.output": '{"gross_income": 1}',
            "tool.status": "schema_drift",
            "tool.output_fields": ["gross_income"],
            "tool.unexpected_fields": "gross_income",
            "tool.latency_ms": "12.5",
            "agent.behavioral.grounded": 0.4,
            "app.agent.behavioral.fallback": "TRUE",
            "agent.behavioral.confidence": 7,
            "agent.behavioral.downstream_ok": False,
        },
    )
    assert (span.kind, span.session_id, span.recorded_step) == ("tool", "loan-7", 3)
    assert span.step_summary == "looked up the income"
    assert (span.anomalies, span.anomaly_recorded) == (("TOOL_SCHEMA_DRIFT",), True)
    assert span.signals == Signals(grounded=0.4, fallback=True, confidence=None, downstream_ok=False)
    assert span.tool is not None
    assert (span.tool.name, span.tool.arguments) == ("income_verification", '{"applicant": "A-1"}')
    assert (span.tool.status, span.tool.latency_ms) == ("schema_drift", 12.5)
    assert span.tool.output_fields == span.tool.unexpected_fields == ("gross_income",)


def test_an_anomaly_recorded_as_null_is_recorded_all_the_same(tmp_path: Path) -> None:
    span = _span(tmp_path, {"agent.step": 1, "agent.anomaly": None})
    assert (span.anomalies, span.anomaly_recorded) == ((), True)


def test_current_genai_attributes(tmp_path: Path) -> None:
    said = [
        {
            "role": "assistant",
            "parts": [
                {"type": "text", "content": "Looking it up."},
                {"type": "tool_call", "id": "c1", "name": "lookup", "arguments": {"id": 4}},
            ],
        }
    ]
    span = _span(
        tmp_path,
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": "m",
            "gen_ai.response.model": "m-2026-01-01",
            "gen_ai.provider.name": "acme",
            "gen_ai.conversation.id": "conv",
            "gen_ai.usage.input_tokens": "120",
            "gen_ai.usage.output_tokens": 9,
            "gen_ai.response.finish_reasons": ["tool_calls"],
            "gen_ai.response.id": "resp-1",
            "gen_ai.system_instructions": '[{"type": "text", "content": "Be brief."}]',
            "gen_ai.input.messages": '[{"role": "user", "parts": [{"type": "text", "content": "Where is it?"}]}]',
            "gen_ai.output.messages": json.dumps(said),
            "gen_ai.tool.definitions": '[{"type": "function", "name": "lookup"}, "not one"]',
        },
    )
    assert (span.kind, span.model, span.provider) == ("llm", "m-2026-01-01", "acme")
    assert (span.input_tokens, span.output_tokens, span.tokens_estimated) == (120, 9, False)
    assert (span.finish_reason, span.response_id, span.session_id) == ("tool_calls", "resp-1", "conv")
    assert [(message.role, message.text) for message in span.input_messages] == [
        ("system", "Be brief."),
        ("user", "Where is it?"),
    ]
    assert span.output_text == "Looking it up."
    assert span.requested_calls == (Part("tool_call", '{"id":4}', "lookup", "c1"),)
    assert span.tool_definitions == ({"type": "function", "name": "lookup"},)


def test_content_on_an_event_of_the_span(tmp_path: Path) -> None:
    event = {
        "name": "gen_ai.client.inference.operation.details",
        "attributes": [
            wire_attribute(
                "gen_ai.output.messages",
                '[{"role": "assistant", "parts": [{"type": "text", "content": "On the event."}]}]',
            )
        ],
    }
    assert _span(tmp_path, {"gen_ai.operation.name": "chat"}, events=[event]).output_text == "On the event."


def test_legacy_prompt_and_completion_attributes(tmp_path: Path) -> None:
    span = _span(
        tmp_path,
        {
            "gen_ai.request.model": "m",
            "gen_ai.usage.prompt_tokens": 5,
            "gen_ai.usage.completion_tokens": 6,
            "gen_ai.prompt.0.role": "system",
            "gen_ai.prompt.0.content": "Be brief.",
            "gen_ai.prompt.1.role": "user",
            "gen_ai.prompt.1.content": "Go.",
            "gen_ai.completion.0.role": "assistant",
            "gen_ai.completion.0.tool_calls.0.id": "c9",
            "gen_ai.completion.0.tool_calls.0.name": "go",
            "gen_ai.completion.0.tool_calls.0.arguments": '{"far": true}',
        },
    )
    assert (span.kind, span.input_tokens, span.output_tokens) == ("llm", 5, 6)
    assert [(message.role, message.text) for message in span.input_messages] == [
        ("system", "Be brief."),
        ("user", "Go."),
    ]
    assert span.requested_calls == (Part("tool_call", '{"far": true}', "go", "c9"),)


def test_legacy_message_events(tmp_path: Path) -> None:
    events = [
        {"name": "gen_ai.user.message", "attributes": [wire_attribute("content", "Go.")]},
        {
            "name": "gen_ai.tool.message",
            "attributes": [wire_attribute("content", "done"), wire_attribute("id", "c1")],
        },
        {
            "name": "gen_ai.choice",
            "attributes": [wire_attribute("message", '{"role": "assistant", "content": "It is done."}')],
        },
    ]
    span = _span(tmp_path, {"gen_ai.operation.name": "chat", "gen_ai.system": "acme"}, events=events)
    assert [(message.role, message.parts) for message in span.input_messages] == [
        ("user", (Part("text", "Go."),)),
        ("tool", (Part("tool_result", "done", None, "c1"),)),
    ]
    assert (span.output_text, span.provider) == ("It is done.", "acme")


def test_openinference_attributes(tmp_path: Path) -> None:
    span = _span(
        tmp_path,
        {
            "openinference.span.kind": "LLM",
            "llm.model_name": "m",
            "llm.token_count.prompt": 11,
            "llm.token_count.completion": 3,
            "metadata": '{"thread_id": "t-1"}',
            "llm.input_messages.0.message.role": "user",
            "llm.input_messages.0.message.contents.0.message_content.type": "text",
            "llm.input_messages.0.message.contents.0.message_content.text": "Go.",
            "llm.output_messages.0.message.role": "assistant",
            "llm.output_messages.0.message.tool_calls.0.tool_call.id": "c1",
            "llm.output_messages.0.message.tool_calls.0.tool_call.function.name": "go",
            "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments": "{}",
        },
    )
    assert (span.kind, span.model, span.input_tokens, span.session_id) == ("llm", "m", 11, "t-1")
    assert span.input_messages[0].text == "Go."
    assert span.requested_calls == (Part("tool_call", "{}", "go", "c1"),)


def test_openinference_retrieval(tmp_path: Path) -> None:
    span = _span(
        tmp_path,
        {
            "openinference.span.kind": "RETRIEVER",
            "input.value": "refund policy",
            "retrieval.documents.0.document.content": "Thirty days.",
            "retrieval.documents.0.document.metadata": '{"page": 4}',
        },
    )
    assert span.kind == "retrieval"
    assert span.tool is not None
    assert json.loads(span.tool.result or "") == [{"content": "Thirty days.", "metadata": {"page": 4}}]


def test_openllmetry_tool_in_its_envelope(tmp_path: Path) -> None:
    span = _span(
        tmp_path,
        {
            "traceloop.span.kind": "tool",
            "traceloop.entity.name": "lookup",
            "traceloop.association.properties.thread_id": "t-2",
            "traceloop.entity.input": '{"inputs": {"id": 4}, "tags": []}',
            "traceloop.entity.output": '{"output": {"content": "found", "tool_call_id": "c7"}}',
        },
    )
    assert span.tool is not None
    assert (span.tool.name, span.tool.arguments, span.tool.result, span.tool.call_id) == (
        "lookup",
        '{"id":4}',
        "found",
        "c7",
    )
    assert span.session_id == "t-2"


def test_a_tool_takes_arguments_and_result_from_the_messages_around_it(tmp_path: Path) -> None:
    asked = '[{"role": "assistant", "parts": [{"type": "tool_call", "id": "c1", "name": "f", "arguments": {"a": 1}}]}]'
    answer = '[{"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "result": "seven"}]}]'
    session = _session(
        tmp_path,
        wire_span(1, {"gen_ai.operation.name": "chat", "gen_ai.output.messages": asked}),
        wire_span(2, {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "f"}),
        wire_span(3, {"gen_ai.operation.name": "chat", "gen_ai.input.messages": answer}),
    )
    tool = session.spans[1].tool
    assert tool is not None
    assert (tool.call_id, tool.arguments, tool.result) == ("c1", '{"a":1}', "seven")


def test_an_agent_is_inherited_from_the_span_above(tmp_path: Path) -> None:
    session = _session(
        tmp_path,
        wire_span(1, {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "desk"}),
        wire_span(2, parentSpanId=span_id(1)),
        wire_span(3, {"gen_ai.operation.name": "chat"}, parentSpanId=span_id(2)),
    )
    assert [span.agent for span in session.spans] == ["desk", "desk", "desk"]


def test_a_call_without_counts_is_estimated_and_says_so(tmp_path: Path) -> None:
    span = _span(
        tmp_path,
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.output.messages": '[{"role": "assistant", "parts": [{"type": "text", "content": "four char words"}]}]',
        },
    )
    assert (span.input_tokens, span.output_tokens, span.tokens_estimated) == (None, 3, True)


def test_nobody_knows_what_a_call_used_that_failed(tmp_path: Path) -> None:
    said = '[{"role": "assistant", "parts": [{"type": "text", "content": "four char words"}]}]'
    named = {"gen_ai.operation.name": "chat", "gen_ai.output.messages": said}
    span = _span(tmp_path, named, status={"code": 2})
    assert (span.input_tokens, span.output_tokens, span.tokens_estimated) == (None, None, False)


def test_sessions_are_told_apart_and_a_delegate_stays_with_its_caller(tmp_path: Path) -> None:
    other = {"traceId": "b" * 32, "spanId": span_id(1)}
    path = write_lines(
        tmp_path / "two.jsonl",
        request(
            wire_span(1, {"session.id": "outer"}),
            wire_span(2, {"session.id": "inner"}, parentSpanId=span_id(1)),
            wire_span(3, parentSpanId=span_id(2)),
            wire_span(4, **other),
        ),
    )
    found = {session.id: len(session.spans) for session in read_capture(path).sessions}
    assert found == {"outer": 3, "b" * 32: 1}


def test_nonsense_in_known_attributes_is_unknown_not_fatal(tmp_path: Path) -> None:
    span = _span(
        tmp_path,
        {
            "gen_ai.operation.name": ["chat"],
            "gen_ai.usage.input_tokens": "many",
            "gen_ai.usage.output_tokens": -4,
            "gen_ai.output.messages": {"role": 7, "parts": 9},
            "gen_ai.response.finish_reasons": [],
            "agent.step": True,
            "session.id": 12,
            "gen_ai.tool.definitions": "{",
        },
    )
    assert (span.input_tokens, span.output_tokens, span.recorded_step) == (None, None, None)
    assert (span.session_id, span.finish_reason) == ("12", None)
