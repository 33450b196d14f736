"""Jaeger: the JSON its own pages are made from, and where that is switched off the stable API, version 3.

Searching needs a service and a span of time. Without an agent's name every service is asked.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Final

from runbook_tui.intake.servers.answers import Answer, as_line, decoded
from runbook_tui.intake.servers.client import Client
from runbook_tui.intake.servers.source import ServerError
from runbook_tui.intake.servers.walk import lacking
from runbook_tui.intake.servers.wanted import SESSION_ATTRIBUTES, Wanted, looks_like_trace
from runbook_tui.trace import rfc3339

__all__ = ["Jaeger"]

_WEEK_NS: Final = 7 * 86_400 * 10**9
_SERVICES: Final = 200
_LISTED: Final = 1000
"""Traces of one search."""
_CANDIDATES: Final = 20
"""Traces looked at for each latest session, which may be several traces."""


class Jaeger:
    """One Jaeger server. A key is a trace's id."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.source = client.source

    async def find(self, wanted: Wanted) -> list[str]:
        """The traces of the session, the trace itself, or those of the service's latest sessions."""
        name = wanted.session
        if name is not None and looks_like_trace(name) and await self._trace(name.lower()) is not None:
            return [name.lower()]
        services = [wanted.agent] if wanted.agent else await self._services()
        if name is not None:
            return await self._session(services, name, wanted)
        return await self._latest(services, wanted)

    async def page(self, trace: str, cursor: str | None) -> tuple[bytes, str | None]:  # noqa: ARG002 - it is one page
        """A trace with all its spans."""
        answer = await self._trace(trace)
        if answer is None:
            raise lacking(self.source, Wanted(trace))
        return as_line(answer.body), None

    async def _trace(self, trace_id: str) -> Answer | None:
        """The answer that holds the trace; None where the server has none of that id."""
        for path in (f"/api/traces/{trace_id}", f"/api/v3/traces/{trace_id}"):
            answer = await self.client.get(path)
            if not answer.unknown and _holds_spans(decoded(self.source, answer)):
                return answer
        return None

    async def _services(self) -> list[str]:
        for path, key in (("/api/services", "data"), ("/api/v3/services", "services")):
            answer = await self.client.get(path)
            value = None if answer.unknown else decoded(self.source, answer)
            if isinstance(value, dict) and key in value:
                return [str(name) for name in value[key] or ()][:_SERVICES]
        raise ServerError("not a Jaeger server", self.source.url, "give the address of its web page")

    async def _session(self, services: list[str], session: str, wanted: Wanted) -> list[str]:
        found: dict[str, int] = {}
        for service in services:
            for attribute in SESSION_ATTRIBUTES:
                tags = json.dumps({attribute: session})
                for trace in await self._search(service, wanted, _LISTED, tags):
                    if session in _sessions_of(trace):
                        found[str(trace["traceID"])] = _started(trace)
        return sorted(found, key=lambda trace_id: found[trace_id])

    async def _latest(self, services: list[str], wanted: Wanted) -> list[str]:
        count = wanted.latest or 1
        traces = [
            trace
            for service in services
            for trace in await self._search(service, wanted, min(count * _CANDIDATES, _LISTED))
        ]
        traces.sort(key=_started, reverse=True)
        owners: dict[str, list[str]] = {}
        for trace in traces:
            owner = next(iter(_sessions_of(trace)), str(trace["traceID"]))
            owners.setdefault(owner, []).append(str(trace["traceID"]))
        return [trace_id for found in list(owners.values())[:count] for trace_id in reversed(found)]

    async def _search(
        self, service: str, wanted: Wanted, most: int, tags: str | None = None
    ) -> list[dict[str, Any]]:
        """Traces of a service, in the form of the pages' API whichever was asked."""
        now = int(datetime.now(UTC).timestamp() * 1e9)
        start = wanted.since_ns or now - _WEEK_NS
        answer = await self.client.get(
            "/api/traces",
            {"service": service, "start": start // 1000, "end": now // 1000, "limit": most, "tags": tags},
        )
        if not answer.unknown:
            value = decoded(self.source, answer)
            return [
                trace for trace in value.get("data") or () if isinstance(trace, dict) and trace.get("traceID")
            ]
        asked: dict[str, str | int | None] = {
            "query.service_name": service,
            "query.start_time_min": rfc3339(start),
            "query.start_time_max": rfc3339(now),
            "query.search_depth": most,
        }
        answer = await self.client.get("/api/v3/traces", asked)
        return [] if answer.unknown else _regrouped(decoded(self.source, answer))


def _holds_spans(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    traces = value.get("data")
    if isinstance(traces, list):
        return any(isinstance(trace, dict) and trace.get("spans") for trace in traces)
    result = value.get("result")
    return isinstance(result, dict) and bool(result.get("resourceSpans"))


def _tags(trace: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (str(tag.get("key")), str(tag.get("value")))
        for span in trace.get("spans") or ()
        for tag in span.get("tags") or ()
    ]


def _sessions_of(trace: dict[str, Any]) -> list[str]:
    """The sessions its spans name, the usual attribute first."""
    tags = _tags(trace)
    return [value for name in SESSION_ATTRIBUTES for key, value in tags if key == name]


def _started(trace: dict[str, Any]) -> int:
    return min((int(span.get("startTime") or 0) for span in trace.get("spans") or ()), default=0)


def _regrouped(value: Any) -> list[dict[str, Any]]:
    """What a search needs to know of the spans of an answer of version 3, by trace."""
    traces: dict[str, dict[str, Any]] = {}
    result = value.get("result") if isinstance(value, dict) else None
    for resource in (result or {}).get("resourceSpans") or ():
        for scope in resource.get("scopeSpans") or ():
            for span in scope.get("spans") or ():
                trace_id = str(span["traceId"])
                trace = traces.setdefault(trace_id, {"traceID": trace_id, "spans": []})
                tags = [
                    {"key": pair.get("key"), "value": (pair.get("value") or {}).get("stringValue")}
                    for pair in span.get("attributes") or ()
                ]
                started = int(span.get("startTimeUnixNano") or 0) // 1000
                trace["spans"].append({"tags": tags, "startTime": started})
    return list(traces.values())
