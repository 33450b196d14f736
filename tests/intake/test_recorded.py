"""One small run, recorded from libraries that each say it in their own way, reads the same from all of them.

The model looks up an order and answers: two calls of a model, one of a tool, 225 and 43 tokens. The recordings are
the libraries' own, without tool definitions and addresses.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from runbook_tui.diagnosis import diagnose
from runbook_tui.intake import read_capture
from runbook_tui.playbook import Playbook
from runbook_tui.trace import SessionTrace
from tests.factories import request, span_id, wire_attribute, wire_span, write_lines

RECORDED = sorted((Path(__file__).parent / "recorded").glob("*.jsonl"))
ORDER = {"order_id": "A-1001", "status": "delivered", "total": 42.5}
UNCOUNTED = ("llama_index_openllmetry", "voltagent")
"""The library's own calls of a model are not among what was recorded, or all of a run are one span."""


def _sessions(tmp_path: Path, *spans: dict[str, Any]) -> tuple[SessionTrace, ...]:
    return read_capture(write_lines(tmp_path / "one.jsonl", request(*spans))).sessions


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_the_call_and_the_tokens_are_read(path: Path, playbook: Playbook) -> None:
    (session,) = read_capture(path).sessions
    (tool,) = [step.span.tool for step in session.steps if step.span.tool is not None]
    assert tool.name.rpartition("-")[2] == "lookup_order"
    assert json.loads(tool.arguments or "") == {"order_id": "A-1001"}
    assert json.loads(tool.result or "") == ORDER
    found = diagnose(session, playbook)
    assert not found.flags
    if path.stem not in UNCOUNTED:
        summary = found.session
        assert (summary.input_tokens, summary.output_tokens, summary.llm_calls) == (225, 43, 2)


def test_traces_that_a_root_links_to_are_one_session(tmp_path: Path) -> None:
    """AutoGen's runtime: each message is delivered in a trace of its own, linked to where it was sent."""
    asked = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 3}
    made = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "lookup"}
    sent = {"traceId": "a" * 32, "spanId": span_id(1)}
    (session,) = _sessions(
        tmp_path,
        wire_span(1, asked, traceId="a" * 32),
        wire_span(2, made, traceId="b" * 32, links=[sent]),
    )
    assert [step.kind for step in session.steps] == ["llm", "tool"]


def test_a_session_without_a_step_comes_last(tmp_path: Path) -> None:
    asked = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 3}
    first, last = _sessions(
        tmp_path,
        wire_span(1, {"workflow.name": "desk"}, traceId="a" * 32, name="workflow.build"),
        wire_span(2, asked, traceId="b" * 32),
    )
    assert (len(first.steps), len(last.steps)) == (1, 0)


def test_a_conversation_id_that_is_an_answers_id_names_no_session(tmp_path: Path) -> None:
    def call(number: int, before: str | None) -> dict[str, Any]:
        return {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": "m",
            "gen_ai.response.id": f"resp_{number}",
            **({"gen_ai.conversation.id": before} if before else {}),
        }

    (session,) = _sessions(
        tmp_path,
        wire_span(1, call(1, None), traceId="a" * 32),
        wire_span(2, call(2, "resp_1"), traceId="a" * 32),
        wire_span(3, call(3, "resp_2"), traceId="b" * 32),
    )
    assert len(session.steps) == 3


def test_usage_in_parts_is_added_up_where_its_total_says_so(tmp_path: Path) -> None:
    """Langfuse's LangChain callback takes what was read from the cache out of `input`."""
    usage = {"input": 61, "output": 23, "total": 148, "input_cache_read": 64}
    spans = [
        wire_span(
            number,
            {
                "langfuse.observation.type": "generation",
                "langfuse.observation.usage_details": json.dumps({**usage, "total": total}),
            },
        )
        for number, total in ((1, 148), (2, 84))
    ]
    (session,) = _sessions(tmp_path, *spans)
    assert [(span.input_tokens, span.output_tokens) for span in session.spans] == [(125, 23), (61, 23)]


def test_a_tool_named_by_its_method_is_named_by_its_class(tmp_path: Path) -> None:
    """DSPy's tools have no name but that of the span."""
    said = {"openinference.span.kind": "TOOL", "input.value": '{"kwargs": {"id": 4}}', "output.value": "12"}
    (session,) = _sessions(tmp_path, wire_span(1, said, name="lookup.__call__"))
    tool = session.spans[0].tool
    assert tool is not None
    assert (tool.name, tool.arguments, tool.result) == ("lookup", '{"id":4}', "12")


def test_messages_that_were_logged_as_json_text_are_read(tmp_path: Path) -> None:
    """Semantic Kernel logs a message as the text of its JSON and stops for Python's names."""
    asked = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "m",
        "gen_ai.response.finish_reason": "FinishReason.LENGTH",
    }
    span = wire_span(1, asked)
    record = {
        "traceId": span["traceId"],
        "spanId": span["spanId"],
        "body": {"stringValue": '{"role": "user", "content": "Go."}'},
        "attributes": [{"key": "event.name", "value": {"stringValue": "gen_ai.user.message"}}],
    }
    logs = {"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}
    (session,) = read_capture(write_lines(tmp_path / "one.jsonl", request(span), logs)).sessions
    (found,) = session.spans
    assert [message.text for message in found.input_messages] == ["Go."]
    assert found.finish_reason == "length"


def test_a_tool_that_is_called_an_agent_for_its_name_is_a_tool(tmp_path: Path) -> None:
    """The LangChain instrumentation takes every run with `agent` in its name for one."""
    said = {"openinference.span.kind": "AGENT", "tool.name": "refund_agent", "input.value": "refund it"}
    (session,) = _sessions(tmp_path, wire_span(1, said, name="refund_agent"))
    assert [(step.kind, step.span.name) for step in session.steps] == [("tool", "refund_agent")]


def test_why_a_model_stopped_is_found_wherever_it_was_recorded(tmp_path: Path) -> None:
    asked = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"}
    generation = {"langfuse.observation.type": "generation", "langfuse.observation.output": "It was"}
    answer = [{"response_metadata": {"finish_reason": "length"}, "type": "ai", "content": "It was"}]
    chain = {"langfuse.observation.type": "chain", "langfuse.observation.output": json.dumps(answer)}
    (session,) = _sessions(
        tmp_path,
        wire_span(
            1, {**asked, "gen_ai.completion.0.content": "a", "gen_ai.completion.0.finish_reason": "length"}
        ),
        wire_span(
            2,
            asked,
            events=[
                {
                    "name": "gen_ai.choice",
                    "attributes": [wire_attribute("finish_reason", "length"), wire_attribute("message", "a")],
                }
            ],
        ),
        wire_span(
            3,
            {
                **asked,
                "gen_ai.output.messages": json.dumps(
                    [
                        {
                            "role": "assistant",
                            "parts": [{"type": "text", "content": "a"}],
                            "finish_reason": "length",
                        }
                    ]
                ),
            },
        ),
        wire_span(4, chain, name="model"),
        wire_span(5, generation, parentSpanId=span_id(4)),
    )
    assert [step.span.finish_reason for step in session.steps if step.kind == "llm"] == ["length"] * 4


def test_a_call_whose_answer_was_sent_with_a_request_that_was_not_recorded_is_told(tmp_path: Path) -> None:
    call = {"type": "tool_call", "id": "c1", "name": "refund", "arguments": {"id": 4}}
    asked = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"}
    said = json.dumps([{"role": "assistant", "parts": [call]}])
    go = json.dumps([{"role": "user", "parts": [{"type": "text", "content": "Go."}]}])
    first = {**asked, "gen_ai.input.messages": go, "gen_ai.output.messages": said}
    failed = wire_span(2, asked, status={"code": 2, "message": "upstream"})
    (session,) = _sessions(tmp_path, wire_span(1, first), failed)
    assert [step.kind for step in session.steps] == ["llm", "tool", "llm"]
    tool = session.steps[1].span.tool
    assert tool is not None
    assert (tool.name, tool.result) == ("refund", None)


def test_a_traced_function_tells_what_it_was_given_and_returned(tmp_path: Path) -> None:
    """OpenTelemetry's Google GenAI instrumentation: one attribute an argument."""
    said = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "refund",
        "code.function.parameters.order.type": "str",
        "code.function.parameters.order.value": "1001",
        "code.function.parameters.lines.type": "list",
        "code.function.parameters.lines.value": "[1, 2]",
        "code.function.return.value": '{"ok": true}',
    }
    (session,) = _sessions(tmp_path, wire_span(1, said))
    tool = session.spans[0].tool
    assert tool is not None
    assert (tool.arguments, tool.result) == ('{"order":"1001","lines":[1,2]}', '{"ok": true}')


def test_arguments_inside_those_of_a_wrapper_are_the_ones_that_were_asked_for(tmp_path: Path) -> None:
    """BeeAI records the whole call of the method that was handed the arguments."""
    call = {"type": "tool_call", "id": "c1", "name": "lookup", "arguments": {"id": 4}}
    asked = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"}
    said = json.dumps([{"role": "assistant", "parts": [call]}])
    made = {
        "openinference.span.kind": "TOOL",
        "tool.name": "lookup",
        "input.value": '{"input": {"id": 4}, "options": null}',
    }
    (session,) = _sessions(
        tmp_path, wire_span(1, {**asked, "gen_ai.output.messages": said}), wire_span(2, made)
    )
    tool = session.steps[1].span.tool
    assert tool is not None
    assert json.loads(tool.arguments or "") == {"id": 4}


def test_the_sum_of_an_agent_counts_where_its_calls_have_none(tmp_path: Path, playbook: Playbook) -> None:
    """DSPy under MLflow: the tokens are on the root and nowhere else; its tools bear their class in front."""
    used = json.dumps({"input_tokens": 750, "output_tokens": 130})
    agent = {"mlflow.spanType": '"AGENT"', "mlflow.chat.tokenUsage": used}
    call = {
        "mlflow.spanType": '"CHAT_MODEL"',
        "mlflow.spanInputs": '{"prompt": "Go."}',
        "mlflow.spanOutputs": '["a"]',
    }
    tool = {"mlflow.spanType": '"TOOL"', "mlflow.spanInputs": '{"id": 4}', "name": '"lookup"'}
    (session,) = _sessions(
        tmp_path,
        wire_span(1, agent),
        wire_span(2, call, parentSpanId=span_id(1)),
        wire_span(3, tool, name="Tool.lookup", parentSpanId=span_id(1)),
    )
    summary = diagnose(session, playbook).session
    assert (summary.input_tokens, summary.output_tokens, summary.tokens_estimated) == (750, 130, False)
    assert [step.span.tool.name for step in session.steps if step.span.tool] == ["lookup"]


def test_a_tool_message_that_was_recorded_as_its_repr_is_read(tmp_path: Path) -> None:
    """Older LangChain instrumentations write what Python shows of a message."""
    shown = "content='{\"total\": 12, \"note\": \"it\\'s\"}' name='lookup' id='m1' tool_call_id='c1'"
    said = {
        "openinference.span.kind": "TOOL",
        "tool.name": "lookup",
        "output.value": json.dumps({"output": shown}),
    }
    (session,) = _sessions(tmp_path, wire_span(1, said))
    tool = session.spans[0].tool
    assert tool is not None
    assert (tool.call_id, json.loads(tool.result or "")) == ("c1", {"total": 12, "note": "it's"})


@pytest.mark.parametrize(
    "answered",
    [
        {"type": "tool", "data": {"content": "8814 is full", "tool_call_id": "c1", "status": "error"}},
        {"content": "8814 is full", "tool_call_id": "c1", "status": "error"},
        {"output": "content='8814 is full' name='redirect' tool_call_id='c1' status='error'"},
    ],
)
@pytest.mark.parametrize(
    ("kind", "kind_is", "name", "output"),
    [
        ("openinference.span.kind", "TOOL", "tool.name", "output.value"),
        ("traceloop.span.kind", "tool", "traceloop.entity.name", "traceloop.entity.output"),
        ("langfuse.observation.type", "tool", "langfuse.trace.name", "langfuse.observation.output"),
        ("langsmith.span.kind", "tool", "langsmith.trace.name", "gen_ai.completion"),
    ],
)
def test_a_tool_message_says_that_the_call_failed(
    tmp_path: Path, answered: dict[str, Any], kind: str, kind_is: str, name: str, output: str
) -> None:
    said = {kind: kind_is, name: "redirect", output: json.dumps(answered)}
    (session,) = _sessions(tmp_path, wire_span(1, said, name="redirect"))
    tool = session.spans[0].tool
    assert tool is not None
    assert (tool.result, tool.status) == ("8814 is full", "error")


def test_arguments_that_a_framework_could_not_decode_are_kept_as_they_are(tmp_path: Path) -> None:
    broken = '{"id": 4, "amount": '
    refused = {"name": "refund", "args": broken, "id": "c1", "error": "not JSON"}
    message = {
        "lc": 1,
        "id": ["AIMessage"],
        "kwargs": {"content": "", "type": "ai", "invalid_tool_calls": [refused]},
    }
    call = {
        "openinference.span.kind": "LLM",
        "llm.output_messages.0.message.role": "assistant",
        "output.value": json.dumps({"generations": [[{"message": message}]]}),
    }
    made = {
        "openinference.span.kind": "TOOL",
        "tool.name": "refund",
        "input.value": json.dumps({"INVALID_JSON": broken}),
    }
    (session,) = _sessions(tmp_path, wire_span(1, call), wire_span(2, made))
    asking, tool = (step.span for step in session.steps)
    assert [part.text for part in asking.requested_calls] == [broken]
    assert tool.tool is not None
    assert tool.tool.arguments == broken
