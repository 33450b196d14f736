"""The variables each product's own tools read, so that what is set for them is enough here too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote

import msgspec

from runbook_tui.intake.servers.source import Credentials, Source, base_url

__all__ = ["VARIABLES", "Variables", "from_environment"]


class Variables(msgspec.Struct, frozen=True):
    """The variables of one product; of several names the first that is set counts."""

    url: tuple[str, ...]
    default: str
    """Where it listens when nobody said otherwise."""
    token: tuple[str, ...] = ()
    username: tuple[str, ...] = ()
    password: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    """Pairs `name=value`, separated by commas."""
    project: tuple[str, ...] = ()
    ca_file: tuple[str, ...] = ()

    @property
    def secret(self) -> str:
        """The names to set when the server asks who one is, for a message."""
        return ", ".join((*self.token[:1], *self.username[:1], *self.password[:1]))


VARIABLES: Final[dict[str, Variables]] = {
    "phoenix": Variables(
        url=("PHOENIX_ENDPOINT", "PHOENIX_COLLECTOR_ENDPOINT", "PHOENIX_BASE_URL"),
        default="http://localhost:6006",
        token=("PHOENIX_API_KEY",),
        headers=("PHOENIX_CLIENT_HEADERS",),
        project=("PHOENIX_PROJECT_NAME", "PHOENIX_PROJECT"),
    ),
    "mlflow": Variables(
        url=("MLFLOW_TRACKING_URI",),
        default="http://localhost:5000",
        token=("MLFLOW_TRACKING_TOKEN",),
        username=("MLFLOW_TRACKING_USERNAME",),
        password=("MLFLOW_TRACKING_PASSWORD",),
        project=("MLFLOW_EXPERIMENT_NAME", "MLFLOW_EXPERIMENT_ID"),
        ca_file=("MLFLOW_TRACKING_SERVER_CERT_PATH",),
    ),
    "langfuse": Variables(
        url=("LANGFUSE_BASE_URL", "LANGFUSE_BASEURL", "LANGFUSE_HOST"),
        default="https://cloud.langfuse.com",
        username=("LANGFUSE_PUBLIC_KEY",),
        password=("LANGFUSE_SECRET_KEY",),
    ),
    "jaeger": Variables(
        url=("JAEGER_URL", "JAEGER_QUERY_URL"),
        default="http://localhost:16686",
        token=("JAEGER_TOKEN",),
        username=("JAEGER_USERNAME",),
        password=("JAEGER_PASSWORD",),
    ),
    "tempo": Variables(
        url=("TEMPO_URL", "TEMPO_ADDR"),
        default="http://localhost:3200",
        token=("TEMPO_TOKEN", "TEMPO_BEARER_TOKEN"),
        username=("TEMPO_USERNAME",),
        password=("TEMPO_PASSWORD",),
        project=("TEMPO_ORG_ID", "TEMPO_TENANT"),
    ),
    "clickhouse": Variables(
        url=("CLICKHOUSE_URL", "CLICKHOUSE_HOST"),
        default="http://localhost:8123",
        username=("CLICKHOUSE_USER", "CLICKHOUSE_USERNAME"),
        password=("CLICKHOUSE_PASSWORD",),
        project=("CLICKHOUSE_DATABASE", "CLICKHOUSE_DB"),
    ),
}

_SENT_TO: Final = ("/v1/traces", "/api/public/otel")
"""What exporters append to an address; the server's own begins before it."""


def from_environment(kind: str, url: str | None, environ: Mapping[str, str]) -> Source:
    """The server of that kind, from its product's variables.

    Args:
        kind: one of `KINDS`.
        url: its address where one was given; else a variable's, else where it usually listens.
        environ: the environment.

    Raises:
        ServerError: the address is none.
    """
    names = VARIABLES[kind]
    variable = next((name for name in names.url if environ.get(name, "").strip()), None)
    address = url or (environ[variable] if variable else names.default)
    if kind == "clickhouse" and url is None and variable == "CLICKHOUSE_HOST":
        address = _with_port(address, environ)
    found, user, password = base_url(address, "--url" if url else variable or kind)
    for ending in _SENT_TO:
        found = found.removesuffix(ending)
    credentials = Credentials(
        token=_first(environ, names.token),
        username=_first(environ, names.username) or user,
        password=_first(environ, names.password) or password,
        headers=_headers(_first(environ, names.headers)),
    )
    return Source(
        kind,
        kind,
        found,
        credentials,
        project=_first(environ, names.project),
        table=environ.get("CLICKHOUSE_TABLE") or None if kind == "clickhouse" else None,
        ca_file=_first(environ, names.ca_file),
    )


def _first(environ: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((value for name in names if (value := environ.get(name, "").strip())), None)


def _with_port(host: str, environ: Mapping[str, str]) -> str:
    """ClickHouse's host alone says neither port nor scheme."""
    port = environ.get("CLICKHOUSE_PORT", "").strip()
    secure = environ.get("CLICKHOUSE_SECURE", "").strip().lower() in ("1", "true", "yes") or port == "8443"
    if "://" in host:
        return host
    named = host if ":" in host else f"{host}:{port or ('8443' if secure else '8123')}"
    return f"{'https' if secure else 'http'}://{named}"


def _headers(text: str | None) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in (text or "").split(","))
    return {
        name.strip(): unquote(value.strip()) for name, _, value in pairs if name.strip() and value.strip()
    }
