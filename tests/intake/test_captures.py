"""Captures of real libraries: what they hold is known, and every encoding of it reads the same."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from runbook_tui.diagnosis import diagnose
from runbook_tui.intake import Capture, read_capture
from runbook_tui.intake.pending import was_recorded
from runbook_tui.playbook import Playbook
from tests.factories import CAPTURES, captured

pytestmark = pytest.mark.skipif(
    not CAPTURES.is_dir(), reason="the recorded captures are not beside the repository"
)

ALL = captured(("otlp.jsonl", "protojson.jsonl"))
KNOWN = captured(("otlp.jsonl", "otlp_traces_native.jsonl"))
AS_ASKED = {"vercel_ai7/clean": ["lookup_order", "search_policy", "issue_refund", "send_email", "update_crm"]}
"""Two tools start in the same millisecond: the truth lists them as they ended, the session as they were asked."""


def _name(path: Path) -> str:
    return "/".join(path.parts[-3:])


@cache
def _read(path: Path) -> Capture:
    return read_capture(path)


@cache
def _truth(folder: Path) -> dict[str, Any]:
    truth: dict[str, Any] = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    return truth


@pytest.mark.parametrize("path", ALL, ids=_name)
def test_it_loads_with_every_span(path: Path) -> None:
    capture = _read(path)
    assert capture.spans == _truth(path.parent)["span_count"]
    assert bool(capture.bad_lines) == ("broken_lines" in path.parts)


@pytest.mark.parametrize("path", captured(("protojson.jsonl",)), ids=_name)
def test_both_encodings_give_the_same_sessions(path: Path) -> None:
    assert _read(path).sessions == _read(path.with_name("otlp.jsonl")).sessions


@pytest.mark.parametrize("path", KNOWN, ids=_name)
def test_tool_calls_come_in_causal_order(path: Path) -> None:
    called = [
        step.span
        for session in _read(path).sessions
        for step in session.steps
        if step.kind in ("tool", "handoff") and was_recorded(step.span)
    ]
    truth = _truth(path.parent)["tool_calls"]
    asked = AS_ASKED.get("/".join(path.parts[-3:-1]))
    if asked is None:
        assert [span.span_id for span in called] == [call["span_id"] for call in truth]
    else:
        assert [span.tool.name for span in called if span.tool] == asked
        assert {span.span_id for span in called} == {call["span_id"] for call in truth}


@pytest.mark.parametrize("path", KNOWN, ids=_name)
def test_tokens_are_counted_once(path: Path, playbook: Playbook) -> None:
    summaries = [diagnose(session, playbook).session for session in _read(path).sessions]
    truth = _truth(path.parent)
    assert sum(summary.input_tokens or 0 for summary in summaries) == truth["tokens_in"]
    assert sum(summary.output_tokens or 0 for summary in summaries) == truth["tokens_out"]
    assert sum(summary.llm_calls for summary in summaries) == truth["llm_calls_with_usage"]


def test_one_run_in_several_traces_is_one_session() -> None:
    for path in captured():
        if path.parts[-3] == "traceloop_langchain":
            (session,) = _read(path).sessions
            assert len(session.trace_ids) > 1


def test_the_call_a_run_was_killed_in_is_its_last_action() -> None:
    (session,) = _read(CAPTURES / "hard" / "killed_before_root_ends" / "otlp.jsonl").sessions
    last = session.steps[-1].span
    assert not was_recorded(last)
    assert last.tool is not None
    assert (last.tool.name, last.tool.result) == ("send_email", None)
    assert json.loads(last.tool.arguments or "")["to"] == "mira@example.com"


def test_broken_lines_are_named_and_the_rest_is_read() -> None:
    path = CAPTURES / "hard" / "broken_lines" / "otlp.jsonl"
    bad = _read(path).bad_lines
    lines = path.read_bytes().split(b"\n")
    assert len(bad) == 2
    for line in bad:
        assert not _is_json(lines[line.line - 1].strip().removeprefix(b"\xef\xbb\xbf"))


def _is_json(text: bytes) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
