"""What was read is what is stored: sessions, captures as received, rows for the browser."""

from __future__ import annotations

import gzip
import hashlib
import io
import re
from pathlib import Path

import msgspec
import pytest

from runbook_tui.diagnosis import diagnose
from runbook_tui.evidence import (
    SpanTable,
    Store,
    StoredCapture,
    StoreError,
    capture_bytes,
    captures_of,
    find_session,
    has_capture,
    list_sessions,
    read_findings,
    read_session,
    save_findings,
    write_capture,
    write_session,
)
from runbook_tui.incident import add_capture
from runbook_tui.intake import read_capture
from runbook_tui.playbook import Playbook
from runbook_tui.trace import SessionTrace
from tests.factories import (
    CAPTURES,
    SAMPLES,
    make_llm,
    make_session,
    make_span,
    make_tool,
    request,
    span_id,
    wire_span,
    write_lines,
)

NOW = "2026-11-20T02:14:00.000Z"


def _dump(store: Store) -> list[str]:
    return list(store.connection.iterdump())


def _write(store: Store, *sessions: SessionTrace) -> None:
    with store.writing() as connection:
        for session in sessions:
            write_session(connection, session, None, NOW)


@pytest.mark.parametrize("name", ["delegation", "invoice", "loan-clean", "retry-loop"])
def test_a_session_comes_back_as_it_was(store: Store, name: str) -> None:
    (session,) = read_capture(SAMPLES / f"{name}.jsonl").sessions
    _write(store, session)
    assert read_session(store, session.id) == session
    assert read_session(store, "another") is None


def test_the_same_file_again_changes_nothing(store: Store, playbook: Playbook) -> None:
    first = add_capture(store, SAMPLES / "invoice.jsonl", playbook)
    before = _dump(store)
    second = add_capture(store, SAMPLES / "invoice.jsonl", playbook)
    assert _dump(store) == before
    assert (first.new_spans, second.new_spans) == (first.spans, 0)
    assert second.sessions == first.sessions


def test_two_exports_of_one_session_are_one_session(store: Store, playbook: Playbook, tmp_path: Path) -> None:
    lines = [{"session.id": "one"}, {"session.id": "one", "tool.name": "f"}]
    early = write_lines(tmp_path / "early.jsonl", request(wire_span(1, lines[0]), wire_span(2, lines[1])))
    late = write_lines(
        tmp_path / "late.jsonl",
        request(wire_span(2, lines[1]), wire_span(3, lines[1], parentSpanId=span_id(1))),
    )
    assert add_capture(store, early, playbook).new_spans == 2
    assert add_capture(store, late, playbook).new_spans == 1
    session = read_session(store, "one")
    assert session is not None
    assert [
        (span.span_id, place.depth) for span, place in zip(session.spans, session.places, strict=True)
    ] == [
        (span_id(1), 0),
        (span_id(3), 1),
        (span_id(2), 0),
    ]
    assert session.defects.duplicates == 1
    assert {capture.name for capture in captures_of(store, "one")} == {"early.jsonl", "late.jsonl"}
    table = SpanTable(store, "one")
    assert table.count == len(table.window(0, 99)) == 3


def test_either_half_first_gives_the_same_session(tmp_path: Path, playbook: Playbook) -> None:
    halves = [
        write_lines(tmp_path / f"{at}.jsonl", request(*(wire_span(n, {"session.id": "s"}) for n in numbers)))
        for at, numbers in enumerate([(1, 4), (2, 3)])
    ]
    found = []
    for name, order in (("ab", halves), ("ba", halves[::-1])):
        with Store(tmp_path / f"{name}.db") as opened:
            for half in order:
                add_capture(opened, half, playbook)
            found.append(read_session(opened, "s"))
    assert found[0] is not None
    assert found[0] == found[1]


@pytest.mark.parametrize("zipped", [False, True])
def test_captures_are_kept_byte_for_byte(
    store: Store, playbook: Playbook, tmp_path: Path, zipped: bool
) -> None:
    content = (SAMPLES / "invoice.jsonl").read_bytes()
    path = tmp_path / "received.bin"
    path.write_bytes(gzip.compress(content) if zipped else content + b" " * (9 << 20) + b"\n")
    added = add_capture(store, path, playbook)
    received = path.read_bytes()
    assert added.sha256 == hashlib.sha256(received).hexdigest()
    assert b"".join(capture_bytes(store, added.sha256)) == received
    (kept,) = captures_of(store, added.sessions[0])
    assert (kept.name, kept.size, kept.sha256) == ("received.bin", len(received), added.sha256)
    assert has_capture(store, added.sha256)
    assert not has_capture(store, "0" * 64)


def test_a_file_that_changed_while_it_was_read_is_not_stored(store: Store) -> None:
    before = _dump(store)
    claimed = StoredCapture(hashlib.sha256(b"first").hexdigest(), "moving.jsonl", 5, NOW)

    def write() -> None:
        with store.writing() as connection:
            write_session(connection, make_session(make_span(1)), None, NOW)
            write_capture(connection, io.BytesIO(b"later"), claimed)

    with pytest.raises(StoreError, match="changed while it was read"):
        write()
    assert _dump(store) == before


def test_findings_are_kept_and_listed(store: Store, playbook: Playbook) -> None:
    (session,) = read_capture(SAMPLES / "loan.jsonl").sessions
    _write(store, session)
    assert read_findings(store, session.id) is None
    findings = diagnose(session, playbook)
    save_findings(store, session, findings)
    kept = read_findings(store, session.id)
    assert kept == msgspec.structs.replace(findings, steps=())
    assert read_findings(store, session.id, "another key") is None
    (row,) = list_sessions(store)
    assert row.flags == tuple(flag.flag for flag in findings.flags)
    assert (row.outcome, row.agent, row.tool_calls) == (
        findings.session.outcome,
        findings.session.agent,
        findings.session.tool_calls,
    )
    flags = SpanTable(store, session.id).flags()
    assert [flag.flag for flag in flags] == [flag.flag for flag in findings.flags]
    assert all(session.spans[flag.position].span_id == flag.span_id for flag in flags)
    with pytest.raises(StoreError, match="no such session"):
        save_findings(store, make_session(make_span(1), session_id="other"), findings)


def test_lists_are_filtered_and_the_worst_stand_first(store: Store, playbook: Playbook) -> None:
    for name in ("invoice", "invoice-clean", "retry-loop", "pricing-clean"):
        add_capture(store, SAMPLES / f"{name}.jsonl", playbook)
    listed = [row.id for row in list_sessions(store)]
    assert listed[:2] == ["shipment-SH-220914", "invoice-INV-60418"]
    assert len(listed) == 4
    assert [row.id for row in list_sessions(store, flag="UNGROUNDED_VALUE")] == ["invoice-INV-60418"]
    assert list_sessions(store, flag="UNGROUNDED") == ()
    assert [row.id for row in list_sessions(store, outcome="budget_exceeded")] == ["shipment-SH-220914"]
    assert len(list_sessions(store, outcome="completed")) == 2
    assert [row.id for row in list_sessions(store, limit=1)] == listed[:1]
    assert list_sessions(store, since_ns=2**62) == ()


def test_a_session_is_named_by_an_unambiguous_beginning(store: Store) -> None:
    ids = ("loan-1", "loan-12", "other_1", "50%")
    _write(store, *(make_session(make_span(1), session_id=name) for name in ids))
    assert find_session(store, "loan-12") == "loan-12"
    assert find_session(store, "loan-1") == "loan-1"
    assert find_session(store, "oth") == "other_1"
    assert find_session(store, "50") == "50%"
    for text in ("loan", "loan-2", "%", "other-", "_"):
        assert find_session(store, text) is None


@pytest.fixture
def table(store: Store) -> SpanTable:
    session = make_session(
        make_span(0, kind="agent", name="run 100%"),
        make_llm(1, "The TOTAL is 100_000", parent=0),
        make_tool(2, "pay", {"order": "PO-7"}, "paid\\done", parent=0),
        make_span(3, parent=2, attributes={"http.route": "/refund"}),
        make_tool(4, "mail", parent=77),
    )
    _write(store, session)
    return SpanTable(store, session.id)


def test_windows_hold_the_rows_asked_for(table: SpanTable) -> None:
    assert table.count == 5
    assert [row.position for row in table.window(1, 3)] == [1, 2, 3]
    assert [row.position for row in table.window(3, 99)] == [3, 4]
    assert table.window(9, 12) == []
    assert [(row.depth, row.parent, row.last, row.orphan) for row in table.window(0, 9)] == [
        (0, -1, 3, 0),
        (1, 0, 1, 0),
        (1, 0, 3, 0),
        (2, 2, 3, 0),
        (0, -1, 4, 1),
    ]


def test_rows_are_found_by_step_and_by_span(table: SpanTable) -> None:
    assert [table.position_of_step(number) for number in (1, 2, 3, 4)] == [1, 2, 4, None]
    assert table.position_of_span(span_id(3)) == 3
    assert table.position_of_span("nowhere") is None
    row = table.row(2)
    assert row is not None
    assert (row.tool, row.step, row.duration_ms, row.has_children) == ("pay", 2, 500.0, True)
    assert table.row(5) is None


def test_payloads_are_read_one_at_a_time(table: SpanTable) -> None:
    span = table.payload(2)
    assert span is not None
    assert span.tool is not None
    assert span.tool.result == "paid\\done"
    assert table.payload(99) is None


@pytest.mark.parametrize(
    ("text", "positions"),
    [
        ("total", [1]),
        ("po-7", [2]),
        ("/refund", [3]),
        ("100", [0, 1]),
        ("100%", [0]),
        ("100_", [1]),
        ("p%y", []),
        ("_ay", []),
        ("paid\\done", [2]),
        ("nothing like it", []),
    ],
)
def test_search_takes_every_character_as_it_is(table: SpanTable, text: str, positions: list[int]) -> None:
    assert table.search(text) == positions


def test_a_session_that_is_not_there_has_no_rows(store: Store) -> None:
    table = SpanTable(store, "nobody")
    assert (table.count, table.window(0, 9), table.flags(), table.search("a")) == (0, [], [], [])


@pytest.mark.skipif(not CAPTURES.is_dir(), reason="the recorded captures are not beside the repository")
def test_log_files_that_were_joined_are_evidence_too(store: Store, playbook: Playbook) -> None:
    folder = CAPTURES / "openai_v2" / "latest_event_only_empty"
    (session_id,) = add_capture(store, folder / "otlp.jsonl", playbook).sessions
    kept = {capture.name: capture.sha256 for capture in captures_of(store, session_id)}
    assert set(kept) == {"otlp.jsonl", "otlp_logs.jsonl"}
    logs = (folder / "otlp_logs.jsonl").read_bytes()
    assert b"".join(capture_bytes(store, kept["otlp_logs.jsonl"])) == logs
    assert kept["otlp_logs.jsonl"] == hashlib.sha256(logs).hexdigest()


def test_hits_begin_at_the_cursor_and_come_round(store: Store) -> None:
    texts = ["needle one", "hay", "Needle TWO", "hay", "a NÄDLE and a needle"]
    _write(store, make_session(*(make_tool(n, "read", {}, text) for n, text in enumerate(texts, 1))))
    table = SpanTable(store, "session-1")
    assert list(table.hits("needle", 1)) == [2, 4, 0]
    assert table.search("needle") == [0, 2, 4]
    assert table.search("nädle") == [4]
    assert list(table.hits(r"/needle (one|two)$/", 2)) == [2, 0]
    assert list(table.hits("100%_")) == []
    with pytest.raises(re.error):
        list(table.hits("/(/"))


def test_a_large_span_is_shown_shortened(store: Store) -> None:
    long = "a line of the document\n" * 100_000
    nested = make_llm(2, long, task=long)
    _write(store, make_session(make_tool(1, "read", {"id": 1}, {"doc": long}), nested))
    table = SpanTable(store, "session-1")
    assert table.payload_size(0) > 2_000_000
    span = table.shortened(0, 100)
    assert span is not None
    assert span.tool is not None
    assert span.tool.result is not None
    assert span.tool.result.startswith('{"doc": "a line of the document')
    assert span.tool.result.endswith(" characters in all; v shows them")
    assert (span.tool.arguments, span.span_id) == ('{"id": 1}', span_id(1))
    asked = table.shortened(1, 100)
    assert asked is not None
    assert "2,300,000 characters in all" in asked.input_messages[0].text
    assert "2,300,000 characters in all" in asked.output_text
    assert table.shortened(0, 10_000_000) == table.payload(0)
    assert table.shortened(9, 100) is None
