"""Vendors' own attribute names: what a model was asked, what a tool was given and gave back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from runbook_tui.intake import read_capture
from runbook_tui.trace import SessionTrace
from tests.factories import request, span_id, wire_attribute, wire_span, write_lines

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


def _event(name: str, **said: str) -> dict[str, Any]:
    return {"name": name, "attributes": [wire_attribute(key, value) for key, value in said.items()]}


def test_a_tool_whose_call_and_answer_are_events_of_its_span(tmp_path: Path) -> None:
    tool = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "lookup"}
    events = [
        _event("gen_ai.tool.message", role="tool", content=_text(ARGUMENTS), id="c1"),
        _event("gen_ai.choice", message=_text([{"text": _text(RESULT)}]), id="c1"),
    ]
    call = _session(tmp_path, wire_span(1, tool, events=events)).spans[0].tool
    assert call is not None
    assert (call.call_id, json.loads(call.arguments or ""), json.loads(call.result or "")) == (
        "c1",
        ARGUMENTS,
        RESULT,
    )


def test_messages_inside_one_attribute_of_an_event(tmp_path: Path) -> None:
    events = [
        _event("gen_ai.user.message", **{"gen_ai.event.content": _text({"role": "user", "content": "Go."})}),
        _event(
            "gen_ai.choice",
            **{"gen_ai.event.content": _text({"message": {"role": "assistant", "content": "Gone."}})},
        ),
    ]
    span = _session(tmp_path, wire_span(1, {"gen_ai.operation.name": "chat"}, events=events)).spans[0]
    assert [message.text for message in span.input_messages] == ["Go."]
    assert span.output_text == "Gone."


def test_a_plain_span_named_as_a_tool_that_was_asked_for_is_that_tool(tmp_path: Path) -> None:
    plain = {
        "langfuse.observation.type": "span",
        "langfuse.observation.input": _text(ARGUMENTS),
        "langfuse.observation.output": _text(RESULT),
    }
    session = _session(
        tmp_path, LANGFUSE[1], wire_span(3, plain, name="lookup"), wire_span(4, plain, name="other")
    )
    assert [step.kind for step in session.steps] == ["llm", "tool"]
    tool = session.steps[1].span.tool
    assert tool is not None
    assert (tool.call_id, json.loads(tool.result or "")) == ("c1", RESULT)


def test_a_request_and_its_answer_recorded_whole(tmp_path: Path) -> None:
    span = _session(
        tmp_path,
        wire_span(
            1,
            {
                "request_data": _text({"model": "m", "messages": [{"role": "user", "content": "Go."}]}),
                "response_data": _text(
                    {
                        "message": {"role": "assistant", "content": "Gone."},
                        "usage": {"prompt_tokens": 7, "completion_tokens": 2},
                    }
                ),
            },
        ),
    ).spans[0]
    assert (span.kind, span.input_tokens, span.output_tokens) == ("llm", 7, 2)
    assert (span.input_messages[0].text, span.output_text) == ("Go.", "Gone.")


def test_adk_with_content_and_without(tmp_path: Path) -> None:
    said = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "lookup",
        "gen_ai.tool.call.id": "<not specified>",
        "gcp.vertex.agent.event_id": "e",
        "gcp.vertex.agent.session_id": "s-1",
        "gcp.vertex.agent.tool_call_args": _text(ARGUMENTS),
        "gcp.vertex.agent.tool_response": _text({"id": "x", "name": "lookup", "response": RESULT}),
    }
    tool = _session(tmp_path, wire_span(1, said)).spans[0].tool
    assert tool is not None
    assert tool.call_id is None
    assert (json.loads(tool.arguments or ""), json.loads(tool.result or "")) == (ARGUMENTS, RESULT)
    asked = {
        "gcp.vertex.agent.session_id": "s-1",
        "gcp.vertex.agent.llm_request": _text(
            {
                "model": "m",
                "config": {"system_instruction": "Be brief."},
                "contents": [{"role": "user", "parts": [{"text": "Go."}]}],
            }
        ),
        "gcp.vertex.agent.llm_response": _text(
            {
                "content": {
                    "role": "model",
                    "parts": [{"function_call": {"id": "f1", "name": "lookup", "args": ARGUMENTS}}],
                },
                "usage_metadata": {"prompt_token_count": 7, "candidates_token_count": 2},
            }
        ),
    }
    span = _session(tmp_path, wire_span(1, asked, name="call_llm")).spans[0]
    assert [message.text for message in span.input_messages] == ["Be brief.", "Go."]
    assert [(call.name, call.call_id) for call in span.requested_calls] == [("lookup", "f1")]
    assert (span.kind, span.input_tokens, span.output_tokens) == ("llm", 7, 2)


def test_calls_that_only_the_messages_show_are_steps_where_only_models_were_traced(tmp_path: Path) -> None:
    call = {"type": "tool_call", "id": "c1", "name": "lookup", "arguments": ARGUMENTS}
    asked = [{"role": "user", "parts": [{"type": "text", "content": "Go."}]}]
    said = [{"role": "assistant", "parts": [call]}]
    answer = [{"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": RESULT}]}]
    first = {
        "gen_ai.operation.name": "chat",
        "gen_ai.input.messages": _text(asked),
        "gen_ai.output.messages": _text(said),
    }
    second = {"gen_ai.operation.name": "chat", "gen_ai.input.messages": _text([*asked, *said, *answer])}
    done = _text([{"role": "assistant", "parts": [{"type": "text", "content": "Done."}]}])
    spans = (wire_span(1, first), wire_span(2, {**second, "gen_ai.output.messages": done}, traceId="b" * 32))
    session = _session(tmp_path, *spans)
    assert [step.kind for step in session.steps] == ["llm", "tool", "llm"]
    tool = session.steps[1].span.tool
    assert tool is not None
    assert (tool.name, json.loads(tool.arguments or ""), json.loads(tool.result or "")) == (
        "lookup",
        ARGUMENTS,
        RESULT,
    )
    assert "runbook.not_recorded" in session.steps[1].span.attributes
    runs = [wire_span(number, {"gen_ai.operation.name": "invoke_agent"}) for number in (8, 9)]
    apart = [{**span, "traceId": "a" * 32} for span in spans]
    for span, run in zip(apart, runs, strict=True):  # the call ended the first run: it carried its answer
        span["parentSpanId"] = run["spanId"]
    runs = [{**run, "traceId": "a" * 32} for run in runs]
    assert "tool" not in {step.kind for step in _session(tmp_path, *apart, *runs).steps}
    apart[1]["parentSpanId"] = runs[0]["spanId"]
    assert "tool" in {step.kind for step in _session(tmp_path, *apart, *runs).steps}
    recorded = wire_span(7, {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search"})
    kinds = [step.kind for step in _session(tmp_path, *apart, *runs, {**recorded, "traceId": "a" * 32}).steps]
    assert kinds.count("tool") == 1


def test_what_a_server_adds_does_not_outrank_what_the_span_says(tmp_path: Path) -> None:
    """MLflow puts its own reading beside the attributes of spans it was sent; Phoenix keeps another's envelope."""
    broken = '{"order_id": "A-1"'
    mlflow = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "lookup",
        "gen_ai.tool.call.arguments": broken,
        "mlflow.spanType": _text("TOOL"),
        "mlflow.spanInputs": _text({"INVALID_JSON": broken}),
    }
    envelope = {
        "output": {"type": "tool", "content": _text(RESULT), "tool_call_id": "c1"},
        "kwargs": {"color": "green"},
    }
    phoenix = {
        "openinference.span.kind": "TOOL",
        "tool.name": "lookup",
        "input.value": _text(ARGUMENTS),
        "output.value": _text(envelope),
    }
    first, second = _session(tmp_path, wire_span(1, mlflow), wire_span(2, phoenix)).steps
    assert first.span.tool is not None
    assert (first.span.tool.name, first.span.tool.arguments) == ("lookup", broken)
    assert second.span.tool is not None
    assert json.loads(second.span.tool.result or "") == RESULT


@pytest.mark.parametrize("nobody", ["null", "None", "undefined"])
def test_a_session_without_an_id_is_not_one_of_that_name(tmp_path: Path, nobody: str) -> None:
    root = {"group_id": nobody, "logfire.msg_template": "OpenAI Agents trace: {name}"}
    traces = ("1" * 32, "2" * 32)
    runs = [request(wire_span(1, root, traceId=trace), scope="logfire.openai_agents") for trace in traces]
    sessions = read_capture(write_lines(tmp_path / "x.jsonl", *runs)).sessions
    assert [session.id for session in sessions] == list(traces)


def test_a_name_that_is_a_template_is_filled_in(tmp_path: Path) -> None:
    template = "Guardrail {name!r} {triggered=}"
    said = {
        "logfire.msg_template": template,
        "logfire.msg": "Guardrail 'totals' triggered=True",
        "triggered": True,
    }
    spans = [
        wire_span(1, said, name=template),
        wire_span(2, {**said, "logfire.msg": "gone"}, name="a name of its own"),
        wire_span(3, {"logfire.msg_template": template}, name=template),
    ]
    path = write_lines(tmp_path / "x.jsonl", request(*spans, scope="logfire.openai_agents"))
    (session,) = read_capture(path).sessions
    assert [span.name for span in session.spans] == [said["logfire.msg"], "a name of its own", template]
