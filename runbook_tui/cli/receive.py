"""`receive`: an OTLP receiver; what agents send becomes sessions while they run."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

import click

from runbook_tui.cli.context import Context
from runbook_tui.cli.output import complain, say
from runbook_tui.trace import RunbookError
from runbook_tui.trace.counted import counted

if TYPE_CHECKING:
    from runbook_tui.incident.receiving import Receiving, ReceivingState

__all__ = ["receive_command"]

_GRPC_PORT: Final = 4317
_FILES: Final = 8192
"""Files and connections the process may have open; many systems start with a thousand."""
_NEWS_S: Final = 10.0
"""Without a terminal, a line is printed so often, and only when something came."""


@click.command("receive")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=4318,
    show_default=True,
    help="For OTLP/HTTP; 0: any free one.",
)
@click.option(
    "--grpc-port",
    type=click.IntRange(0, 65535),
    help=f"For OTLP/gRPC; {_GRPC_PORT} where the extra grpc is installed.",
)
@click.pass_obj
def receive_command(context: Context, host: str, port: int, grpc_port: int | None) -> int:
    """Receive OTLP traces and logs until ctrl+c. Sessions appear while they run.

    OTLP/HTTP takes protobuf and JSON at /v1/traces and /v1/logs. Nobody is asked who they are: listen on an address that
    only your agents can reach.
    """
    if grpc_port is not None and find_spec("grpc") is None:
        raise RunbookError("gRPC is not installed", "--grpc-port", "pip install 'runbook-tui[grpc]'")
    _allow_many_connections()
    gc.set_threshold(100_000, 20, 50)  # spans that wait are many objects and no garbage: look for it seldom
    return asyncio.run(_receive(context, host, port, grpc_port))


async def _receive(context: Context, host: str, port: int, grpc_port: int | None) -> int:
    from runbook_tui.incident.receiving import Receiving
    from runbook_tui.intake.wire.http import HttpServer

    receiving = Receiving(context.db, context.playbooks.default)
    http = HttpServer(receiving.take)
    closing: list[Callable[[], Awaitable[None]]] = [http.close]
    stopped = _signals()
    started = False
    try:
        bound = await http.start(host, port)
        where = f"http://{f'[{host}]' if ':' in host else host}:{bound}"
        more = ""
        if find_spec("grpc") is not None:
            os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # it prints lines of its own beside an error
            more = await _serve_grpc(receiving, host, grpc_port, closing)
        receiving.start(where.removeprefix("http://"))
        started = True
        say(f"Receiving OTLP on {where}{more} into {context.db}. Ctrl+C stops.")
        await _watch(receiving.state, stopped)
    finally:
        for close in closing:
            await close()
        if started:
            await _finish(receiving, stopped)
        else:
            receiving.abandon()
    return 0


async def _serve_grpc(
    receiving: Receiving, host: str, port: int | None, closing: list[Callable[[], Awaitable[None]]]
) -> str:
    """Listen for gRPC too; returns what to say of it. The usual port may be taken where none was asked for."""
    from runbook_tui.intake.wire.grpc import GrpcServer

    server = GrpcServer(receiving.take)
    try:
        bound = await server.start(host, _GRPC_PORT if port is None else port)
    except RunbookError:
        if port is not None:
            raise
        return f" (gRPC is off: port {_GRPC_PORT} is taken)"
    closing.append(server.close)
    return f" and gRPC on port {bound}"


def _signals() -> asyncio.Event:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    return stopped


async def _watch(state: ReceivingState, stopped: asyncio.Event) -> None:
    """Say how it goes until told to stop: in place on a terminal, now and then a line elsewhere."""
    on_terminal = sys.stdout.isatty()
    told, trouble = _told(state), ""
    while not stopped.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(stopped.wait(), 1.0 if on_terminal else _NEWS_S)
        if state.trouble and state.trouble != trouble:
            complain(state.trouble)
        trouble = state.trouble
        news = _told(state)
        if news != told and not stopped.is_set():
            _show(news, on_terminal=on_terminal)
        told = news
    if on_terminal:
        _show("", on_terminal=True)


def _show(line: str, *, on_terminal: bool) -> None:
    if on_terminal:
        sys.stdout.write(f"\r\x1b[2K{line}")
        sys.stdout.flush()
    else:
        say(line)


def _told(state: ReceivingState) -> str:
    last = f", the last at {state.last_at[11:19]}" if state.last_at else ""
    bad = f", {counted(state.unreadable, 'request')} unreadable" if state.unreadable else ""
    return f"{counted(state.received, 'span')} received{last}, {state.stored:,} in {counted(state.sessions, 'session')}{bad}"


async def _finish(receiving: Receiving, stopped: asyncio.Event) -> None:
    """Store and diagnose what waits; a second signal leaves the diagnosis out."""
    stopped.clear()
    stopping = asyncio.create_task(receiving.stop())
    again = asyncio.create_task(stopped.wait())
    await asyncio.wait({stopping, again}, return_when=asyncio.FIRST_COMPLETED)
    again.cancel()
    if not stopping.done():
        receiving.hurry()
    await stopping
    if receiving.state.trouble:
        complain(receiving.state.trouble)
    say(f"Stopped. {_told(receiving.state)}.")


def _allow_many_connections() -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
