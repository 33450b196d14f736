"""MLflow 3: searches traces of an experiment by their session, and gives a trace whole.

Traces whose spans lie in the artifact store are fetched from there and put beside their description, which is
the form MLflow itself exports.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from runbook_tui.intake.servers.answers import Answer, as_line, decoded
from runbook_tui.intake.servers.client import Client
from runbook_tui.intake.servers.source import ServerError
from runbook_tui.intake.servers.walk import lacking
from runbook_tui.intake.servers.wanted import Wanted, looks_like_trace

__all__ = ["MLflow"]

_API: Final = "/api/3.0/mlflow/traces"
_EXPERIMENTS: Final = "/api/2.0/mlflow/experiments/search"
_ARTIFACT: Final = "/ajax-api/2.0/mlflow/get-trace-artifact"
_PAGE: Final = 500
_LOOKED_AT: Final = 2000
"""Traces that are looked through for an agent's latest sessions."""
_SESSION: Final = "mlflow.trace.session"
_BATCH: Final = 100
"""Experiments a search; more would not fit a server's limits."""


class MLflow:
    """One MLflow server. A key is a trace's id."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.source = client.source

    async def find(self, wanted: Wanted) -> list[str]:
        """The traces of the session, the trace itself, or those of the agent's latest sessions."""
        name = wanted.session
        if name is not None and looks_like_trace(name):
            trace_id = name if name.startswith("tr-") else f"tr-{name.lower()}"
            if not (await self._trace(trace_id)).unknown:
                return [trace_id]
        experiments = await self._experiments()
        if name is not None:
            return await self._session(experiments, name)
        return await self._latest(experiments, wanted)

    async def page(self, trace: str, cursor: str | None) -> tuple[bytes, str | None]:  # noqa: ARG002 - it is one page
        """A trace with all its spans."""
        answer = await self._trace(trace)
        if answer.unknown:
            raise lacking(self.source, Wanted(trace))
        value = decoded(self.source, answer)
        found = value.get("trace") if isinstance(value, dict) else None
        if not isinstance(found, dict):
            raise ServerError(
                "not an answer of MLflow 3", self.source.url, "is that its address? it needs MLflow 3"
            )
        if found.get("spans"):
            return as_line(answer.body), None
        artifact = await self.client.get(_ARTIFACT, {"request_id": trace})
        if artifact.unknown:
            return as_line(answer.body), None
        decoded(self.source, artifact)
        info = msgspec.json.encode(found.get("trace_info"))
        return as_line(b'{"info":' + info + b',"data":' + artifact.body + b"}"), None

    async def _trace(self, trace_id: str) -> Answer:
        return await self.client.get(f"{_API}/get", {"trace_id": trace_id, "allow_partial": "true"})

    async def _experiments(self) -> list[str]:
        found: list[str] = []
        token: str | None = None
        while True:
            asked = {"max_results": 1000, **({"page_token": token} if token else {})}
            answer = await self.client.post(_EXPERIMENTS, asked)
            value = None if answer.unknown else decoded(self.source, answer)
            if not isinstance(value, dict):
                raise ServerError("not an MLflow server", self.source.url, "give the address of its web page")
            found += [
                str(item["experiment_id"])
                for item in value.get("experiments") or ()
                if self.source.project in (None, item.get("name"), item.get("experiment_id"))
            ]
            token = value.get("next_page_token")
            if not token:
                break
        if not found and self.source.project:
            raise ServerError("mlflow has no such experiment", self.source.project, "check its name or id")
        return found

    async def _session(self, experiments: list[str], session: str) -> list[str]:
        quote = "'" if "'" not in session else '"'
        if quote in session:
            raise ServerError("a session id that mlflow cannot search for", session, "give the id of a trace")
        question = f"metadata.`{_SESSION}` = {quote}{session}{quote}"
        found = await self._search(experiments, question, "timestamp_ms ASC", None)
        return [str(info["trace_id"]) for info in found if _metadata(info).get(_SESSION) == session]

    async def _latest(self, experiments: list[str], wanted: Wanted) -> list[str]:
        since = f"timestamp_ms >= {wanted.since_ns // 1_000_000}" if wanted.since_ns else ""
        found = await self._search(experiments, since, "timestamp_ms DESC", _LOOKED_AT)
        found.sort(key=lambda info: str(info.get("request_time", "")), reverse=True)
        sessions: dict[str, str] = {}
        for info in found:
            if wanted.agent is not None and not await self._is_of(info, wanted.agent):
                continue
            trace_id = str(info["trace_id"])
            session = _metadata(info).get(_SESSION)
            sessions.setdefault(str(session or trace_id), "session" if session else "trace")
            if len(sessions) == wanted.latest:
                break
        keys: list[str] = []
        for owner, kind in sessions.items():
            keys += await self._session(experiments, owner) if kind == "session" else [owner]
        return keys

    async def _is_of(self, info: dict[str, Any], agent: str) -> bool:
        """Whether the trace is of that agent: by its tags where they say so, else by its spans."""
        tags = info.get("tags")
        named = tags if isinstance(tags, dict) else {}
        if agent in (named.get("mlflow.traceName"), named.get("service.name")):
            return True
        answer = await self._trace(str(info["trace_id"]))
        return not answer.unknown and _names(decoded(self.source, answer), agent)

    async def _search(
        self, experiments: list[str], question: str, order: str, most: int | None
    ) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for start in range(0, len(experiments), _BATCH):
            asked: dict[str, Any] = {
                "locations": [
                    {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": name}}
                    for name in experiments[start : start + _BATCH]
                ],
                "max_results": _PAGE,
                "order_by": [order],
            }
            if question:
                asked["filter"] = question
            while most is None or len(found) < most:
                answer = await self.client.post(f"{_API}/search", asked)
                value = None if answer.unknown else decoded(self.source, answer)
                if not isinstance(value, dict):
                    raise ServerError("not an MLflow 3 server", self.source.url, "it needs MLflow 3 or newer")
                found += [info for info in value.get("traces") or () if isinstance(info, dict)]
                if not value.get("next_page_token"):
                    break
                asked["page_token"] = value["next_page_token"]
        return [info for info in found if info.get("trace_id")]


def _metadata(info: dict[str, Any]) -> dict[str, Any]:
    found = info.get("trace_metadata")
    return found if isinstance(found, dict) else {}


def _names(answer: Any, agent: str) -> bool:
    """Whether a span is that agent or says its name."""
    trace = answer.get("trace") if isinstance(answer, dict) else None
    for span in (trace.get("spans") or ()) if isinstance(trace, dict) else ():
        if span.get("name") in (agent, f"invoke_agent {agent}"):
            return True
        for pair in span.get("attributes") or ():
            named = str(pair.get("key", "")).endswith(("agent.name", "agent_name"))
            if named and (pair.get("value") or {}).get("string_value") in (agent, f'"{agent}"'):
                return True
    return False
