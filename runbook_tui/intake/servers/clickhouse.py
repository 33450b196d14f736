"""ClickHouse with the collector's `otel_traces`, over its HTTP interface.

Queries are constants. Every value, the names of database and table included, is a bound parameter. Times are
asked for as numbers, because as text they would be in whatever zone the server is set to.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from runbook_tui.intake.servers.answers import Answer, decoded
from runbook_tui.intake.servers.client import Client
from runbook_tui.intake.servers.source import ServerError
from runbook_tui.intake.servers.wanted import AGENT_ATTRIBUTES, SESSION_ATTRIBUTES, Wanted

__all__ = ["ClickHouse"]

_TABLE: Final = "otel_traces"
_DATABASE: Final = "default"
_PAGE: Final = 1000
"""Spans a page."""
_FROM: Final = "FROM {db:Identifier}.{table:Identifier} AS t"
_TYPES: Final = (
    "SELECT name, type FROM system.columns WHERE database = {db:String} AND table = {table:String}"
    " AND name IN ('TraceId', 'SpanAttributes') FORMAT JSON"
)
_SPANS: Final = (
    "SELECT * REPLACE (toUnixTimestamp64Nano(Timestamp) AS Timestamp,"
    " arrayMap(x -> toUnixTimestamp64Nano(x), `Events.Timestamp`) AS `Events.Timestamp`)"
    f" {_FROM} WHERE t.TraceId = {{trace:String}}"
    " AND (toUnixTimestamp64Nano(t.Timestamp), t.SpanId) > ({after:Int64}, {span:String})"
    " ORDER BY t.Timestamp, t.SpanId LIMIT {limit:UInt32} FORMAT JSONEachRow"
)
_ORDERED: Final = "GROUP BY t.TraceId ORDER BY min(t.Timestamp) FORMAT JSON"
_OWN: Final = f"SELECT t.TraceId AS trace {_FROM} WHERE t.TraceId = {{id:String}} LIMIT 1 FORMAT JSON"


class ClickHouse:
    """One table of spans. A key is a trace's id; a cursor is the time and id of the last span of a page."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.source = client.source
        self._nested: bool | None = None

    async def find(self, wanted: Wanted) -> list[str]:
        """The traces of the session, the trace itself, or those of the agent's latest sessions."""
        await self._look_at_table()
        if wanted.session is not None:
            return await self._of(wanted.session)
        owners = await self._rows(self._latest_query(wanted), _bound(wanted))
        return [trace for row in owners for trace in await self._of(str(row["owner"]))]

    async def page(self, trace: str, cursor: str | None) -> tuple[bytes, str | None]:
        """A page of a trace's spans, a line each."""
        after, _, span = (cursor or "0/").partition("/")
        answer = await self._ask(_SPANS, {"trace": trace, "after": after, "span": span, "limit": str(_PAGE)})
        lines = [line for line in answer.body.split(b"\n") if line.strip()]
        rows = [decoded(self.source, msgspec.structs.replace(answer, body=line)) for line in lines]
        following = f"{int(rows[-1]['Timestamp'])}/{rows[-1]['SpanId']}" if len(rows) >= _PAGE else None
        return b"\n".join(lines), following

    async def _of(self, name: str) -> list[str]:
        conditions = " OR ".join(f"{self._field(column, key)} = {{id:String}}" for column, key in _SESSIONS)
        found = await self._rows(
            f"SELECT t.TraceId AS trace {_FROM} WHERE {conditions} {_ORDERED}", {"id": name}
        )
        own = found or await self._rows(_OWN, {"id": name.lower()}) or await self._rows(_OWN, {"id": name})
        return [str(row["trace"]) for row in own]

    def _latest_query(self, wanted: Wanted) -> str:
        """The owners of spans: the session where one is named, else the trace; the latest first."""
        session = ", ".join(f"nullIf({self._field(column, key)}, '')" for column, key in _SESSIONS)
        conditions = ["1"]
        if wanted.agent is not None:
            fields = ["t.ServiceName", *(self._field("SpanAttributes", key) for key in AGENT_ATTRIBUTES)]
            conditions.append("(" + " OR ".join(f"{field} = {{agent:String}}" for field in fields) + ")")
        if wanted.since_ns is not None:
            conditions.append("toUnixTimestamp64Nano(t.Timestamp) >= {since:Int64}")
        return (
            f"SELECT coalesce({session}, t.TraceId) AS owner {_FROM} WHERE {' AND '.join(conditions)}"
            " GROUP BY owner ORDER BY max(t.Timestamp) DESC LIMIT {latest:UInt32} FORMAT JSON"
        )

    def _field(self, column: str, key: str) -> str:
        """An attribute as text, from a column of maps or, in the newer tables, of JSON; both names are constants."""
        if self._nested:
            path = ".".join(f"`{part}`" for part in key.split("."))
            return f"ifNull(t.{column}.{path}.:String, '')"
        return f"t.{column}['{key}']"

    async def _look_at_table(self) -> None:
        rows = {str(row["name"]): str(row["type"]) for row in await self._rows(_TYPES, {})}
        if "TraceId" not in rows:
            advice = "name its database and table in sources.yaml, or check the user's rights"
            where = f"{self._database}.{self._table}"
            raise ServerError("clickhouse has no such table of traces", where, advice)
        self._nested = rows.get("SpanAttributes", "").startswith("JSON")

    @property
    def _database(self) -> str:
        return self.source.project or _DATABASE

    @property
    def _table(self) -> str:
        return self.source.table or _TABLE

    async def _rows(self, query: str, bound: dict[str, str]) -> list[dict[str, Any]]:
        answer = await self._ask(query, bound)
        value = decoded(self.source, answer)
        return [row for row in value["data"] if isinstance(row, dict)]

    async def _ask(self, query: str, bound: dict[str, str]) -> Answer:
        values = {"db": self._database, "table": self._table, **bound}
        params = [(f"param_{name}", _escaped(value)) for name, value in values.items()]
        # Without it an error halfway through would come behind rows and a status that says all is well.
        params.append(("wait_end_of_query", "1"))
        answer = await self.client.ask("POST", "/", params=params, body=query.encode())
        if answer.unknown:
            where = f"{self._database}.{self._table}"
            raise ServerError(
                "clickhouse has no such table of traces", where, "name database and table in sources.yaml"
            )
        return answer


_SESSIONS: Final = tuple(
    (column, key) for key in SESSION_ATTRIBUTES for column in ("SpanAttributes", "ResourceAttributes")
)


def _bound(wanted: Wanted) -> dict[str, str]:
    found = {"latest": str(wanted.latest or 1)}
    if wanted.agent is not None:
        found["agent"] = wanted.agent
    if wanted.since_ns is not None:
        found["since"] = str(wanted.since_ns)
    return found


def _escaped(value: str) -> str:
    """A parameter's text: it is read as a tab-separated field, in which these signs are written with a backslash."""
    return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
