"""OTLP/gRPC: the trace and logs services. Needs the extra `grpc`; imported where a port for it is asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

import grpc

from runbook_tui.intake.errors import CaptureError
from runbook_tui.intake.wire.answers import success
from runbook_tui.intake.wire.export import InvalidExportError, Signal, read_export
from runbook_tui.intake.wire.taking import LARGEST, BusyError, Take

__all__ = ["GrpcServer"]

_SERVICES: Final[dict[str, Signal]] = {
    "opentelemetry.proto.collector.trace.v1.TraceService": "traces",
    "opentelemetry.proto.collector.logs.v1.LogsService": "logs",
}
_OPTIONS: Final = (
    ("grpc.max_receive_message_length", LARGEST),
    ("grpc.so_reuseport", 0),  # else a second receiver on the port would take half of what is sent
    ("grpc.max_concurrent_streams", 256),
)
_AT_ONCE: Final = 64
"""Requests handled at a time; more are told to try again."""
_CLOSING_S: Final = 3.0

_Context = Any
"""A `grpc.aio.ServicerContext`; the library carries no types."""


class GrpcServer:
    """The gRPC side of the receiver.

    Args:
        take: is given what was accepted of each request, before it is answered.
    """

    def __init__(self, take: Take) -> None:
        self._take = take
        self._server = grpc.aio.server(options=_OPTIONS, maximum_concurrent_rpcs=_AT_ONCE)
        # Bytes in, bytes out: a request is kept as it came.
        self._server.add_generic_rpc_handlers(
            tuple(
                grpc.method_handlers_generic_handler(
                    name, {"Export": grpc.unary_unary_rpc_method_handler(self._export(signal))}
                )
                for name, signal in _SERVICES.items()
            )
        )

    def _export(self, signal: Signal) -> Callable[[bytes, _Context], Awaitable[bytes]]:
        async def export(body: bytes, context: _Context) -> bytes:
            try:
                read = read_export(body, "protobuf", signal)
                if read.accepted:
                    await self._take(read)
            except InvalidExportError as error:
                await context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
            except BusyError as error:
                await context.abort(grpc.StatusCode.UNAVAILABLE, str(error))
            return success(read)

        return export

    async def start(self, host: str, port: int) -> int:
        """Listen; returns the port, chosen by the system where 0 is asked for.

        Raises:
            CaptureError: the address cannot be had.
        """
        where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        try:
            bound = self._server.add_insecure_port(where)
        except RuntimeError:
            bound = 0
        if not bound:
            advice = "stop what listens there, or choose another with --grpc-port"
            raise CaptureError("cannot listen for gRPC", where, advice)
        await self._server.start()
        return int(bound)

    async def close(self) -> None:
        """Answer what is under way, then close."""
        await self._server.stop(_CLOSING_S)
