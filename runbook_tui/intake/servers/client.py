"""HTTP to one server: time limits, retries, size limits, and for every way it can fail one line that says so.

Credentials go to the server's own host and nowhere else.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import urllib.request
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin, urlsplit

import msgspec

from runbook_tui.intake.servers.answers import Answer, asked_to_wait, refusal, too_large
from runbook_tui.intake.servers.source import ServerError, Source, origin_of

if TYPE_CHECKING:
    import aiohttp

__all__ = ["Client", "Limits"]

_REDIRECTS: Final = (301, 302, 303, 307, 308)
_MOST_REDIRECTS: Final = 5
_KEEP_METHOD: Final = (307, 308)
_PASSING: Final = (429, 500, 502, 503, 504)
"""What may be otherwise a moment later."""
_CHUNK: Final = 1 << 16


class Limits(msgspec.Struct, frozen=True):
    """How patient one is. Seconds and bytes."""

    connect: float = 10.0
    silence: float = 60.0
    """Without a byte of the answer."""
    request: float = 300.0
    """For one answer in all."""
    tries: int = 5
    first_wait: float = 0.5
    """Doubled with every further try, unless the server says how long to wait."""
    longest_wait: float = 60.0
    answer: int = 256 << 20


class _DroppedError(ServerError):
    """The connection ended before the answer did; another one may do better."""


class Client:
    """Requests to one server, as an asynchronous context manager.

    Args:
        source: the server.
        headers: what its kind sends with every request, credentials included.
        limits: how patient to be.
    """

    def __init__(self, source: Source, headers: Mapping[str, str], limits: Limits | None = None) -> None:
        self.source = source
        self.limits = limits or Limits()
        self._headers = {"Accept": "application/json", "User-Agent": "runbook-tui", **headers}
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Client:
        import aiohttp

        limits = self.limits
        timeout = aiohttp.ClientTimeout(
            total=limits.request, sock_connect=limits.connect, sock_read=limits.silence
        )
        connector = aiohttp.TCPConnector(ssl=_trusted(self.source), limit=4)
        # trust_env stays off: it would take credentials from a netrc file, which nobody named.
        self._session = aiohttp.ClientSession(
            connector=connector, timeout=timeout, headers=self._headers, cookie_jar=aiohttp.DummyCookieJar()
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def get(
        self, path: str, asked: Mapping[str, str | int | None] | None = None, *, allowed: tuple[int, ...] = ()
    ) -> Answer:
        """Ask for a path below the server's url.

        Args:
            path: the path.
            asked: the query; what is None is left out.
            allowed: statuses that are an answer to the caller, not a problem.

        Raises:
            ServerError: no usable answer came; one whose status says "not found" is an answer.
        """
        params = [(name, str(value)) for name, value in (asked or {}).items() if value is not None]
        return await self.ask("GET", path, params=params, allowed=allowed)

    async def post(self, path: str, value: Any) -> Answer:
        """Send a JSON document.

        Raises:
            ServerError: as with `get`.
        """
        body = msgspec.json.encode(value)
        return await self.ask("POST", path, body=body, headers={"Content-Type": "application/json"})

    async def ask(
        self,
        method: str,
        path: str,
        *,
        params: list[tuple[str, str]] | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        allowed: tuple[int, ...] = (),
    ) -> Answer:
        """One request, tried again while the server is only busy.

        Raises:
            ServerError: as with `get`.
        """
        wait = self.limits.first_wait
        for attempt in range(1, self.limits.tries + 1):
            last = attempt == self.limits.tries
            asked: float | None = None
            try:
                answer = await self._once(method, self.source.url + path, params, body, headers)
                if answer.status not in _PASSING or answer.status in allowed or last:
                    break
                asked = asked_to_wait(answer)
                if asked is not None and asked > self.limits.longest_wait:
                    break
            except _DroppedError:
                if last:
                    raise
            await asyncio.sleep(min(wait, self.limits.longest_wait) if asked is None else asked)
            wait *= 2
        problem = refusal(self.source, answer)
        if problem is not None and answer.status not in allowed:
            raise problem
        return answer

    async def _once(
        self,
        method: str,
        url: str,
        params: list[tuple[str, str]] | None,
        body: bytes | None,
        headers: Mapping[str, str] | None,
    ) -> Answer:
        import aiohttp

        assert self._session is not None
        try:
            for _ in range(_MOST_REDIRECTS):
                async with self._session.request(
                    method,
                    url,
                    params=params,
                    data=body,
                    headers=headers,
                    allow_redirects=False,
                    proxy=_proxy(url),
                ) as response:
                    if response.status not in _REDIRECTS or "Location" not in response.headers:
                        return await self._read(response)
                    url = self._followed(method, url, response.status, response.headers["Location"])
                    params = None
        except aiohttp.ClientError as error:
            raise self._failed(error) from None
        except TimeoutError:
            advice = "is it overloaded? try again, or ask for less with --latest"
            raise ServerError(
                f"{self.source.kind} does not answer in time", self.source.url, advice
            ) from None
        raise ServerError(
            f"{self.source.kind} redirects in a circle",
            self.source.url,
            "check the url: is it the server's own?",
        )

    async def _read(self, response: aiohttp.ClientResponse) -> Answer:
        most = self.limits.answer
        found = bytearray()
        async for chunk in response.content.iter_chunked(_CHUNK):
            found += chunk
            if len(found) > most:
                raise too_large(self.source, most)
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, bytes(found), headers, response.url.path)

    def _followed(self, method: str, url: str, status: int, location: str) -> str:
        """Where a redirect leads, if credentials may follow and the request stays what it was."""
        target = urljoin(url, location)
        before, after = origin_of(url), origin_of(target)
        upgraded = before[1] == after[1] and (before[0], after[0]) == ("http", "https")
        if before != after and not upgraded and self.source.credentials:
            advice = f"it points to {after[1] or 'nowhere'}; if that is the server, use its address"
            raise ServerError(
                "redirects to another host, not followed with credentials", self.source.url, advice
            )
        if after[0] not in ("http", "https") or (method != "GET" and status not in _KEEP_METHOD):
            advice = "it may want a login, or another address"
            raise ServerError(f"{self.source.kind} redirects elsewhere", self.source.url, advice)
        return target

    def _failed(self, error: aiohttp.ClientError) -> ServerError:
        import aiohttp

        kind, where = self.source.kind, self.source.url
        if isinstance(error, aiohttp.ClientConnectorSSLError):
            return ServerError(
                f"{kind} does not speak TLS as it should", where, "is it http:// and not https://?"
            )
        if isinstance(error, aiohttp.ClientConnectorCertificateError):
            advice = "name the authority's certificate as ca_file in sources.yaml, or in SSL_CERT_FILE"
            return ServerError(f"{kind} has a certificate that is not trusted", where, advice)
        if isinstance(error, aiohttp.ClientConnectorError):
            reason = os.strerror(error.errno) if error.errno and error.errno > 0 else "no such host"
            return ServerError(
                f"cannot reach {kind}", where, f"{reason.lower()}; is it running, and is that its address?"
            )
        if isinstance(error, aiohttp.ServerTimeoutError):
            return ServerError(f"{kind} does not answer in time", where, "is it overloaded? try again")
        return _DroppedError(
            f"{kind} broke the connection off", where, "try again; it goes on where it stopped"
        )


def _trusted(source: Source) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=source.ca_file)
    except (OSError, ssl.SSLError) as error:
        reason = getattr(error, "strerror", None) or "not certificates"
        advice = f"{reason}; name a file of PEM certificates"
        raise ServerError("cannot read the certificates to trust", str(source.ca_file), advice) from None


def _proxy(url: str) -> str | None:
    """The proxy the environment names for that url."""
    parts = urlsplit(url)
    proxies = urllib.request.getproxies()
    if urllib.request.proxy_bypass(parts.hostname or ""):
        return None
    return proxies.get(parts.scheme) or proxies.get("all")
