"""Results and arguments of every kind come out as the tool gave or was given them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from runbook_tui.intake import read_capture
from runbook_tui.trace import SessionTrace
from tests.factories import request, span_id, wire_attribute, wire_span, write_lines

ITEMS = [{"sku": "S-1", "qty": 2}, {"sku": "S-2", "qty": 1}]


def _session(tmp_path: Path, *spans: dict[str, Any]) -> SessionTrace:
    (session,) = read_capture(write_lines(tmp_path / "one.jsonl", request(*spans))).sessions
    return session


def _event(name: str, **said: Any) -> dict[str, Any]:
    return {"name": name, "attributes": [wire_attribute(key, value) for key, value in said.items()]}


def test_a_list_of_objects_in_a_tools_message_is_no_list_of_blocks(tmp_path: Path) -> None:
    call = {"id": "c1", "function": {"name": "list_items", "arguments": "{}"}}
    asked = wire_span(1, {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"})
    asked["events"] = [
        _event("gen_ai.choice", message=json.dumps({"role": "assistant", "tool_calls": [call]}))
    ]
    heard = wire_span(2, {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"})
    heard["events"] = [_event("gen_ai.tool.message", id="c1", content=json.dumps(ITEMS))]
    tool = next(span.tool for span in _session(tmp_path, asked, heard).spans if span.tool)
    assert json.loads(tool.result or "") == ITEMS


def test_broken_arguments_are_read_as_they_were_asked_for_under_any_name(tmp_path: Path) -> None:
    broken = json.dumps({"INVALID_JSON": '{"id": "A-10'})
    for name in ("tool_arguments", "gen_ai.tool.call.arguments"):
        said = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "lookup", name: broken}
        tool = _session(tmp_path, wire_span(1, said)).spans[0].tool
        assert tool is not None
        assert tool.arguments == '{"id": "A-10'


def test_what_a_tool_of_googles_returned_is_out_of_the_object_around_it(tmp_path: Path) -> None:
    """Its interface wants an object; a call without content of its own is found in the messages."""
    heard = [
        {"role": "user", "parts": [{"type": "text", "content": "Go."}]},
        {"role": "model", "parts": [{"type": "tool_call", "id": "f1", "name": "count", "arguments": {}}]},
        {"role": "user", "parts": [{"type": "tool_call_response", "id": "f1", "response": {"result": 42}}]},
    ]
    calls = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "m",
        "gen_ai.provider.name": "gcp.gemini",
    }
    whole = {
        "gcp.vertex.agent.event_id": "e",
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "list_items",
        "gcp.vertex.agent.tool_response": json.dumps({"result": ITEMS}),
    }
    session = _session(
        tmp_path,
        wire_span(1, {**calls, "gen_ai.output.messages": json.dumps(heard[1:2])}),
        wire_span(2, {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "count"}),
        wire_span(3, {**calls, "gen_ai.input.messages": json.dumps(heard)}),
        wire_span(4, whole),
    )
    assert [json.loads(span.tool.result or "") for span in session.spans if span.tool] == [42, ITEMS]


def test_adk_tells_by_its_names_what_failed_before_it_had_attributes(tmp_path: Path) -> None:
    failed = {"status": {"code": 2, "message": "ClientError: 400"}}
    merged = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "(merged tools)"}
    spans = (
        wire_span(1, name="agent_run [desk]"),
        wire_span(2, name="execute_tool lookup", parentSpanId=span_id(1), **failed),
        wire_span(3, {**merged, "gen_ai.tool.call.id": "m"}, parentSpanId=span_id(1)),
        wire_span(4, name="call_llm", parentSpanId=span_id(1), **failed),
    )
    path = write_lines(tmp_path / "one.jsonl", request(*spans, scope="gcp.vertex.agent"))
    (session,) = read_capture(path).sessions
    assert [(step.kind, step.span.agent) for step in session.steps] == [("tool", "desk"), ("llm", "desk")]


def test_a_tools_message_made_of_blocks_is_their_text(tmp_path: Path) -> None:
    """LangChain's tools of an MCP server answer with a list of blocks."""
    blocks = [{"type": "text", "text": "order store is down", "id": "lc_1"}]
    message = {"type": "tool", "data": {"content": blocks, "tool_call_id": "c1"}}
    said = {"openinference.span.kind": "TOOL", "tool.name": "fail", "output.value": json.dumps(message)}
    tool = _session(tmp_path, wire_span(1, said)).spans[0].tool
    assert tool is not None
    assert tool.result == "order store is down"


def test_an_mcp_clients_call_is_out_of_its_envelope(tmp_path: Path) -> None:
    said = {
        "traceloop.span.kind": "tool",
        "traceloop.entity.name": "count",
        "traceloop.entity.input": json.dumps({"tool_name": "count", "arguments": {"id": 4}}),
        "traceloop.entity.output": json.dumps({"result": "[1, 2]"}),
    }
    tool = _session(tmp_path, wire_span(1, said)).spans[0].tool
    assert tool is not None
    assert (tool.arguments, tool.result) == ('{"id":4}', "[1, 2]")


def test_arguments_given_by_place_have_the_names_of_the_tools_parameters(tmp_path: Path) -> None:
    said = {
        "openinference.span.kind": "TOOL",
        "tool.name": "lookup",
        "tool.parameters": json.dumps({"order": {"type": "string"}, "full": {"type": "boolean"}}),
        "input.value": json.dumps({"args": ["A-1"], "kwargs": {"full": True}}),
    }
    tool = _session(tmp_path, wire_span(1, said)).spans[0].tool
    assert tool is not None
    assert json.loads(tool.arguments or "") == {"order": "A-1", "full": True}


def test_why_a_model_stopped_is_found_in_the_repr_of_its_answer(tmp_path: Path) -> None:
    raw = "ChatCompletion(id='chatcmpl-1', choices=[Choice(finish_reason='length', index=0)])"
    said = {"openinference.span.kind": "LLM", "llm.model_name": "m", "output.value": json.dumps({"raw": raw})}
    assert _session(tmp_path, wire_span(1, said)).spans[0].finish_reason == "length"


def test_a_server_that_counts_its_calls_anew_with_each_answer_loses_none(tmp_path: Path) -> None:
    def call(name: str) -> dict[str, Any]:
        part = {"type": "tool_call", "id": "call_0", "name": name, "arguments": {"id": 4}}
        return {"role": "assistant", "parts": [part]}

    def answer(text: str) -> dict[str, Any]:
        return {"role": "tool", "parts": [{"type": "tool_call_response", "id": "call_0", "response": text}]}

    turns = [call("lookup"), answer("found"), call("list_items"), answer("two"), {"role": "assistant"}]
    spans = [
        wire_span(
            number,
            {
                "gen_ai.operation.name": "chat",
                "gen_ai.request.model": "m",
                "gen_ai.input.messages": json.dumps(
                    [{"role": "user", "content": "Go."}, *turns[: 2 * number - 2]]
                ),
                "gen_ai.output.messages": json.dumps(turns[2 * number - 2 : 2 * number - 1]),
            },
        )
        for number in (1, 2, 3)
    ]
    tools = [span.tool for span in _session(tmp_path, *spans).spans if span.tool]
    assert [(tool.name, tool.result) for tool in tools] == [("lookup", "found"), ("list_items", "two")]


def test_a_response_that_is_incomplete_says_why(tmp_path: Path) -> None:
    """LangChain on OpenAI's responses: the reason is in the answer, or in the wrapper around the call."""
    about = {"id": "resp_1", "incomplete_details": {"reason": "max_output_tokens"}, "object": "response"}
    message = {"kwargs": {"content": "It was", "response_metadata": about}}
    whole = {"generations": [[{"message": message}]], "llm_output": None}
    call = {"openinference.span.kind": "LLM", "llm.model_name": "m", "output.value": json.dumps(whole)}
    chat = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 3}
    task = {"traceloop.span.kind": "task", "traceloop.entity.output": json.dumps({"messages": [message]})}
    session = _session(
        tmp_path,
        wire_span(1, call),
        wire_span(2, task, name="model"),
        wire_span(3, chat, parentSpanId=span_id(2)),
    )
    assert [step.span.finish_reason for step in session.steps] == ["max_output_tokens"] * 2


def test_an_mcp_servers_answer_is_its_text_and_its_own_span_no_second_call(tmp_path: Path) -> None:
    """The servers' SDK traces too: in another process, under a shorter name, inside the agent's span in time."""
    said = {"openinference.span.kind": "TOOL", "tool.name": "mcp__desk__lookup", "input.value": '{"id": 4}'}
    served = {
        "mcp.method.name": "tools/call",
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "lookup",
    }
    block = {"type": "text", "text": "found"}
    for output in (block, [block]):
        session = _session(
            tmp_path,
            wire_span(1, name="run"),
            wire_span(
                2,
                {**said, "output.value": json.dumps(output)},
                parentSpanId=span_id(1),
                startTimeUnixNano="1000",
                endTimeUnixNano="9000",
            ),
            wire_span(
                3,
                served,
                name="tools/call lookup",
                parentSpanId=span_id(1),
                startTimeUnixNano="2000",
                endTimeUnixNano="8000",
            ),
        )
        (tool,) = [step.span.tool for step in session.steps]
        assert tool is not None
        assert (tool.name, tool.result) == ("mcp__desk__lookup", "found")
        (alone,) = _session(tmp_path, wire_span(3, served, name="tools/call lookup")).steps
        assert alone.kind == "tool"


def test_what_failed_before_it_had_an_attribute_is_told_by_its_conventional_name(tmp_path: Path) -> None:
    failed = {
        "status": {"code": 2, "message": "400"},
        "events": [_event("exception", **{"exception.type": "E"})],
    }
    session = _session(
        tmp_path,
        wire_span(1, name="run"),
        wire_span(2, name="chat m-1", parentSpanId=span_id(1), **failed),
        wire_span(3, name="execute_tool lookup", parentSpanId=span_id(1), **failed),
        wire_span(4, name="chat room", parentSpanId=span_id(1)),
    )
    assert [(step.kind, step.span.model) for step in session.steps] == [("llm", "m-1"), ("tool", None)]
    assert session.steps[1].span.tool is not None
    assert session.steps[1].span.tool.name == "lookup"


def test_results_whose_ids_a_recorder_made_up_are_in_the_order_of_their_calls(tmp_path: Path) -> None:
    """Google's counts the parts of each message, a text before the calls among them."""
    calls = [
        {"type": "tool_call", "id": f"lookup_{number}", "name": "lookup", "arguments": {"id": number}}
        for number in (1, 2)
    ]
    results = [
        {
            "type": "tool_call_response",
            "id": f"lookup_{number}",
            "response": {"result": f"order {number + 1}"},
        }
        for number in (0, 1)
    ]
    said = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m", "gen_ai.provider.name": "gemini"}
    asked = {"role": "assistant", "parts": calls}
    session = _session(
        tmp_path,
        wire_span(1, {**said, "gen_ai.output.messages": json.dumps([asked])}),
        wire_span(
            2, {**said, "gen_ai.input.messages": json.dumps([asked, {"role": "user", "parts": results}])}
        ),
    )
    tools = [span.tool for span in session.spans if span.tool]
    assert [(tool.arguments, tool.result) for tool in tools] == [
        ('{"id":1}', "order 1"),
        ('{"id":2}', "order 2"),
    ]


def test_a_result_says_beside_its_content_that_it_is_an_error(tmp_path: Path) -> None:
    """Anthropic's blocks, LangChain's messages, Bedrock's results, the AI SDK's outputs."""

    def failed(**told: Any) -> bool:
        asked = {"role": "assistant", "tool_calls": [{"id": "c1", "name": "lookup", "arguments": "{}"}]}
        call = {"ai.operationId": "ai.generateText.doGenerate"}
        heard = {**call, "ai.prompt.messages": json.dumps([asked, {"role": "tool", **told}])}
        session = _session(tmp_path, wire_span(1, heard))
        model = next(span for span in session.spans if span.kind == "llm")
        results = [part for message in model.input_messages for part in message.parts]
        (part,) = [part for part in results if part.type == "tool_result"]
        return part.failed

    block = {"type": "tool_result", "tool_use_id": "c1", "content": "no"}
    output = {"type": "tool-result", "toolCallId": "c1"}
    bad: tuple[dict[str, Any], ...] = (
        {"content": [{**block, "is_error": True}]},
        {"content": "no", "tool_call_id": "c1", "status": "error"},
        {"content": [{"toolResult": {"toolUseId": "c1", "status": "error", "content": [{"text": "no"}]}}]},
        {"content": [{**output, "output": {"type": "error-text", "value": "no"}}]},
    )
    good: tuple[dict[str, Any], ...] = (
        {"content": [block]},
        {"content": "no", "tool_call_id": "c1", "status": "success"},
        {"content": [{**output, "output": {"type": "text", "value": "no"}}]},
    )
    assert all(failed(**told) for told in bad)
    assert not any(failed(**told) for told in good)


def test_a_message_in_the_role_of_the_tool_that_was_called_is_its_result(tmp_path: Path) -> None:
    def roles(name: str) -> list[str]:
        messages = [
            {"role": "user", "content": "Go."},
            {"role": "assistant", "tool_calls": [{"id": "c1", "name": "lookup", "arguments": "{}"}]},
            {"role": name, "content": "12"},
        ]
        said = {"ai.operationId": "ai.generateText.doGenerate", "ai.prompt.messages": json.dumps(messages)}
        model = next(span for span in _session(tmp_path, wire_span(1, said)).spans if span.kind == "llm")
        return [message.role for message in model.input_messages]

    assert roles("lookup") == ["user", "assistant", "tool"]
    assert roles("bystander") == ["user", "assistant", "user"]
