"""The module of each kind of server; a kind is added by a line here and its variables in `environment`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from runbook_tui.intake.servers.clickhouse import ClickHouse
from runbook_tui.intake.servers.client import Client, Limits
from runbook_tui.intake.servers.jaeger import Jaeger
from runbook_tui.intake.servers.langfuse import Langfuse
from runbook_tui.intake.servers.mlflow import MLflow
from runbook_tui.intake.servers.phoenix import Phoenix
from runbook_tui.intake.servers.source import Source
from runbook_tui.intake.servers.tempo import Tempo, tenant
from runbook_tui.intake.servers.walk import Server

__all__ = ["opened"]

_SERVERS: Final[dict[str, Callable[[Client], Server]]] = {
    "phoenix": Phoenix,
    "mlflow": MLflow,
    "langfuse": Langfuse,
    "jaeger": Jaeger,
    "tempo": Tempo,
    "clickhouse": ClickHouse,
}


@asynccontextmanager
async def opened(source: Source, limits: Limits | None = None) -> AsyncIterator[Server]:
    """A server to ask, with its connections closed at the end.

    Raises:
        ServerError: the certificates to trust cannot be read.
    """
    headers = source.authorization()
    if source.kind == "tempo":
        headers |= tenant(source)
    async with Client(source, headers, limits) as client:
        yield _SERVERS[source.kind](client)
