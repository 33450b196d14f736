"""A trace server to fetch from: what it is, where it is, and how one proves who one is.

A credential is never part of a repr, a message or a capture; what is shown of the url has none either.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote, urlsplit, urlunsplit

import msgspec

from runbook_tui.trace import RunbookError, visible

__all__ = ["KINDS", "Credentials", "ServerError", "SessionLackingError", "Source", "base_url", "origin_of"]

KINDS: Final = ("phoenix", "mlflow", "langfuse", "jaeger", "tempo", "clickhouse")
"""The servers that can be fetched from."""

_SHORTEST_SECRET: Final = 4
"""A shorter one would blank out half of every message, and protects nothing."""
_PORTS: Final = {"http": 80, "https": 443}


class ServerError(RunbookError):
    """A server, or what is configured of it, that cannot be fetched from. Its words are safe to show, on one line."""

    def __init__(self, what: str, where: str, advice: str) -> None:
        super().__init__(*(" ".join(visible(text).split()) for text in (what, where, advice)))


class SessionLackingError(ServerError):
    """The server has no such session or trace."""


class Credentials(msgspec.Struct, frozen=True):
    """What is sent to prove who one is; all of it secret."""

    token: str | None = None
    """A bearer token or API key."""
    username: str | None = None
    password: str | None = None
    headers: Mapping[str, str] = {}
    """Sent as they are, for gateways that want their own."""

    def __bool__(self) -> bool:
        return bool(self.token or self.username or self.password or self.headers)

    def __repr__(self) -> str:
        return "Credentials(hidden)" if self else "Credentials()"

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown; a user name may be. A server may echo what it was sent, encoded or not."""
        pair = base64.b64encode(f"{self.username or ''}:{self.password or ''}".encode()).decode("ascii")
        values = [self.token, self.password, pair if self.password else None, *self.headers.values()]
        parts = [part for value in values if value for part in (value, value.rpartition(" ")[2])]
        return tuple(dict.fromkeys(part for part in parts if len(part) >= _SHORTEST_SECRET))


class Source(msgspec.Struct, frozen=True):
    """A server as it was named on the command line, in the environment or in the configuration."""

    name: str
    """As the user calls it: its kind, or its name in the configuration."""
    kind: str
    url: str
    """Without credentials and without a slash at the end."""
    credentials: Credentials = Credentials()
    project: str | None = None
    """Phoenix's project, MLflow's experiment, ClickHouse's database, Tempo's tenant."""
    table: str | None = None
    """ClickHouse's table."""
    ca_file: str | None = None
    """Certificates to trust beside the system's."""

    def hidden(self, text: str) -> str:
        """The text without any credential that found its way into it."""
        for secret in sorted(self.credentials.secrets, key=len, reverse=True):
            text = text.replace(secret, "***")
        return text

    def authorization(self) -> dict[str, str]:
        """The headers that prove who one is: a token, else a user's password, and whatever a gateway wants."""
        own = dict(self.credentials.headers)
        if any(name.lower() == "authorization" for name in own):
            return own
        held = self.credentials
        if held.token:
            own["Authorization"] = f"Bearer {held.token}"
        elif held.username or held.password:
            pair = f"{held.username or ''}:{held.password or ''}".encode()
            own["Authorization"] = f"Basic {base64.b64encode(pair).decode('ascii')}"
        return own


def origin_of(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port of a url, which decide whether credentials may go there."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = None
    return parts.scheme, parts.hostname or "", port or _PORTS.get(parts.scheme)


def base_url(text: str, where: str) -> tuple[str, str | None, str | None]:
    """A server's address as typed: (url without user and password, user, password).

    Args:
        text: the address; `http` is assumed for this machine, `https` for any other, where it names neither.
        where: what to call its place in a message.

    Raises:
        ServerError: it is no address of a web server.
    """
    typed = text.strip()
    if "://" not in typed:
        local = re.match(r"(localhost|127\.\d|\[::1\])", typed) is not None
        typed = f"{'http' if local else 'https'}://{typed}"
    parts = urlsplit(typed)
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if parts.scheme not in _PORTS or not host:
        shown = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        raise ServerError("not the address of a server", where, f"write http://HOST:PORT, not {shown[:100]}")
    shown_host = f"[{host}]" if ":" in host else host
    netloc = shown_host if port is None else f"{shown_host}:{port}"
    url = urlunsplit((parts.scheme, netloc, parts.path.rstrip("/"), "", ""))
    user, password = parts.username, parts.password
    return url, unquote(user) if user else None, unquote(password) if password else None
