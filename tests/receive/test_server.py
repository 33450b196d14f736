"""What is hard to bring about from outside: senders that are slow, a disk that is full. The server alone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import grpc
import pytest

from runbook_tui.evidence import Inbox, Received, StoreError
from runbook_tui.incident.receiving import Receiving
from runbook_tui.intake.wire import BusyError, Export, body, http
from runbook_tui.intake.wire.grpc import GrpcServer
from runbook_tui.intake.wire.http import HttpServer
from runbook_tui.intake.wire.taking import LARGEST
from runbook_tui.playbook import Playbooks
from tests.factories import request, wire_span
from tests.receive.test_http import proto

EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


async def take_nothing(_: Export) -> None:
    raise BusyError("the disk is full", retry_after_s=7)


async def take(export: Export) -> None:
    assert export.accepted


@asynccontextmanager
async def serving(taking: Callable[[Export], Any]) -> AsyncIterator[int]:
    server = HttpServer(taking)
    port = await server.start("127.0.0.1", 0)
    try:
        yield port
    finally:
        await server.close()


def spans() -> dict[str, Any]:
    return request(wire_span(1, {"session.id": "s"}))


async def test_what_cannot_be_kept_is_asked_for_again() -> None:
    async with (
        serving(take_nothing) as port,
        aiohttp.ClientSession() as client,
        client.post(f"http://127.0.0.1:{port}/v1/traces", json=spans()) as answer,
    ):
        assert (answer.status, answer.headers["Retry-After"]) == (503, "7")
        assert (await answer.json())["message"] == "the disk is full"


async def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "_SECONDS", 0.2)
    async with serving(take) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n")
        writer.write(b"Content-Length: 1000\r\n\r\n{")
        assert (await reader.readline()).startswith(b"HTTP/1.1 408")
        writer.close()


async def test_a_connection_that_asks_nothing_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "_FIRST_REQUEST_S", 0.1)
    async with serving(take) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /v1/traces HTT")
        async with asyncio.timeout(30):
            assert await reader.read() == b""
        writer.close()


async def test_large_bodies_together_cannot_use_up_the_memory() -> None:
    budget = body.BodyBudget(limit=1000)

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield bytes(400)

    with pytest.raises(BusyError):
        await body.read_body(chunks(), "", budget)
    budget.take(1000)


async def test_grpc_says_why_it_refuses() -> None:
    for taking, payload, code in (
        (take, b"\xff\xff", grpc.StatusCode.INVALID_ARGUMENT),
        (take_nothing, proto((b"\1" * 16, b"\1" * 8)), grpc.StatusCode.UNAVAILABLE),
        (take, bytes(LARGEST + 1), grpc.StatusCode.RESOURCE_EXHAUSTED),
    ):
        server = GrpcServer(taking)
        port = await server.start("127.0.0.1", 0)
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await channel.unary_unary(EXPORT)(payload)
            assert refused.value.code() == code
        await server.close()


async def test_many_requests_wait_for_the_disk_together(tmp_path: Path, playbooks: Playbooks) -> None:
    receiving = Receiving(tmp_path / "r.db", playbooks.default)
    written: list[int] = []
    add = receiving._inbox.add

    def counted(requests: Sequence[Received]) -> None:
        written.append(len(requests))
        add(requests)

    receiving._inbox.add = counted  # type: ignore[method-assign]
    export = Export("traces", "json", json.dumps(spans()).encode(), 1)
    await asyncio.gather(*(receiving.take(export) for _ in range(50)))
    assert sum(written) == 50
    assert len(written) < 10
    receiving.abandon()


async def test_a_full_inbox_is_said_to_the_sender(tmp_path: Path, playbooks: Playbooks) -> None:
    receiving = Receiving(tmp_path / "r.db", playbooks.default)
    receiving._inbox._bytes = 1 << 30
    with pytest.raises(BusyError, match="too much waits"):
        await receiving.take(Export("traces", "json", b"{}", 1))
    receiving.abandon()


def test_the_inbox_is_private_held_by_one_and_gone_when_empty(tmp_path: Path) -> None:
    store = tmp_path / "s.db"
    inbox = Inbox(store)
    assert inbox.path.stat().st_mode & 0o777 == 0o600
    inbox.add([Received("traces", "json", "now", 1, b"{}")] * 3)
    with pytest.raises(StoreError, match="another receiver"):
        Inbox(store)
    inbox.close()
    again = Inbox(store)
    assert [request.number for request in again.after(1, 1 << 20)] == [2, 3]
    again.remove([1, 2, 3])
    again.close()
    assert not inbox.path.exists()
