"""Grafana Tempo: TraceQL finds the traces, each is fetched whole by its id.

Searching needs a span of time; a week, the longest that Tempo allows unless told otherwise, where none is given.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from runbook_tui.intake.servers.answers import Answer, as_line, decoded
from runbook_tui.intake.servers.client import Client
from runbook_tui.intake.servers.source import ServerError, Source
from runbook_tui.intake.servers.walk import lacking
from runbook_tui.intake.servers.wanted import (
    AGENT_ATTRIBUTES,
    SESSION_ATTRIBUTES,
    Wanted,
    looks_like_trace,
)

__all__ = ["Tempo", "tenant"]

_WEEK: Final = 7 * 86_400 - 60
"""Seconds; a minute less, so that a server's own clock does not make it too long."""
_LISTED: Final = 1000
_CANDIDATES: Final = 20
"""Traces looked at for each latest session, which may be several traces."""


def tenant(source: Source) -> dict[str, str]:
    """The header that chooses whose traces they are, where the server serves several."""
    return {"X-Scope-OrgID": source.project} if source.project else {}


class Tempo:
    """One Tempo server. A key is a trace's id."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.source = client.source

    async def find(self, wanted: Wanted) -> list[str]:
        """The traces of the session, the trace itself, or those of the agent's latest sessions."""
        name = wanted.session
        if name is not None:
            if looks_like_trace(name) and await self._trace(name.lower()) is not None:
                return [name.lower()]
            return [trace_id for trace_id, _ in reversed(await self._session(name, wanted))]
        chosen = f"| select({', '.join(f'span.{name}' for name in SESSION_ATTRIBUTES)})"
        conditions = [f"span.{attribute}" for attribute in AGENT_ATTRIBUTES] if wanted.agent else []
        question = "{}"
        if wanted.agent is not None:
            quoted = _quoted(wanted.agent)
            named = " || ".join(f"{field} = {quoted}" for field in ("resource.service.name", *conditions))
            question = f"{{ {named} }}"
        most = min((wanted.latest or 1) * _CANDIDATES, _LISTED)
        owners: dict[str, None] = {}
        for trace in await self._search(f"{question} {chosen}", wanted, most):
            owners[_session_of(trace) or str(trace["traceID"])] = None
        keys: list[str] = []
        for owner in list(owners)[: wanted.latest]:
            found = [trace_id for trace_id, _ in reversed(await self._session(owner, wanted))]
            keys += found or [owner]
        return keys

    async def page(self, trace: str, cursor: str | None) -> tuple[bytes, str | None]:  # noqa: ARG002 - it is one page
        """A trace with all its spans."""
        answer = await self._trace(trace)
        if answer is None:
            raise lacking(self.source, Wanted(trace))
        return as_line(answer.body), None

    async def _trace(self, trace_id: str) -> Answer | None:
        """The answer that holds the trace; None where the server has none of that id."""
        for path in (f"/api/v2/traces/{trace_id}", f"/api/traces/{trace_id}"):
            answer = await self.client.get(path)
            if answer.unknown:
                continue
            value = decoded(self.source, answer)
            if not isinstance(value, dict):
                raise ServerError("not a Tempo server", self.source.url, "is that its address?")
            trace = value.get("trace") or value
            if value.get("status") == "PARTIAL":
                advice = "it is larger than the server gives out: raise max_bytes_per_trace, or export it"
                raise ServerError("tempo gives only a part of the trace", trace_id, advice)
            if trace.get("resourceSpans") or trace.get("batches"):
                return answer
        return None

    async def _session(self, session: str, wanted: Wanted) -> list[tuple[str, int]]:
        """Its traces and when each began, the latest first."""
        quoted = _quoted(session)
        fields = [f"{scope}.{name}" for name in SESSION_ATTRIBUTES for scope in ("span", "resource")]
        question = "{ " + " || ".join(f"{field} = {quoted}" for field in fields) + " }"
        found = await self._search(question, wanted, _LISTED)
        return [(str(trace["traceID"]), _started(trace)) for trace in found]

    async def _search(self, question: str, wanted: Wanted, most: int) -> list[dict[str, Any]]:
        now = int(datetime.now(UTC).timestamp())
        start = wanted.since_ns // 10**9 if wanted.since_ns else now - _WEEK
        answer = await self.client.get(
            "/api/search", {"q": question, "start": start, "end": now, "limit": most}
        )
        value = None if answer.unknown else decoded(self.source, answer)
        if not isinstance(value, dict):
            raise ServerError("not a Tempo server", self.source.url, "is that its address?")
        listed = [
            trace for trace in value.get("traces") or () if isinstance(trace, dict) and trace.get("traceID")
        ]
        return sorted(listed, key=_started, reverse=True)


def _quoted(value: str) -> str:
    """A string of TraceQL; there are no bound values, so what could end it early is escaped.

    Raises:
        ServerError: it holds what no id or name does.
    """
    if any(ord(sign) < 0x20 for sign in value):
        raise ServerError(
            "a name with control characters", value.encode().hex()[:40], "give the id of a trace"
        )
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _started(trace: dict[str, Any]) -> int:
    return int(trace.get("startTimeUnixNano") or 0)


def _session_of(trace: dict[str, Any]) -> str | None:
    """The session that a span of the answer names, where the server gives attributes."""
    sets = trace.get("spanSets") or [trace.get("spanSet") or {}]
    named = {
        str(pair.get("key")): (pair.get("value") or {}).get("stringValue")
        for found in sets
        for span in found.get("spans") or ()
        for pair in span.get("attributes") or ()
    }
    return next((named[name] for name in SESSION_ATTRIBUTES if named.get(name)), None)
