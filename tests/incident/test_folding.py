"""Requests that come one by one make the sessions that one file of them makes; nothing is written too often."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from runbook_tui.evidence import Inbox, Received, Store, StoreError, captures_of, list_sessions, read_session
from runbook_tui.incident import add_capture, open_incident
from runbook_tui.incident.folding import Folding
from runbook_tui.incident.lots import Lot
from runbook_tui.playbook import Playbooks
from tests.factories import SAMPLES, make_span, request, span_id, wire_span, write_lines

AT = "2026-11-20T02:14:00.000Z"


@pytest.fixture
def fold(store: Store, playbooks: Playbooks) -> Callable[..., Folding]:
    """Folds bodies, each list of them with an inbox and a memory of its own, as after a restart."""

    def folded(*bodies: bytes, signal: str = "traces") -> Folding:
        inbox = Inbox(store.path)
        inbox.add([Received(signal, "json", AT, 1, body) for body in bodies])
        folding = Folding(store, inbox, playbooks.default)
        folding.drain()
        assert inbox.newest() == 0
        inbox.close()
        return folding

    return folded


def body(*spans: dict[str, Any]) -> bytes:
    return json.dumps(request(*spans)).encode()


def ids(store: Store) -> dict[str, int]:
    return {row.id: row.spans for row in list_sessions(store)}


def test_spans_of_a_session_that_a_file_brought_are_added_to_it(
    store: Store, tmp_path: Path, playbooks: Playbooks, fold: Callable[..., Folding]
) -> None:
    """Nothing but the trace's id says that they belong together."""
    file = write_lines(tmp_path / "first.jsonl", request(wire_span(1), wire_span(2)))
    add_capture(store, file, playbooks.default)
    before = ids(store)
    fold(body(wire_span(3)))
    assert ids(store) == {name: spans + 1 for name, spans in before.items()}


@pytest.mark.parametrize("name", ["loan", "delegation", "retry-loop"])
def test_span_by_span_is_the_same_as_the_file(
    store: Store, tmp_path: Path, playbooks: Playbooks, fold: Callable[..., Folding], name: str
) -> None:
    """Last span first, each in a request of its own, half of them after a restart."""
    file = SAMPLES / f"{name}.jsonl"
    spans = [
        (resource.get("resource"), scope.get("scope"), span)
        for line in file.read_text().splitlines()
        for resource in json.loads(line)["resourceSpans"]
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
    ][:120]
    documents = [
        {
            "resourceSpans": [
                {"resource": resource or {}, "scopeSpans": [{"scope": scope or {}, "spans": [span]}]}
            ]
        }
        for resource, scope, span in spans
    ]
    bodies = [json.dumps(document).encode() for document in reversed(documents)]
    fold(*bodies[: len(bodies) // 2])
    fold(*bodies[len(bodies) // 2 :])
    with Store(tmp_path / "file.db") as other:
        add_capture(other, write_lines(tmp_path / "whole.jsonl", *documents), playbooks.default)
        assert ids(store) == ids(other)
        for session_id in ids(other):
            one, two = read_session(store, session_id), read_session(other, session_id)
            assert one is not None
            assert two is not None
            steps = [msgspec.structs.replace(step, position=0) for step in one.steps]
            assert steps == [msgspec.structs.replace(step, position=0) for step in two.steps]


def test_a_session_is_named_by_the_span_that_comes_last(store: Store, fold: Callable[..., Folding]) -> None:
    fold(body(wire_span(2, parentSpanId=span_id(1))))
    assert ids(store) == {"a" * 32: 1}
    fold(body(wire_span(1, {"session.id": "named"})))
    assert ids(store) == {"named": 2}
    assert len(captures_of(store, "named")) == 2, "the bytes went with the spans"


def test_a_session_with_an_incident_keeps_its_name(
    store: Store, playbooks: Playbooks, fold: Callable[..., Folding]
) -> None:
    fold(body(wire_span(2, parentSpanId=span_id(1))))
    open_incident(store, playbooks, "a" * 32)
    fold(body(wire_span(1, {"session.id": "named"})))
    assert ids(store) == {"a" * 32: 2}


def test_the_same_request_again_changes_nothing(store: Store, fold: Callable[..., Folding]) -> None:
    once = body(wire_span(1, {"session.id": "s"}), wire_span(2, {"session.id": "s"}))
    fold(once)
    before = read_session(store, "s")
    assert fold(once).spans == 0
    assert read_session(store, "s") == before


def test_logs_may_come_before_their_span_or_after(store: Store, fold: Callable[..., Folding]) -> None:
    said = {"session.id": "s", "gen_ai.operation.name": "chat", "gen_ai.request.model": "m"}

    def log(number: int, text: str) -> bytes:
        choice = {"kvlistValue": {"values": [{"key": "content", "value": {"stringValue": text}}]}}
        record = {
            "traceId": "a" * 32,
            "spanId": span_id(number),
            "eventName": "gen_ai.choice",
            "body": {"kvlistValue": {"values": [{"key": "message", "value": choice}]}},
        }
        return json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}).encode()

    fold(log(1, "before"), body(wire_span(1, said)))
    fold(body(wire_span(2, said)), log(2, "after"))
    fold(log(2, "after"))
    session = read_session(store, "s")
    assert session is not None
    assert [span.output_text for span in session.spans] == ["before", "after"]
    fold(log(9, "of a span that never came"))
    assert ids(store) == {"s": 2}


def test_many_small_requests_are_few_captures(store: Store, playbooks: Playbooks) -> None:
    inbox = Inbox(store.path)
    folding = Folding(store, inbox, playbooks.default)
    for number in range(1, 65):
        inbox.add([Received("traces", "json", AT, 1, body(wire_span(number, {"session.id": "s"})))])
        folding.drain(diagnose=False)
    inbox.close()
    captures = captures_of(store, "s")
    assert len(captures) < 8
    assert sum(capture.size for capture in captures) > 64 * 300
    assert store.connection.execute("select count(*) from capture").fetchone()[0] == len(captures)


def test_a_request_stays_in_the_inbox_until_the_store_takes_it(store: Store, playbooks: Playbooks) -> None:
    inbox = Inbox(store.path)
    inbox.add([Received("traces", "json", AT, 1, body(wire_span(1, {"session.id": "s"})))])
    folding = Folding(store, inbox, playbooks.default)
    with Store(store.path) as other:
        other.connection.execute("begin immediate")
        store.connection.execute("pragma busy_timeout = 0")
        with pytest.raises(StoreError):
            folding.drain()
        assert inbox.newest() == 1
        other.connection.rollback()
    folding.drain()
    assert (ids(store), inbox.newest()) == ({"s": 1}, 0)
    inbox.close()


def test_a_large_session_is_not_rewritten_all_the_time() -> None:
    lot = Lot()

    def put(number: int, now: float) -> None:
        lot.put(number, 1000, now)
        lot.spans.append(make_span(number))

    put(1, 0.0)
    assert not lot.is_due(0.2, idle=True), "more may follow at once"
    assert lot.is_due(0.4, idle=True)
    assert not lot.is_due(0.4, idle=False)
    assert lot.is_due(1.0, idle=False), "one that never pauses is shown too"
    lot.is_written(3.0, 10.0)
    lot.size = 1_000_000
    put(2, 11.0)
    assert not lot.is_due(12.0, idle=True), "little came, and writing takes three seconds"
    assert lot.is_due(16.0, idle=True)
    assert not lot.is_due(16.0, idle=False)
    assert lot.is_due(25.0, idle=False)
    lot.waiting = 600_000
    assert lot.is_due(12.0, idle=True), "much came"
