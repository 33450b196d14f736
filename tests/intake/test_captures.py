"""Captures of real libraries: what they hold is known, and every encoding of it reads the same."""

from __future__ import annotations

import json
import struct
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from runbook_tui.diagnosis import diagnose
from runbook_tui.intake import Capture, read_capture
from runbook_tui.playbook import Playbook
from runbook_tui.trace import was_recorded
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


NATIVE = (
    "agents_sdk_native.jsonl",
    "log.eval",
    "log.json",
    "runs_merged.jsonl",
    "mlflow_traces.jsonl",
    "mlflow_search_traces_df.jsonl",
    "mlflow_search_traces_df.parquet",
    "spans_dataframe.jsonl",
    "spans_dataframe.parquet",
    "spans_dataframe.json_columns.parquet",
    "spans_otlpv1.json",
    "spans_rest.jsonl",
    "jaeger.json",
    "tempo_v1.json",
    "tempo_v2.json",
    "otel_traces.csv",
    "otel_traces.json",
    "otel_traces.jsonl",
    "otel_traces.parquet",
)
EXPORTED = captured(NATIVE)


def _calls(path: Path) -> list[tuple[str, Any, Any]]:
    """Name, arguments and result of every tool call, as values."""
    return [
        (tool.name, _value(tool.arguments), _value(tool.result))
        for session in _read(path).sessions
        for step in session.steps
        if step.kind in ("tool", "handoff") and (tool := step.span.tool) and was_recorded(step.span)
    ]


def _value(text: str | None) -> Any:
    try:
        return text if text is None else json.loads(text)
    except ValueError:
        return text


def _tokens(path: Path) -> tuple[int, int]:
    calls = [step.span for session in _read(path).sessions for step in session.steps if step.kind == "llm"]
    return sum(span.input_tokens or 0 for span in calls), sum(span.output_tokens or 0 for span in calls)


def _same_run(path: Path) -> list[Path]:
    """The other files of the run: in its folder, and where the folder names another capture, in that one."""
    family, _, scenario = path.parent.name.partition("-")
    there = CAPTURES / family / scenario
    known = [*EXPORTED, *captured(("otlp.jsonl", "protojson.jsonl"))]
    return [other for other in known if other.parent in (path.parent, there) and other != path]


def _needs(path: Path) -> None:
    if path.suffix == ".parquet":
        pytest.importorskip("pyarrow")


@pytest.mark.parametrize("path", EXPORTED, ids=_name)
def test_every_form_holds_the_true_calls_and_tokens(path: Path) -> None:
    _needs(path)
    truth = _truth(path.parent)
    calls = _calls(path)
    assert [name for name, _, _ in calls] == [call["tool"] for call in truth["tool_calls"]]
    assert all(arguments is not None for _, arguments, _ in calls)
    assert _read(path).bad_lines == ()
    if "tokens_in" in truth:
        assert _tokens(path) == (truth["tokens_in"], truth["tokens_out"])


@pytest.mark.parametrize("path", [path for path in EXPORTED if _same_run(path)], ids=_name)
def test_one_run_reads_the_same_in_all_its_forms(path: Path) -> None:
    _needs(path)
    for other in _same_run(path):
        if other.suffix != ".parquet":
            assert _calls(other) == _calls(path), other
            assert _tokens(other) == _tokens(path), other


@pytest.mark.parametrize(
    "folder", sorted({path.parent.parent for path in CAPTURES.glob("*/*/raw/*.traces.pb")})
)
def test_protobuf_with_lengths_is_the_file_of_lines(folder: Path, tmp_path: Path) -> None:
    requests = [path.read_bytes() for path in sorted((folder / "raw").glob("*.traces.pb"))]
    whole = tmp_path / "collector"
    whole.write_bytes(b"".join(struct.pack(">I", len(request)) + request for request in requests))
    lines = folder / "otlp.jsonl"
    if lines.is_file() and "truth.json" in {item.name for item in folder.iterdir()}:
        assert _calls(whole) == _calls(lines)
        assert _tokens(whole) == _tokens(lines)


def test_posted_runs_are_the_merged_ones(tmp_path: Path) -> None:
    for folder in sorted(CAPTURES.glob("langsmith/*/raw_http")):
        posted = tmp_path / f"{folder.parent.name}.bin"
        posted.write_bytes(b"".join(path.read_bytes() + b"\n" for path in sorted(folder.iterdir())))
        merged = folder.with_name("runs_merged.jsonl")
        assert _calls(posted) == _calls(merged)
        assert _tokens(posted) == _tokens(merged)


def test_messages_logged_beside_the_spans_are_theirs() -> None:
    for path in captured(("otlp_logs.jsonl",)):
        capture = _read(path.with_name("otlp.jsonl"))
        models = [step.span for session in capture.sessions for step in session.steps if step.kind == "llm"]
        assert models
        assert all(span.input_messages and span.output_messages for span in models)


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
