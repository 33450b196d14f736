"""Langfuse in both generations: observations by cursor, and whole traces."""

from __future__ import annotations

import json
from typing import Any

from runbook_tui.evidence import Store
from tests.intake import samples
from tests.servers.conftest import Fetch
from tests.servers.loopback import Loopback, Reply, Request, not_found
from tests.servers.same_run import assert_sample, stored, text_replaced

LONG = "a system prompt " * 40


def observations(trace: dict[str, Any]) -> list[dict[str, Any]]:
    """The trace as the newer API has it: observations by themselves, input and output as text."""
    return [
        {
            **item,
            "traceId": trace["id"],
            "sessionId": trace["sessionId"],
            "traceName": trace["name"],
            "isRootObservation": item["parentObservationId"] is None,
            "metadata": {"prompt": LONG},
            **{side: _text(item[side]) for side in ("input", "output") if side in item},
        }
        for item in trace["observations"]
    ]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def second(trace: dict[str, Any]) -> dict[str, Any]:
    """The same run an hour later, in a trace of its own."""
    later = text_replaced(trace, "T02:", "T03:")
    found: dict[str, Any] = text_replaced(text_replaced(later, "trace-1", "trace-2"), "obs-", "late-")
    return found


TRACES = [samples.LANGFUSE, second(samples.LANGFUSE)]


class NewServer:
    """The API of version 4: one endpoint, filters as JSON, two observations a page."""

    def __init__(self) -> None:
        self.all = [item for trace in TRACES for item in observations(trace)]

    def __call__(self, request: Request) -> Any:
        if request.path != "/api/public/v2/observations":
            return not_found()
        chosen = self.all
        asked = json.loads(request.query["filter"]) if "filter" in request.query else []
        if "traceId" in request.query:
            asked.append({"column": "traceId", "value": request.query["traceId"]})
        for condition in asked:
            chosen = [item for item in chosen if item.get(condition["column"]) == condition["value"]]
        start = int(request.query.get("cursor", "0"))
        limit = min(int(request.query["limit"]), 2)
        page = [self._shown(item, request.query) for item in chosen[start : start + limit]]
        more = start + limit < len(chosen)
        return {"data": page, "meta": {"cursor": str(start + limit)} if more else {}}

    def _shown(self, item: dict[str, Any], query: dict[str, str]) -> dict[str, Any]:
        kept = dict(item)
        if "io" not in query.get("fields", ""):
            kept.pop("input", None)
            kept.pop("output", None)
        if "prompt" not in query.get("expandMetadata", ""):
            kept["metadata"] = {"prompt": LONG[:200]}
        return kept


def old_server(request: Request) -> Any:
    """The API of version 3: traces, paged by number, and each by its id."""
    if request.path == "/api/public/v2/observations":
        return Reply(404, b"<html>not here</html>", {"Content-Type": "text/html"})
    if request.path == "/api/public/traces":
        chosen = [
            {**trace, "observations": [item["id"] for item in trace["observations"]], "timestamp": number}
            for number, trace in enumerate(TRACES)
            if request.query.get("sessionId") in (None, trace["sessionId"])
            and request.query.get("name") in (None, trace["name"])
        ]
        return {"data": chosen[::-1] if int(request.query["page"]) == 1 else [], "meta": {}}
    trace = next((trace for trace in TRACES if request.path == f"/api/public/traces/{trace['id']}"), None)
    return trace or not_found("Trace not found")


def test_a_session_is_all_its_traces_page_by_page(store: Store, fetch_from: Fetch) -> None:
    with Loopback(NewServer()) as server:
        found = fetch_from("langfuse", server.url, samples.SESSION)
    assert (found.traces, found.pages) == (2, 4)
    assert found.added.sessions == (samples.SESSION,)
    session = stored(store, samples.SESSION)
    assert_sample(session, runs=2)
    assert LONG in json.dumps([span.attributes for span in session.spans]), "metadata is not cut"


def test_a_trace_by_its_id(store: Store, fetch_from: Fetch) -> None:
    with Loopback(NewServer()) as server:
        found = fetch_from("langfuse", server.url, "trace-2")
    assert found.traces == 1
    assert_sample(stored(store, samples.SESSION))


def test_the_latest_of_an_agent(store: Store, fetch_from: Fetch) -> None:
    with Loopback(NewServer()) as server:
        found = fetch_from("langfuse", server.url, latest=1, agent="desk")
    assert found.added.sessions == (samples.SESSION,)
    assert_sample(stored(store, samples.SESSION), runs=2)


def test_a_server_of_version_3(store: Store, fetch_from: Fetch) -> None:
    with Loopback(old_server) as server:
        assert fetch_from("langfuse", server.url, samples.SESSION).traces == 2
        assert fetch_from("langfuse", server.url, "trace-1").traces == 1
        assert fetch_from("langfuse", server.url, latest=1, agent="desk").traces == 2
    assert_sample(stored(store, samples.SESSION), runs=2)
