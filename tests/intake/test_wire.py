"""OTLP/JSON as its writers differ: ids in hex or base64, integers as text or numbers, enums by name."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from runbook_tui.intake import read_capture
from runbook_tui.trace import SessionTrace, Span
from tests.factories import TRACE, request, span_id, wire_attribute, wire_span, write_lines


def _sessions(tmp_path: Path, *spans: dict[str, Any]) -> tuple[SessionTrace, ...]:
    return read_capture(write_lines(tmp_path / "wire.jsonl", request(*spans))).sessions


def _span(tmp_path: Path, **fields: Any) -> Span:
    (session,) = _sessions(tmp_path, wire_span(1, **fields))
    return session.spans[0]


def _base64(hex_id: str) -> str:
    return base64.b64encode(bytes.fromhex(hex_id)).decode()


def test_ids_in_base64_are_those_in_hex(tmp_path: Path) -> None:
    mixed = wire_span(2, traceId=_base64(TRACE), spanId=_base64(span_id(2)), parentSpanId=_base64(span_id(1)))
    (session,) = _sessions(tmp_path, wire_span(1, traceId=TRACE.upper()), mixed)
    assert session.trace_ids == (TRACE,)
    assert (session.spans[1].span_id, session.spans[1].parent_id) == (span_id(2), span_id(1))
    assert session.defects.orphans == 0


@pytest.mark.parametrize("parent", ["", None, "0" * 16, "AAAAAAAAAAA="])
def test_no_parent_is_written_in_many_ways(tmp_path: Path, parent: str | None) -> None:
    assert _span(tmp_path, parentSpanId=parent).parent_id is None


@pytest.mark.parametrize("written", ["7000000000", 7000000000])
def test_times_are_text_or_numbers(tmp_path: Path, written: str | int) -> None:
    assert _span(tmp_path, startTimeUnixNano=written).start_ns == 7_000_000_000


@pytest.mark.parametrize("written", [None, "", 0, "0"])
def test_a_missing_end_stays_missing(tmp_path: Path, written: Any) -> None:
    assert _span(tmp_path, endTimeUnixNano=written).end_ns is None


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (2, "error"),
        ("STATUS_CODE_ERROR", "error"),
        (1, "ok"),
        ("STATUS_CODE_OK", "ok"),
        (0, "unset"),
        (None, "unset"),
    ],
)
def test_status_codes_are_numbers_or_names(tmp_path: Path, code: Any, status: str) -> None:
    span = _span(tmp_path, status={"code": code, "message": "why\x1b[2J"})
    assert (span.status, span.status_message) == (status, "why␛[2J")


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ({"stringValue": "text"}, "text"),
        ({"stringValue": ""}, ""),
        ({"intValue": "42"}, 42),
        ({"intValue": 42}, 42),
        ({"intValue": "-1"}, -1),
        ({"boolValue": False}, False),
        ({"doubleValue": 1.5}, 1.5),
        ({"doubleValue": "1.5"}, 1.5),
        ({"bytesValue": "AAE="}, "AAE="),
        ({}, None),
        ({"arrayValue": {"values": [{"intValue": "1"}, {"stringValue": "b"}]}}, [1, "b"]),
        ({"arrayValue": {}}, []),
        (
            {"kvlistValue": {"values": [{"key": "in", "value": {"kvlistValue": {"values": []}}}]}},
            {"in": {}},
        ),
    ],
)
def test_attribute_values_of_every_type(tmp_path: Path, value: Any, read: Any) -> None:
    span = _span(tmp_path, attributes=[{"key": "a", "value": value}])
    assert span.attributes == {"a": read}
    assert type(span.attributes["a"]) is type(read)


def test_events_and_links_are_kept(tmp_path: Path) -> None:
    event = {
        "name": "exception",
        "timeUnixNano": "5",
        "attributes": [wire_attribute("exception.message", "no\x07")],
    }
    links = [{"traceId": TRACE, "spanId": name} for name in (span_id(9), _base64(span_id(8)), "no\x1bid")]
    span = _span(tmp_path, events=[event], links=links)
    assert [(item.name, item.time_ns, item.attributes) for item in span.events] == [
        ("exception", 5, {"exception.message": "no␇"})
    ]
    assert span.links == (span_id(9), span_id(8), "no␛id")


def test_unknown_keys_are_ignored(tmp_path: Path) -> None:
    assert _span(tmp_path, flags=257, kind="SPAN_KIND_CLIENT", somethingNew={"a": 1}).name == "span 1"


def test_all_text_of_a_span_is_safe_to_show(tmp_path: Path) -> None:
    evil = "\x1b]0;owned\x07"
    attributes = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": evil,
        "gen_ai.agent.name": evil,
        "gen_ai.conversation.id": evil,
        "gen_ai.tool.call.arguments": evil,
        "gen_ai.tool.call.result": evil,
        "gen_ai.request.model": evil,
        "gen_ai.input.messages": f'[{{"role": "user", "parts": [{{"type": "text", "content": "\\u001b{evil[1:-1]}"}}]}}]',
        "agent.anomaly": evil,
        f"key{evil}": {f"in{evil}": [evil]},
        "tool.output_fields": [evil],
        "tool.unexpected_fields": evil,
    }
    (session,) = _sessions(tmp_path, wire_span(1, attributes, name=evil))
    shown = repr(session)
    assert "\\x1b" not in shown
    assert "\\x07" not in shown
    assert "␛]0;owned" in shown
    assert session.id == "␛]0;owned␇"
