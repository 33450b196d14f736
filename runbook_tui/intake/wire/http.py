"""OTLP/HTTP: `POST /v1/traces` and `/v1/logs`, protobuf and JSON, answered in the type of the request."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from typing import Final

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from runbook_tui.intake.errors import CaptureError
from runbook_tui.intake.wire.answers import failure, success
from runbook_tui.intake.wire.body import ENCODINGS, BodyBudget, BrokenBodyError, TooLargeError, read_body
from runbook_tui.intake.wire.export import Form, InvalidExportError, Signal, read_export
from runbook_tui.intake.wire.taking import LARGEST, BusyError, Take

__all__ = ["HttpServer"]

_PATHS: Final[dict[str, Signal]] = {"/v1/traces": "traces", "/v1/logs": "logs"}
_FORMS: Final[dict[str, Form]] = {"application/x-protobuf": "protobuf", "application/json": "json"}
_TYPES: Final = {form: name for name, form in _FORMS.items()}

_INVALID_ARGUMENT, _DEADLINE, _NOT_FOUND = 3, 4, 5
_EXHAUSTED, _UNIMPLEMENTED, _UNAVAILABLE = 8, 12, 14
_IDLE_S: Final = 60
_FIRST_REQUEST_S: Final = 10
"""How often connections are looked at; one that twice has asked for nothing only takes a place, and is closed."""
_BACKLOG: Final = 1024
_CLOSING_S: Final = 3.0
_CHUNK: Final = 1 << 16

_Connection = RequestHandler
_Reply = tuple[int, int, str]
"""HTTP status, code of `google.rpc.Status`, what is wrong."""


class HttpServer:
    """The HTTP side of the receiver.

    Args:
        take: is given what was accepted of each request, before it is answered.
    """

    def __init__(self, take: Take) -> None:
        self._take = take
        self._budget = BodyBudget()
        self._asked: set[_Connection] = set()
        """Connections on which there was a request."""
        quiet = logging.getLogger("runbook_tui.wire")
        quiet.addHandler(logging.NullHandler())
        quiet.propagate = False  # what clients do wrong is answered, not printed
        self._server = web.Server(
            self._handle,
            access_log=None,
            logger=quiet,
            auto_decompress=False,
            keepalive_timeout=_IDLE_S,
        )
        self._runner = web.ServerRunner(self._server, shutdown_timeout=_CLOSING_S)
        self._sweeping: asyncio.Task[None] | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen; returns the port, chosen by the system where 0 is asked for.

        Raises:
            CaptureError: the address cannot be had.
        """
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, host, port, backlog=_BACKLOG).start()
        except (OSError, OverflowError) as error:
            await self._runner.cleanup()
            said = getattr(error, "strerror", None) or str(error)
            advice = "stop what listens there, or choose another with --port"
            if isinstance(error, socket.gaierror) or getattr(error, "errno", None) == errno.EADDRNOTAVAIL:
                advice = "this machine has no such address; choose one of its own with --host"
            raise CaptureError("cannot listen", f"{host}:{port}", f"{said}; {advice}") from error
        self._sweeping = asyncio.create_task(self._sweep())
        return int(self._runner.addresses[0][1])

    async def close(self) -> None:
        """Answer what is under way, then close."""
        if self._sweeping is not None:
            self._sweeping.cancel()
        await self._runner.cleanup()

    async def _sweep(self) -> None:
        """Close connections on which nothing was ever asked."""
        silent: set[_Connection] = set()
        while True:
            await asyncio.sleep(_FIRST_REQUEST_S)
            here = set(self._server.connections)
            self._asked &= here
            for connection in silent & here - self._asked:
                connection.force_close()
            silent = here - self._asked

    async def _handle(self, request: web.BaseRequest) -> web.Response:
        self._asked.add(request.protocol)
        form = _FORMS.get(request.content_type, "json")
        try:
            return await self._answer(request)
        except BusyError as error:
            headers = {"Retry-After": str(error.retry_after_s)}
            return _refusal(form, (503, _UNAVAILABLE, str(error)), headers)
        except (BrokenBodyError, InvalidExportError, web.RequestPayloadError) as error:
            return _refusal(form, (400, _INVALID_ARGUMENT, str(error)))
        except TooLargeError:
            return _refusal(form, (413, _EXHAUSTED, f"more than {LARGEST >> 20} MiB; send smaller batches"))
        except TimeoutError:
            return _refusal(form, (408, _DEADLINE, "the body did not arrive in time"))

    async def _answer(self, request: web.BaseRequest) -> web.Response:
        form = _FORMS.get(request.content_type)
        encoding = request.headers.get("Content-Encoding", "").strip().lower()
        signal = _PATHS.get(request.path)
        if signal is None:
            where = ", logs to ".join(_PATHS)
            return _refusal(form or "json", (404, _NOT_FOUND, f"not here: traces go to {where}"))
        if request.method != "POST":
            said = (405, _UNIMPLEMENTED, "export requests are posted")
            return _refusal(form or "json", said, {"Allow": "POST"})
        if form is None:
            return _refusal("json", (415, _INVALID_ARGUMENT, f"send {' or '.join(_FORMS)}"))
        if encoding not in ENCODINGS:
            said = (415, _INVALID_ARGUMENT, "compress with gzip or deflate, or not at all")
            return _refusal(form, said)
        if (request.content_length or 0) > LARGEST:
            raise TooLargeError
        body = await read_body(request.content.iter_chunked(_CHUNK), encoding, self._budget)
        export = read_export(body, form, signal)
        if export.accepted:
            await self._take(export)
        return web.Response(body=success(export), content_type=_TYPES[form])


def _refusal(form: Form, reply: _Reply, headers: dict[str, str] | None = None) -> web.Response:
    status, code, message = reply
    return web.Response(
        status=status, body=failure(form, code, message), content_type=_TYPES[form], headers=headers
    )
