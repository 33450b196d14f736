"""The same run in every form reads the same: its session, its steps, its call, its tokens."""

from __future__ import annotations

import gzip
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
import zstandard

from runbook_tui.intake import Capture, CaptureError, read_capture
from runbook_tui.trace import SessionTrace
from tests.factories import TRACE, request, span_id, wire_span
from tests.intake import samples

CONTENT = {
    **{name: json.dumps(document).encode() for name, document in samples.DOCUMENTS.items()},
    **{name: samples.as_lines(documents) for name, documents in samples.LINES.items()},
    "inspect-archive": samples.inspect_archive(),
    "clickhouse-csv": samples.clickhouse_csv(),
    "otlp-protobuf-file": samples.protobuf_file(),
    "otlp-zstd": zstandard.compress(samples.as_lines([samples.OTLP])),
    "otlp-protobuf-zstd": zstandard.compress(samples.protobuf_file()),
    "inspect-gzip": gzip.compress(json.dumps(samples.INSPECT).encode()),
}
SHOWN = {
    "jaeger": "jaeger (genai)",
    "clickhouse-csv": "clickhouse (genai)",
    "phoenix-frame": "phoenix (openinference)",
    "openai-agents": "openai-agents (genai)",
    "langsmith": "langsmith-runs (genai)",
    "langfuse": "langfuse",
    "mlflow": "mlflow",
    "inspect-archive": "inspect (genai)",
    "claude-code": "claude-code (genai)",
    "otlp-protobuf-file": "otlp-protobuf (genai)",
    "tempo-v1": "otlp-json (genai)",
}


def _read(tmp_path: Path, content: bytes) -> Capture:
    path = tmp_path / "whatever.bin"
    path.write_bytes(content)
    return read_capture(path)


def _session(tmp_path: Path, content: bytes) -> SessionTrace:
    capture = _read(tmp_path, content)
    assert capture.bad_lines == ()
    (session,) = capture.sessions
    return session


@pytest.mark.parametrize("name", CONTENT)
def test_every_form_tells_the_same_run(tmp_path: Path, name: str) -> None:
    session = _session(tmp_path, CONTENT[name])
    assert session.id == samples.SESSION
    steps = [step.span for step in session.steps if step.kind != "user"]
    assert [span.kind for span in steps] == ["llm", "tool", "llm"]
    tool = steps[1].tool
    assert tool is not None
    assert tool.name == "lookup"
    assert json.loads(tool.arguments or "") == samples.ARGUMENTS
    assert json.loads(tool.result or "") == samples.RESULT
    models = (steps[0], steps[2])
    assert sum(span.input_tokens or 0 for span in models) == samples.TOKENS[0]
    assert sum(span.output_tokens or 0 for span in models) == samples.TOKENS[1]
    assert steps[0].input_messages[-1].text == samples.TASK
    assert [call.call_id for call in steps[0].requested_calls] == [samples.CALL]
    assert tool.call_id == samples.CALL
    assert all(span.start_ns is not None and span.end_ns is not None for span in session.spans)
    assert session.defects.orphans == 0


@pytest.mark.parametrize(("name", "shown"), SHOWN.items())
def test_the_form_is_named(tmp_path: Path, name: str, shown: str) -> None:
    assert _session(tmp_path, CONTENT[name]).format == shown


def test_a_single_protobuf_request(tmp_path: Path) -> None:
    session = _session(tmp_path, samples.protobuf_messages()[0])
    assert [span.agent for span in session.spans] == ["desk"]


def test_a_protobuf_file_that_is_cut_off_keeps_what_came_before(tmp_path: Path) -> None:
    capture = _read(tmp_path, samples.protobuf_file()[:-40])
    assert capture.spans == len(samples.WIRE) - 1
    assert capture.bad_lines[0].reason.startswith("the file is cut off")


def _logged(key: dict[str, Any]) -> dict[str, Any]:
    said = [{"role": "assistant", "parts": [{"type": "text", "content": "Only in the log."}]}]
    attribute = {"key": "gen_ai.output.messages", "value": {"stringValue": json.dumps(said)}}
    record = {**key, "eventName": "gen_ai.client.inference.operation.details", "attributes": [attribute]}
    return {"resourceLogs": [{"scopeLogs": [{"logRecords": [record, {"body": {"stringValue": "started"}}]}]}]}


def test_log_records_join_their_spans(tmp_path: Path) -> None:
    bare = request(wire_span(1, {"gen_ai.operation.name": "chat"}))
    logs = _logged({"traceId": TRACE, "spanId": span_id(1)})
    for lines in ([bare, logs], [logs, bare], [{**bare, **logs}]):
        (session,) = _read(tmp_path, samples.as_lines(lines)).sessions
        assert session.spans[0].output_text == "Only in the log."
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "logs.json").write_bytes(samples.as_lines([logs]))
    (folder / "notes.txt").write_bytes(b"resourceLogs, and nothing else")
    (folder / "spans.json").write_bytes(samples.as_lines([bare]))
    capture = read_capture(folder / "spans.json")
    assert capture.sessions[0].spans[0].output_text == "Only in the log."
    assert capture.joined == ("logs.json",)
    with pytest.raises(CaptureError, match="log records without spans"):
        read_capture(folder / "logs.json")


def test_parquet_needs_its_extra_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(CaptureError, match=r"Parquet needs pyarrow.*runbook-tui\[parquet\]"):
        _read(tmp_path, b"PAR1" + b"\x00" * 40)


def test_parquet_rows(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    rows = [{**row, "SpanAttributes": list(row["SpanAttributes"].items())} for row in samples.CLICKHOUSE]
    columns = ("Timestamp", "TraceId", "SpanId", "ParentSpanId", "SpanName", "Duration", "StatusCode")
    table = pyarrow.table(
        {
            **{name: [row[name] for row in rows] for name in columns},
            "SpanAttributes": pyarrow.array(
                [row["SpanAttributes"] for row in rows], pyarrow.map_(pyarrow.string(), pyarrow.string())
            ),
        }
    )
    out = io.BytesIO()
    parquet.write_table(table, out)
    assert [step.kind for step in _session(tmp_path, out.getvalue()).steps] == ["llm", "tool", "llm"]


def test_a_damaged_archive_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="cannot read the archive"):
        _read(tmp_path, samples.inspect_archive()[:-30])


def test_a_subagent_hangs_below_the_call_that_started_it(tmp_path: Path) -> None:
    lines = [dict(line) for line in samples.CLAUDE_CODE]
    task = {
        "type": "tool_use",
        "id": "task-1",
        "name": "Task",
        "input": {"prompt": "Dig.", "subagent_type": "digger"},
    }
    side = {"isSidechain": True, "sessionId": samples.SESSION}
    lines += [
        {**lines[3], "uuid": "line-6", "message": {"id": "msg_3", "role": "assistant", "content": [task]}},
        {**lines[1], **side, "uuid": "side-1", "message": {"role": "user", "content": "Dig."}},
        {
            **lines[5],
            **side,
            "uuid": "side-2",
            "parentUuid": "side-1",
            "message": {"id": "msg_4", "role": "assistant", "content": [{"type": "text", "text": "Dug."}]},
        },
    ]
    session = _session(tmp_path, samples.as_lines(lines))
    agents = {span.agent: span.parent_id for span in session.spans if span.kind == "agent"}
    assert agents == {"claude-code": None, "digger": "task-1"}
    assert [step.span.agent for step in session.steps][-1] in ("digger", "claude-code")


def test_subagents_are_found_in_files_of_their_own(tmp_path: Path) -> None:
    main = [dict(line) for line in samples.CLAUDE_CODE]
    side = {"isSidechain": True, "agentId": "a77"}
    asked = {**main[1], **side, "uuid": "side-1", "message": {"role": "user", "content": "Dig."}}
    dug = {**main[5], **side, "uuid": "side-2", "message": {**main[5]["message"], "id": "msg_9"}}
    foreign = {**dug, "sessionId": "another"}
    folder = tmp_path / samples.SESSION / "subagents"
    folder.mkdir(parents=True)
    (folder / "agent-a77.jsonl").write_bytes(samples.as_lines([asked, dug]))
    (tmp_path / "agent-old.jsonl").write_bytes(samples.as_lines([foreign, foreign]))
    (tmp_path / "agent-broken.jsonl").write_bytes(b"{\xff")
    file = tmp_path / "session.jsonl"
    file.write_bytes(samples.as_lines(main))
    capture = read_capture(file)
    assert capture.joined == (f"{samples.SESSION}/subagents/agent-a77.jsonl",)
    (session,) = capture.sessions
    assert [span.output_text for span in session.spans if span.kind == "llm"].count("On its way.") == 2
    assert len([span for span in session.spans if span.kind == "agent"]) == 2
    part = read_capture(folder / "agent-a77.jsonl")
    assert part.joined == ()
    assert part.sessions[0].id == session.id


def test_runs_of_a_list_export_carry_their_counts(tmp_path: Path) -> None:
    run = samples.LANGSMITH[0]["post"][1]
    listed = {
        **run,
        "parent_run_id": None,
        "outputs": None,
        "prompt_tokens": 9,
        "completion_tokens": 4,
        "status": "success",
    }
    (step,) = _session(tmp_path, samples.as_lines([listed])).steps
    assert (step.span.input_tokens, step.span.output_tokens, step.span.status) == (9, 4, "ok")


def test_ids_that_are_not_hex_stay_as_they_are(tmp_path: Path) -> None:
    session = _session(tmp_path, CONTENT["openai-agents"])
    assert session.trace_ids == ("trace_1",)
    assert session.spans[0].span_id == "span_1"


def test_long_maps_and_odd_characters_in_a_table(tmp_path: Path) -> None:
    long = "it's a \\ and a\nline, {'x': 'y'} " * 20_000
    rows = [dict(row) for row in samples.CLICKHOUSE]
    rows[2]["SpanAttributes"] = {**rows[2]["SpanAttributes"], "gen_ai.tool.call.result": long}
    session = _session(tmp_path, samples.clickhouse_csv(rows))
    tool = session.steps[1].span.tool
    assert tool is not None
    assert tool.result == long
