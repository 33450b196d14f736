"""Tempo: TraceQL to find, the trace by its id to fetch."""

from __future__ import annotations

from typing import Any

import pytest

from runbook_tui.evidence import Store
from runbook_tui.intake.servers import ServerError, SessionLackingError
from tests.factories import TRACE
from tests.intake import samples
from tests.servers.conftest import Fetch
from tests.servers.loopback import Loopback, Request, not_found
from tests.servers.same_run import assert_sample, stored

FOUND = {
    "traceID": TRACE,
    "rootServiceName": "desk",
    "startTimeUnixNano": "1795140841250000000",
    "spanSets": [
        {
            "spans": [
                {"attributes": [{"key": "gen_ai.conversation.id", "value": {"stringValue": samples.SESSION}}]}
            ]
        }
    ],
}


class Tempo:
    """A server of version 2, or an older one that has no second version of a trace."""

    def __init__(self, version: int = 2) -> None:
        self.version = version

    def __call__(self, request: Request) -> Any:
        if request.path == "/api/search":
            assert int(request.query["end"]) - int(request.query["start"]) <= 7 * 86_400
            question = request.query["q"]
            named = f'span.gen_ai.conversation.id = "{samples.SESSION}"' in question
            return {"traces": [FOUND] if named or 'resource.service.name = "desk"' in question else []}
        if request.path == f"/api/v2/traces/{TRACE}" and self.version == 2:
            return samples.DOCUMENTS["tempo-v2"]
        if request.path == f"/api/traces/{TRACE}" and self.version == 1:
            return samples.DOCUMENTS["tempo-v1"]
        return not_found()


@pytest.mark.parametrize("version", [1, 2])
def test_a_trace_and_a_session(store: Store, fetch_from: Fetch, version: int) -> None:
    with Loopback(Tempo(version)) as server:
        for wanted in (TRACE, samples.SESSION):
            assert fetch_from("tempo", server.url, wanted).traces == 1
    assert_sample(stored(store, samples.SESSION))


def test_the_latest_of_an_agent(store: Store, fetch_from: Fetch) -> None:
    with Loopback(Tempo()) as server:
        assert fetch_from("tempo", server.url, latest=3, agent="desk").added.sessions == (samples.SESSION,)
    assert_sample(stored(store, samples.SESSION))


def test_a_name_cannot_end_the_string_it_stands_in(fetch_from: Fetch) -> None:
    with Loopback(Tempo()) as server:
        with pytest.raises(SessionLackingError):
            fetch_from("tempo", server.url, 'x" || true || "\\')
        assert '= "x\\" || true || \\"\\\\"' in server.requests[-1].query["q"]
        with pytest.raises(ServerError, match="control characters"):
            fetch_from("tempo", server.url, "a\nb")


def test_the_tenant_is_named(fetch_from: Fetch) -> None:
    with Loopback(Tempo()) as server:
        fetch_from("tempo", server.url, TRACE, project="team-a")
        assert {request.headers["x-scope-orgid"] for request in server.requests} == {"team-a"}


def test_a_part_of_a_trace_is_refused(store: Store, fetch_from: Fetch) -> None:
    partial = {**samples.DOCUMENTS["tempo-v2"], "status": "PARTIAL"}
    with Loopback(lambda _: partial) as server, pytest.raises(ServerError, match="only a part"):
        fetch_from("tempo", server.url, TRACE)
    assert store.connection.execute("select count(*) from session").fetchone()[0] == 0
