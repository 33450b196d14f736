"""Phoenix: its REST API lists a project's traces by session and a trace's spans by cursor.

Without a project every one of them is asked, since nobody knows at night which it was.
"""

from __future__ import annotations

import json
from typing import Any, Final
from urllib.parse import quote

from runbook_tui.intake.servers.answers import Answer, as_line, decoded
from runbook_tui.intake.servers.client import Client
from runbook_tui.intake.servers.source import ServerError
from runbook_tui.intake.servers.walk import lacking
from runbook_tui.intake.servers.wanted import (
    AGENT_ATTRIBUTES,
    SESSION_ATTRIBUTES,
    Wanted,
    looks_like_trace,
)
from runbook_tui.trace import rfc3339

__all__ = ["Phoenix"]

_PAGE: Final = 200
"""Spans a page; each carries its prompts."""
_LISTED: Final = 1000
_LOOKED_AT: Final = 1000
"""Spans of an agent that are looked through for its latest sessions."""


class Phoenix:
    """One Phoenix server. A key is `project/trace`."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.source = client.source

    async def find(self, wanted: Wanted) -> list[str]:
        """The traces of the session, the trace itself, or those of the agent's latest sessions."""
        projects = [self.source.project] if self.source.project else await self._projects()
        if wanted.session is None:
            return await self._latest(projects, wanted)
        for project in projects:
            found = await self._of(project, wanted.session)
            if found:
                return found
        return []

    async def page(self, trace: str, cursor: str | None) -> tuple[bytes, str | None]:
        """A page of a trace's spans."""
        project, _, trace_id = trace.rpartition("/")
        answer = await self._spans(project, trace_id=trace_id, limit=_PAGE, cursor=cursor)
        value = self._value(answer)
        if answer.unknown or not isinstance(value, dict):
            raise lacking(self.source, Wanted(trace_id))
        following = value.get("next_cursor")
        return as_line(answer.body), str(following) if following else None

    async def _projects(self) -> list[str]:
        found: list[str] = []
        cursor: str | None = None
        while True:
            answer = await self.client.get("/v1/projects", {"limit": _LISTED, "cursor": cursor})
            value = self._value(answer)
            if answer.unknown or not isinstance(value, dict) or not isinstance(value.get("data"), list):
                raise ServerError("not a Phoenix server", self.source.url, "give the address of its web page")
            found += [str(item["id"]) for item in value["data"] if isinstance(item, dict) and "id" in item]
            cursor = value.get("next_cursor")
            if not cursor:
                return found

    async def _of(self, project: str, wanted: str) -> list[str]:
        if looks_like_trace(wanted):
            trace_id = wanted.removeprefix("tr-").lower()
            if await self._listed(await self._spans(project, trace_id=trace_id, limit=1)):
                return [f"{project}/{trace_id}"]
        return await self._session(project, wanted)

    async def _session(self, project: str, session: str) -> list[str]:
        """Its traces in order of time; spans that only carry the attribute count as well."""
        found: dict[str, None] = {}
        cursor: str | None = None
        while True:
            answer = await self.client.get(
                f"/v1/projects/{quote(project, safe='')}/traces",
                {"session_identifier": session, "order": "asc", "limit": _LISTED, "cursor": cursor},
            )
            value = self._value(answer)
            found |= {
                str(item["trace_id"]): None for item in await self._listed(answer) if "trace_id" in item
            }
            cursor = value.get("next_cursor") if isinstance(value, dict) else None
            if not cursor:
                break
        for name in () if found else SESSION_ATTRIBUTES:
            for span in await self._with(project, name, session):
                found.setdefault(_trace_of(span))
        return [f"{project}/{trace_id}" for trace_id in found if trace_id]

    async def _latest(self, projects: list[str], wanted: Wanted) -> list[str]:
        """The traces of the latest sessions, by the newest span each has of the agent."""
        newest: dict[tuple[str, str], str] = {}
        for project in projects:
            for span in await self._candidates(project, wanted):
                owner = (project, _session_of(span) or _trace_of(span))
                newest[owner] = max(newest.get(owner, ""), str(span.get("start_time", "")))
        order = sorted(newest, key=lambda owner: newest[owner], reverse=True)[: wanted.latest]
        return [key for project, owner in order for key in await self._of(project, owner)]

    async def _candidates(self, project: str, wanted: Wanted) -> list[dict[str, Any]]:
        since = rfc3339(wanted.since_ns) if wanted.since_ns else None
        if wanted.agent is None:
            answer = await self._spans(project, parent_id="null", limit=_LOOKED_AT, start_time=since)
            return await self._listed(answer)
        found: list[dict[str, Any]] = []
        for name in AGENT_ATTRIBUTES:
            found += await self._with(project, name, wanted.agent, since)
        for title in (wanted.agent, f"invoke_agent {wanted.agent}"):
            answer = await self._spans(project, name=title, limit=_LOOKED_AT, start_time=since)
            found += [span for span in await self._listed(answer) if span.get("name") == title]
        return found

    async def _with(
        self, project: str, attribute: str, value: str, since: str | None = None
    ) -> list[dict[str, Any]]:
        """The latest spans with that attribute; older servers ignore the filter, so it is checked here again."""
        answer = await self._spans(
            project, attribute=f"{attribute}:{json.dumps(value)}", limit=_LOOKED_AT, start_time=since
        )
        return [span for span in await self._listed(answer) if _attribute(span, attribute) == value]

    async def _spans(self, project: str, **params: str | int | None) -> Answer:
        return await self.client.get(f"/v1/projects/{quote(project, safe='')}/spans", params)

    def _value(self, answer: Answer) -> Any:
        return None if answer.unknown else decoded(self.source, answer)

    async def _listed(self, answer: Answer) -> list[dict[str, Any]]:
        value = self._value(answer)
        items = value.get("data") if isinstance(value, dict) else None
        return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _attribute(span: dict[str, Any], name: str) -> str | None:
    attributes = span.get("attributes")
    value = attributes.get(name) if isinstance(attributes, dict) else None
    return None if value is None else str(value)


def _session_of(span: dict[str, Any]) -> str | None:
    return next((found for name in SESSION_ATTRIBUTES if (found := _attribute(span, name))), None)


def _trace_of(span: dict[str, Any]) -> str:
    context = span.get("context")
    return str(context.get("trace_id", "")) if isinstance(context, dict) else ""
