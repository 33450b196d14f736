"""Traces that are one run although no id says so, and traces that only look alike."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from runbook_tui.intake import read_capture
from runbook_tui.trace import was_recorded
from tests.factories import request, wire_span, write_lines

Said = list[dict[str, Any]]


def _text(role: str, text: str) -> dict[str, Any]:
    return {"role": role, "parts": [{"type": "text", "content": text}]}


def _call(call_id: str) -> dict[str, Any]:
    part = {"type": "tool_call", "id": call_id, "name": "f", "arguments": {}}
    return {"role": "assistant", "parts": [part]}


def _result(call_id: str, text: str) -> dict[str, Any]:
    return {"role": "tool", "parts": [{"type": "tool_call_response", "id": call_id, "result": text}]}


def _chat(number: int, trace: str, asked: Said, answered: dict[str, Any], **more: Any) -> dict[str, Any]:
    return wire_span(
        number,
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.input.messages": json.dumps(asked),
            "gen_ai.output.messages": json.dumps([answered]),
            **more,
        },
        traceId=trace * 32,
    )


def _sessions(tmp_path: Path, *spans: dict[str, Any]) -> dict[str, int]:
    capture = read_capture(write_lines(tmp_path / "many.jsonl", request(*spans)))
    return {session.id[:1]: sum(map(was_recorded, session.spans)) for session in capture.sessions}


def test_a_history_that_continues_joins_its_traces(tmp_path: Path) -> None:
    task = _text("user", "Go.")
    first = [task, _call("c1"), _result("c1", "ok")]
    found = _sessions(
        tmp_path,
        _chat(1, "a", [task], _call("c1")),
        _chat(2, "b", first, _text("assistant", "Done.")),
        _chat(
            3, "c", [*first, _text("assistant", "Done."), _text("user", "More.")], _text("assistant", "No.")
        ),
    )
    assert found == {"a": 3}


def test_the_same_question_asked_twice_is_two_sessions(tmp_path: Path) -> None:
    task = _text("user", "Go.")
    found = _sessions(
        tmp_path,
        _chat(1, "a", [task], _text("assistant", "Done.")),
        _chat(2, "b", [task], _text("assistant", "Done.")),
    )
    assert found == {"a": 1, "b": 1}


def test_twins_are_each_continued_by_their_own(tmp_path: Path) -> None:
    task, done, more = _text("user", "Go."), _text("assistant", "Done."), _text("user", "More.")
    found = _sessions(
        tmp_path,
        _chat(1, "a", [task], done),
        _chat(2, "b", [task], done),
        _chat(3, "c", [task, done, more], done),
        _chat(4, "d", [task, done, more], done),
    )
    assert found == {"a": 2, "b": 2}


def test_a_call_id_that_two_sessions_asked_for_proves_nothing(tmp_path: Path) -> None:
    tool = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "f", "gen_ai.tool.call.id": "c1"}
    alone = wire_span(5, tool, traceId="d" * 32)
    one = _chat(1, "a", [_text("user", "One.")], _call("c1"))
    two = _chat(2, "b", [_text("user", "Two.")], _call("c1"))
    assert _sessions(tmp_path, one, alone) == {"a": 2}
    assert _sessions(tmp_path, one, two, alone) == {"a": 1, "b": 1, "d": 1}


def test_recorded_ids_are_never_overruled(tmp_path: Path) -> None:
    task, done = _text("user", "Go."), _text("assistant", "Done.")
    found = _sessions(
        tmp_path,
        _chat(1, "a", [task], done, **{"session.id": "x"}),
        _chat(2, "b", [task, done, task], done, **{"session.id": "y"}),
    )
    assert found == {"x": 1, "y": 1}


def test_how_an_agent_was_made_belongs_to_its_run(tmp_path: Path) -> None:
    made = {"gen_ai.operation.name": "create_agent", "gen_ai.agent.name": "desk"}
    ran = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "desk", "session.id": "s"}
    other = {"gen_ai.operation.name": "create_agent", "gen_ai.agent.name": "nobody"}
    found = _sessions(
        tmp_path,
        wire_span(1, other, traceId="c" * 32),
        wire_span(2, made, traceId="b" * 32),
        wire_span(3, ran),
    )
    assert found == {"s": 2, "c": 1}
    assert next(iter(found)) == "s"


def test_two_calls_that_only_the_next_history_tells_of_are_two(tmp_path: Path) -> None:
    task = _text("user", "Go.")
    asked = {"role": "assistant", "parts": [*_call("c1")["parts"], *_call("c2")["parts"]]}
    bare = wire_span(1, {"gen_ai.operation.name": "chat", "gen_ai.input.messages": json.dumps([task])})
    told = [task, asked, _result("c1", "one"), _result("c2", "two")]
    last = wire_span(
        2,
        {"gen_ai.operation.name": "chat", "gen_ai.input.messages": json.dumps(told)},
        traceId=bare["traceId"],
    )
    (session,) = read_capture(write_lines(tmp_path / "told.jsonl", request(bare, last))).sessions
    calls = [step.span for step in session.steps if step.span.tool is not None]
    assert [span.tool and span.tool.result for span in calls] == ["one", "two"]
    assert len({span.span_id for span in calls}) == 2
