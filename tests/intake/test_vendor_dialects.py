"""Vendors' own attribute names: what a model was asked, what a tool was given and gave back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from runbook_tui.intake import read_capture
from runbook_tui.trace import SessionTrace
from tests.factories import request, span_id, wire_span, write_lines

ARGUMENTS = {"order_id": "A-1"}
RESULT = {"total": 12}


def _session(tmp_path: Path, *spans: dict[str, Any]) -> SessionTrace:
    (session,) = read_capture(write_lines(tmp_path / "one.jsonl", request(*spans))).sessions
    return session


def _text(value: Any) -> str:
    return json.dumps(value)


VERCEL = (
    wire_span(
        1, {"ai.operationId": "ai.generateText", "ai.telemetry.functionId": "desk", "ai.usage.inputTokens": 7}
    ),
    wire_span(
        2,
        {
            "ai.operationId": "ai.generateText.doGenerate",
            "ai.telemetry.metadata.sessionId": "s-1",
            "ai.prompt.messages": _text([{"role": "user", "content": [{"type": "text", "text": "Go."}]}]),
            "ai.response.toolCalls": _text(
                [{"toolCallId": "c1", "toolName": "lookup", "input": _text(ARGUMENTS)}]
            ),
            "ai.usage.inputTokens": 7,
            "ai.usage.outputTokens": 2,
        },
        parentSpanId=span_id(1),
    ),
    wire_span(
        3,
        {
            "ai.operationId": "ai.toolCall",
            "ai.toolCall.name": "lookup",
            "ai.toolCall.id": "c1",
            "ai.toolCall.args": _text(ARGUMENTS),
            "ai.toolCall.result": _text(RESULT),
        },
        parentSpanId=span_id(1),
    ),
)
LANGFUSE = (
    wire_span(1, {"langfuse.observation.type": "agent"}, name="desk"),
    wire_span(
        2,
        {
            "langfuse.observation.type": "generation",
            "session.id": "s-1",
            "langfuse.observation.input": _text({"messages": [{"role": "user", "content": "Go."}]}),
            "langfuse.observation.output": _text(
                {
                    "role": "assistant",
                    "tool_calls": [
                        {"id": "c1", "function": {"name": "lookup", "arguments": _text(ARGUMENTS)}}
                    ],
                }
            ),
            "langfuse.observation.usage_details": _text({"input": 7, "output": 2}),
        },
        parentSpanId=span_id(1),
    ),
    wire_span(
        3,
        {
            "langfuse.observation.type": "retriever",
            "langfuse.observation.input": _text({"args": [], "kwargs": ARGUMENTS}),
            "langfuse.observation.output": _text(RESULT),
        },
        name="lookup",
        parentSpanId=span_id(1),
    ),
)
LANGSMITH = (
    wire_span(
        1,
        {"langsmith.span.kind": "chain", "langsmith.metadata.lc_agent_name": "desk"},
        name="desk",
    ),
    wire_span(
        2,
        {
            "langsmith.span.kind": "llm",
            "langsmith.metadata.thread_id": "s-1",
            "gen_ai.prompt": _text(
                {
                    "messages": [
                        [{"lc": 1, "id": ["HumanMessage"], "kwargs": {"content": "Go.", "type": "human"}}]
                    ]
                }
            ),
            "gen_ai.completion": _text(
                {
                    "generations": [
                        [
                            {
                                "message": {
                                    "lc": 1,
                                    "id": ["langchain", "AIMessage"],
                                    "kwargs": {
                                        "content": "",
                                        "tool_calls": [{"name": "lookup", "args": ARGUMENTS, "id": "c1"}],
                                        "usage_metadata": {"input_tokens": 7, "output_tokens": 2},
                                    },
                                }
                            }
                        ]
                    ]
                }
            ),
        },
        parentSpanId=span_id(1),
    ),
    wire_span(
        3,
        {
            "langsmith.span.kind": "tool",
            "gen_ai.prompt": _text(ARGUMENTS),
            "gen_ai.completion": _text(
                {"output": {"type": "tool", "content": _text(RESULT), "tool_call_id": "c1"}}
            ),
        },
        name="lookup",
        parentSpanId=span_id(1),
    ),
)


@pytest.mark.parametrize("spans", [VERCEL, LANGFUSE, LANGSMITH], ids=["vercel", "langfuse", "langsmith"])
def test_vendors_tell_the_same_run_in_their_own_words(
    tmp_path: Path, spans: tuple[dict[str, Any], ...]
) -> None:
    session = _session(tmp_path, *spans)
    assert session.id == "s-1"
    asking, calling = (step.span for step in session.steps)
    assert (asking.kind, asking.input_tokens, asking.output_tokens) == ("llm", 7, 2)
    assert [message.text for message in asking.input_messages] == ["Go."]
    assert calling.tool is not None
    assert (calling.kind, calling.tool.name, calling.tool.call_id) == ("tool", "lookup", "c1")
    assert json.loads(calling.tool.arguments or "") == ARGUMENTS
    assert json.loads(calling.tool.result or "") == RESULT
    assert {span.agent for span in session.spans} == {"desk"}


def test_one_call_recorded_by_two_libraries_is_one_step(tmp_path: Path) -> None:
    usage = {"gen_ai.usage.input_tokens": 7, "gen_ai.usage.output_tokens": 2, "gen_ai.response.id": "r1"}
    said = _text([{"role": "assistant", "parts": [{"type": "text", "content": "Done."}]}])
    chat = {"gen_ai.operation.name": "chat", **usage}
    session = _session(
        tmp_path,
        wire_span(1, chat),
        wire_span(2, {**chat, "gen_ai.output.messages": said}, startTimeUnixNano="1100000000"),
        wire_span(9, chat),
    )
    assert [step.span.span_id for step in session.steps] == [span_id(2), span_id(9)]


def test_a_model_call_around_another_is_a_wrapper_that_lends_its_messages(tmp_path: Path) -> None:
    asked = _text([{"role": "user", "parts": [{"type": "text", "content": "Go."}]}])
    session = _session(
        tmp_path,
        wire_span(1, {"gen_ai.operation.name": "chat", "gen_ai.input.messages": asked}),
        wire_span(2, parentSpanId=span_id(1)),
        wire_span(
            3, {"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 3}, parentSpanId=span_id(2)
        ),
    )
    (step,) = session.steps
    assert (step.span.span_id, step.span.input_tokens) == (span_id(3), 3)
    assert step.span.input_messages[0].text == "Go."


def test_the_embedding_of_a_query_is_no_second_retrieval(tmp_path: Path) -> None:
    session = _session(
        tmp_path,
        wire_span(1, {"openinference.span.kind": "RETRIEVER", "input.value": "q"}),
        wire_span(2, {"openinference.span.kind": "EMBEDDING"}, parentSpanId=span_id(1)),
    )
    assert [step.span.span_id for step in session.steps] == [span_id(1)]


def test_a_call_asked_for_before_the_run_was_killed_is_a_step(tmp_path: Path) -> None:
    call = {"type": "tool_call", "id": "c1", "name": "wire_money", "arguments": {"eur": 5}}
    asked = {
        "gen_ai.operation.name": "chat",
        "gen_ai.output.messages": _text([{"role": "assistant", "parts": [call]}]),
    }
    killed = _session(tmp_path, wire_span(1, asked, parentSpanId=span_id(7)))
    pending = killed.steps[-1].span
    assert pending.tool is not None
    assert (pending.kind, pending.status, pending.end_ns) == ("tool", "unset", None)
    assert (pending.tool.name, pending.tool.arguments, pending.tool.result) == (
        "wire_money",
        '{"eur":5}',
        None,
    )
    assert "runbook.not_recorded" in pending.attributes
    ended = _session(
        tmp_path,
        wire_span(7, {"gen_ai.operation.name": "invoke_agent"}),
        wire_span(1, asked, parentSpanId=span_id(7)),
    )
    assert [step.kind for step in ended.steps] == ["llm"]
