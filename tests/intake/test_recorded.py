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
from tests.factories import request, span_id, wire_span, write_lines

RECORDED = sorted((Path(__file__).parent / "recorded").glob("*.jsonl"))
ORDER = {"order_id": "A-1001", "status": "delivered", "total": 42.5}
UNCOUNTED = ("llama_index_openllmetry",)
"""The library's own calls of a model are not among what was recorded."""


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
