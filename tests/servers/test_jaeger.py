"""Jaeger: the API of its pages, and version 3 where that is all there is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from runbook_tui.evidence import Store
from runbook_tui.intake.servers import SessionLackingError
from tests.factories import TRACE
from tests.intake import samples
from tests.servers.conftest import Fetch
from tests.servers.loopback import Loopback, Reply, Request, not_found
from tests.servers.same_run import assert_sample, stored, text_replaced

OTHER = "ab" * 16
TRACES = {
    TRACE: samples.JAEGER["data"][0],
    OTHER: text_replaced(samples.JAEGER["data"][0], TRACE, OTHER),
}
MISSING = Reply(404, b'{"data":null,"errors":[{"code":404,"msg":"trace not found"}]}')


def pages_api(request: Request) -> Any:
    if request.path == "/api/services":
        return {"data": ["desk", "shop"], "total": 2}
    if request.path == "/api/traces":
        assert int(request.query["start"]) < int(request.query["end"])
        if request.query["service"] != "desk":
            return {"data": []}
        tags = json.loads(request.query.get("tags", "{}"))
        fits = tags in ({}, {"gen_ai.conversation.id": samples.SESSION})
        return {"data": list(TRACES.values()) if fits else []}
    if request.path.startswith("/api/traces/"):
        trace = TRACES.get(request.path.rpartition("/")[2])
        return {"data": [trace]} if trace else MISSING
    return not_found()


def version_3(request: Request) -> Any:
    if request.path == "/api/v3/services":
        return {"services": ["desk"]}
    known = [text_replaced(samples.OTLP, TRACE, trace_id) for trace_id in TRACES]
    if request.path == "/api/v3/traces":
        assert request.query["query.service_name"] == "desk"
        return {"result": {"resourceSpans": [item for found in known for item in found["resourceSpans"]]}}
    wanted = request.path.removeprefix("/api/v3/traces/")
    found = next((item for item, trace_id in zip(known, TRACES, strict=True) if trace_id == wanted), None)
    return (
        {"result": found} if found else Reply(404, b'{"error":{"httpCode":404,"message":"trace not found"}}')
    )


@pytest.mark.parametrize("api", [pages_api, version_3])
def test_a_trace_by_its_id(store: Store, fetch_from: Fetch, api: Any) -> None:
    with Loopback(api) as server:
        assert fetch_from("jaeger", server.url, TRACE.upper()).traces == 1
    assert_sample(stored(store, samples.SESSION))


@pytest.mark.parametrize("api", [pages_api, version_3])
def test_a_session_is_looked_for_in_every_service(store: Store, fetch_from: Fetch, api: Any) -> None:
    with Loopback(api) as server:
        assert fetch_from("jaeger", server.url, samples.SESSION).traces == 2
        with pytest.raises(SessionLackingError):
            fetch_from("jaeger", server.url, "another")
    assert_sample(stored(store, samples.SESSION), runs=2)


@pytest.mark.parametrize("api", [pages_api, version_3])
def test_the_latest_of_a_service(store: Store, fetch_from: Fetch, api: Any) -> None:
    with Loopback(api) as server:
        assert fetch_from("jaeger", server.url, latest=1, agent="desk").traces == 2
    assert_sample(stored(store, samples.SESSION), runs=2)
