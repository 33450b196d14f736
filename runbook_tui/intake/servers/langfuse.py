"""Langfuse: observations by cursor where the server has them (version 4), else whole traces (version 3).

A key is `v2/trace` or `v1/trace`, by the API that knew the trace.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

import msgspec

from runbook_tui.intake.servers.answers import Answer, as_line, decoded
from runbook_tui.intake.servers.client import Client
from runbook_tui.intake.servers.source import ServerError
from runbook_tui.intake.servers.walk import lacking
from runbook_tui.intake.servers.wanted import Wanted
from runbook_tui.trace import rfc3339

__all__ = ["Langfuse"]

_OBSERVATIONS: Final = "/api/public/v2/observations"
_TRACES: Final = "/api/public/traces"
_FIELDS: Final = "core,basic,time,io,metadata,model,usage,trace_context"
_PAGE: Final = 100
_LISTED: Final = 1000
_CUT: Final = 200
"""Characters of a metadata value that are given unless the whole is asked for."""
_NOT_OFFERED: Final = (400, 404, 405, 501)
"""How servers before version 4 answer for the newer API."""


class Langfuse:
    """One Langfuse project; its keys choose it."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.source = client.source

    async def find(self, wanted: Wanted) -> list[str]:
        """The traces of the session, the trace itself, or those of the agent's latest sessions."""
        if await self._is_new():
            return [f"v2/{trace}" for trace in await self._find_new(wanted)]
        return [f"v1/{trace}" for trace in await self._find_old(wanted)]

    async def page(self, trace: str, cursor: str | None) -> tuple[bytes, str | None]:
        """A page of a trace's observations, or the whole trace from an older server."""
        version, _, trace_id = trace.partition("/")
        if version == "v1":
            answer = await self.client.get(f"{_TRACES}/{quote(trace_id, safe='')}")
            if answer.unknown:
                raise lacking(self.source, Wanted(trace_id))
            decoded(self.source, answer)
            return as_line(answer.body), None
        asked: dict[str, str | int | None] = {
            "traceId": trace_id,
            "fields": _FIELDS,
            "limit": _PAGE,
            "cursor": cursor,
        }
        answer = await self.client.get(_OBSERVATIONS, asked)
        value = self._page(answer)
        cut = _cut_metadata(value)
        if cut:
            answer = await self.client.get(_OBSERVATIONS, {**asked, "expandMetadata": ",".join(cut)})
            value = self._page(answer)
        return as_line(answer.body), _cursor(value)

    async def _is_new(self) -> bool:
        answer = await self.client.get(_OBSERVATIONS, {"limit": 1, "fields": "core"}, allowed=_NOT_OFFERED)
        if answer.status in _NOT_OFFERED:
            return False
        value = decoded(self.source, answer)
        return isinstance(value, dict) and isinstance(value.get("data"), list)

    async def _find_new(self, wanted: Wanted) -> list[str]:
        if wanted.session is not None:
            found = await self._observed([_equals("sessionId", wanted.session)])
            traces = found or await self._observed([_equals("traceId", wanted.session)], most=1)
            traces.sort(key=lambda item: str(item.get("startTime", "")))
            return list(dict.fromkeys(str(item["traceId"]) for item in traces))
        since = []
        if wanted.since_ns:
            start = {
                "type": "datetime",
                "column": "startTime",
                "operator": ">=",
                "value": rfc3339(wanted.since_ns),
            }
            since.append(start)
        root = {"type": "boolean", "column": "isRootObservation", "operator": "=", "value": True}
        questions: list[list[dict[str, Any]]] = [[root]]
        if wanted.agent is not None:
            questions = [[_equals(column, wanted.agent)] for column in ("name", "traceName")]
        seen = [item for asked in questions for item in await self._observed([*asked, *since], most=_LISTED)]
        seen.sort(key=lambda item: str(item.get("startTime", "")), reverse=True)
        owners = dict.fromkeys(str(item.get("sessionId") or item["traceId"]) for item in seen)
        found_traces: list[str] = []
        for owner in list(owners)[: wanted.latest]:
            found_traces += await self._find_new(Wanted(owner))
        return found_traces

    async def _observed(
        self, conditions: list[dict[str, Any]], most: int | None = None
    ) -> list[dict[str, Any]]:
        """Observations that fit, without what was said in them."""
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        while most is None or len(found) < most:
            answer = await self.client.get(
                _OBSERVATIONS,
                {
                    "filter": msgspec.json.encode(conditions).decode(),
                    "fields": "core,basic,trace_context",
                    "limit": _LISTED if most is None else min(most, _LISTED),
                    "cursor": cursor,
                },
            )
            value = self._page(answer)
            found += [item for item in value["data"] if isinstance(item, dict) and item.get("traceId")]
            cursor = _cursor(value)
            if cursor is None:
                break
        return found

    async def _find_old(self, wanted: Wanted) -> list[str]:
        name = wanted.session
        if name is not None:
            found = await self._listed(sessionId=name)
            if not found and not (await self.client.get(f"{_TRACES}/{quote(name, safe='')}")).unknown:
                return [name]
            found.sort(key=lambda item: str(item.get("timestamp", "")))
            return [str(item["id"]) for item in found]
        since = rfc3339(wanted.since_ns) if wanted.since_ns else None
        listed = await self._listed(
            most=_LISTED, name=wanted.agent, orderBy="timestamp.desc", fromTimestamp=since
        )
        owners = dict.fromkeys(str(item.get("sessionId") or item["id"]) for item in listed)
        return [key for owner in list(owners)[: wanted.latest] for key in await self._find_old(Wanted(owner))]

    async def _listed(self, most: int | None = None, **asked: str | None) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        number = 1
        while most is None or len(found) < most:
            value = self._page(await self.client.get(_TRACES, {"limit": _PAGE, "page": number, **asked}))
            found += [item for item in value["data"] if isinstance(item, dict) and item.get("id")]
            number += 1
            if len(value["data"]) < _PAGE:
                break
        return found

    def _page(self, answer: Answer) -> dict[str, Any]:
        value = None if answer.unknown else decoded(self.source, answer)
        if not isinstance(value, dict) or not isinstance(value.get("data"), list):
            raise ServerError("not a Langfuse server", self.source.url, "give the address of its web page")
        return value


def _equals(column: str, value: str) -> dict[str, Any]:
    return {"type": "string", "column": column, "operator": "=", "value": value}


def _cursor(page: dict[str, Any]) -> str | None:
    meta = page.get("meta")
    found = meta.get("cursor") if isinstance(meta, dict) else None
    return str(found) if found else None


def _cut_metadata(page: dict[str, Any]) -> list[str]:
    """Names of metadata whose values are as long as the server cuts them."""
    names: dict[str, None] = {}
    for item in page["data"]:
        metadata = item.get("metadata") if isinstance(item, dict) else None
        for name, value in metadata.items() if isinstance(metadata, dict) else ():
            if isinstance(value, str) and len(value) >= _CUT and "," not in name:
                names[name] = None
    return list(names)
