"""The collector's table in ClickHouse's real engine, over the form its HTTP interface has."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runbook_tui.evidence import Store
from runbook_tui.intake.servers import ServerError, SessionLackingError, clickhouse
from tests.factories import TRACE
from tests.intake import samples
from tests.servers.conftest import Fetch
from tests.servers.real.servers import free_port, installed, running
from tests.servers.same_run import assert_sample, outline, stored, text_replaced

pytestmark = pytest.mark.xdist_group("clickhouse")
_HTTP = Path(__file__).with_name("clickhouse_http.py")
_OTHER = "ab" * 16
HOSTILE = "it's \\ \"quoted\"\tand {id:String} -- '; DROP TABLE"
EXTRA = {
    "ServiceName": "desk-service",
    "TraceState": "",
    "SpanKind": "Internal",
    "ScopeName": "",
    "ScopeVersion": "",
}


def _rows() -> list[dict[str, Any]]:
    """The sample run, again an hour later, and one whose session is no plain word."""
    rows: list[dict[str, Any]] = [{**row, **EXTRA} for row in samples.CLICKHOUSE]
    later = text_replaced(text_replaced(rows, TRACE, _OTHER), " 02:", " 03:")
    hostile = text_replaced(text_replaced(rows, TRACE, "cd" * 16), " 02:", " 01:")
    hostile[0]["SpanAttributes"]["gen_ai.conversation.id"] = HOSTILE
    hostile[0]["Events.Timestamp"] = ["2026-11-20 01:14:01.500000000"]
    hostile[0]["Events.Name"] = ["noted"]
    hostile[0]["Events.Attributes"] = [{"why": "said"}]
    return [*rows, *later, *hostile]


@pytest.fixture(scope="module", params=["maps", "json"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program = installed("python")
    folder, port = tmp_path_factory.mktemp("clickhouse"), free_port()
    rows = folder / "rows.jsonl"
    rows.write_text("\n".join(json.dumps(row) for row in _rows()), encoding="utf-8")
    with running([program, _HTTP, str(port), str(rows), request.param], port, "/", folder, {}) as found:
        yield found


@pytest.fixture(autouse=True)
def _known_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLICKHOUSE_USER", "reader")
    monkeypatch.setenv("CLICKHOUSE_PASSWORD", "clickhouse-test-password")
    monkeypatch.setenv("CLICKHOUSE_DATABASE", "otel")
    monkeypatch.setattr(clickhouse, "_PAGE", 3)


def test_a_session_page_by_page(url: str, store: Store, fetch_from: Fetch) -> None:
    found = fetch_from("clickhouse", url, samples.SESSION)
    assert (found.traces, found.pages) == (2, 4)
    session = stored(store, samples.SESSION)
    assert_sample(session, runs=2)
    starts = [span.start_ns for span in session.spans if span.start_ns]
    assert min(starts) == 1_795_140_841_250_000_000, "times are UTC, whatever zone the server is in"
    assert [step[0] for step in outline(session)][:3] == ["llm", "tool", "llm"]


def test_a_trace_and_the_latest(url: str, store: Store, fetch_from: Fetch) -> None:
    assert fetch_from("clickhouse", url, _OTHER.upper()).traces == 1
    assert fetch_from("clickhouse", url, latest=1, agent="desk").added.sessions == (samples.SESSION,)
    assert len(fetch_from("clickhouse", url, latest=5, agent="desk-service").added.sessions) == 2
    assert len(fetch_from("clickhouse", url, latest=5).added.sessions) == 2
    assert_sample(stored(store, samples.SESSION), runs=2)


def test_a_value_is_never_a_part_of_the_query(url: str, store: Store, fetch_from: Fetch) -> None:
    found = fetch_from("clickhouse", url, HOSTILE)
    assert found.traces == 1
    (session,) = found.added.sessions
    assert [event.name for span in stored(store, session).spans for event in span.events] == ["noted"]
    for wanted in ("' OR 1=1 --", "%", "\\", "nothing"):
        with pytest.raises(SessionLackingError):
            fetch_from("clickhouse", url, wanted)


def test_what_is_wrong_is_said(url: str, fetch_from: Fetch, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ServerError, match=r"no such table of traces: nowhere\.otel_traces"):
        fetch_from("clickhouse", url, "x", project="nowhere")
    monkeypatch.setenv("CLICKHOUSE_PASSWORD", "a-wrong-password")
    with pytest.raises(ServerError, match="forbids it") as refused:
        fetch_from("clickhouse", url, "x")
    assert "a-wrong-password" not in str(refused.value)
