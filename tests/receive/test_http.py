"""OTLP/HTTP: every answer in the type of the request, hostile input refused, and still serving afterwards."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import socket
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from tests.factories import request, span_id, wire_span
from tests.receive.conftest import Receiver, eventually

PROTOBUF = "application/x-protobuf"
JSON = "application/json"


@pytest.fixture(autouse=True)
def _still_serving(receiver: Receiver) -> Iterator[None]:
    """Whatever a test sent, the next sender is served."""
    yield
    assert receiver.post(b"{}").status == 200


def proto(*spans: tuple[bytes, bytes], session: str = "over-protobuf") -> bytes:
    """A request of spans with these trace and span ids."""
    message = ExportTraceServiceRequest()
    scope = message.resource_spans.add().scope_spans.add()
    for trace_id, own_id in spans:
        span = scope.spans.add(trace_id=trace_id, span_id=own_id, name="step", start_time_unix_nano=1)
        span.attributes.add(key="session.id").value.string_value = session
    return bytes(message.SerializeToString())


def trace_of(session: str) -> str:
    """A trace of its own for each session: a trace is one run, whatever its spans are called."""
    return hashlib.md5(session.encode()).hexdigest()


def lines(session: str, *numbers: int, said: dict[str, Any] | None = None, **fields: Any) -> bytes:
    """A request of spans with these numbers; the last one has these fields."""
    named = {"session.id": session, **(said or {})}
    trace = trace_of(session)
    spans = [wire_span(number, named, traceId=trace) for number in numbers]
    spans[-1] = {**spans[-1], **fields}
    return json.dumps(request(*spans)).encode()


def test_json_is_taken_and_becomes_a_session(receiver: Receiver) -> None:
    body = lines("over-json", *range(1, 6))
    answer = receiver.post(body, "application/json; charset=utf-8")
    assert (answer.status, answer.content_type, json.loads(answer.body)) == (200, JSON, {})
    eventually(lambda: receiver.sessions().get("over-json") == 5)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "identity", ""])
def test_protobuf_is_taken_however_it_is_packed(receiver: Receiver, encoding: str) -> None:
    session = f"packed-{encoding}"
    body = proto((bytes([100 + len(encoding)]) * 16, b"\1" * 8), session=session)
    packed = {"gzip": gzip.compress(body), "deflate": zlib.compress(body)}.get(encoding, body)
    answer = receiver.post(packed, PROTOBUF, **({"Content_Encoding": encoding} if encoding else {}))
    assert (answer.status, answer.content_type) == (200, PROTOBUF)
    assert not ExportTraceServiceResponse.FromString(answer.body).HasField("partial_success")
    eventually(lambda: receiver.sessions().get(session) == 1)


def test_an_empty_request_is_a_success(receiver: Receiver) -> None:
    assert receiver.post(b"{}").status == 200
    assert receiver.post(b"", PROTOBUF).status == 200


def test_refused_spans_are_counted_in_a_partial_success(receiver: Receiver) -> None:
    good, bad = (b"\5" * 16, b"\1" * 8), [(b"\5" * 16, b""), (b"", b"\2" * 8), (bytes(16), b"\3" * 8)]
    answer = receiver.post(proto(good, *bad, session="partly"), PROTOBUF)
    partial = ExportTraceServiceResponse.FromString(answer.body).partial_success
    assert (answer.status, partial.rejected_spans) == (200, 3)
    assert partial.error_message
    answer = receiver.post(lines("partly-json", 1, 2, 3, spanId="no id"))
    said = json.loads(answer.body)["partialSuccess"]
    assert (answer.status, said["rejectedSpans"]) == (200, "1"), "64-bit integers are text in OTLP/JSON"
    assert said["errorMessage"]
    eventually(lambda: receiver.sessions().get("partly") == 1 and receiver.sessions().get("partly-json") == 2)


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b"7", b'{"resourceSpans": 7}', b"\xff\xfe", b"[" * 100_000, lines("all-bad", 1, spanId="")],
    ids=["cut", "list", "number", "no-list", "not-utf-8", "deep", "all-bad"],
)
def test_invalid_json_is_answered_with_a_status(receiver: Receiver, body: bytes) -> None:
    answer = receiver.post(body)
    assert (answer.status, answer.content_type) == (400, JSON)
    assert json.loads(answer.body)["message"]


def test_invalid_protobuf_is_answered_with_a_status(receiver: Receiver) -> None:
    whole = proto((b"\6" * 16, b"\1" * 8))
    for body in (
        b"\xff" * 40,
        whole[:-3],
        b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        proto((b"", b"")),
    ):
        answer = receiver.post(body, PROTOBUF)
        assert (answer.status, answer.content_type) == (400, PROTOBUF)
        status = Status.FromString(answer.body)
        assert (status.code, bool(status.message)) == (3, True)


def test_damaged_requests_never_break_it(receiver: Receiver) -> None:
    chance = random.Random(7)
    whole = (lines("damaged", 1), proto((b"\7" * 16, b"\1" * 8), session="damaged"))
    for _ in range(150):
        for body, content_type in zip(whole, (JSON, PROTOBUF), strict=True):
            damaged = bytearray(body)
            for _ in range(chance.randint(1, 4)):
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
            answer = receiver.post(bytes(damaged), content_type)
            assert answer.status in (200, 400)
            assert answer.content_type == content_type


@pytest.mark.parametrize(
    ("status", "content_type", "path", "method"),
    [
        (404, JSON, "/v1/metrics", "POST"),
        (404, PROTOBUF, "/", "GET"),
        (405, JSON, "/v1/traces", "GET"),
        (405, PROTOBUF, "/v1/traces", "PUT"),
        (415, "text/plain", "/v1/traces", "POST"),
        (415, "application/x-www-form-urlencoded", "/v1/logs", "POST"),
    ],
)
def test_what_is_no_export_is_refused(
    receiver: Receiver, status: int, content_type: str, path: str, method: str
) -> None:
    answer = receiver.post(b"{}", content_type, path, method=method)
    assert answer.status == status
    assert answer.content_type == (PROTOBUF if content_type == PROTOBUF else JSON)
    assert (answer.headers.get("Allow") == "POST") == (status == 405)


def test_an_unknown_packing_is_refused(receiver: Receiver) -> None:
    assert receiver.post(b"{}", Content_Encoding="br").status == 415
    assert receiver.post(b"not gzip", Content_Encoding="gzip").status == 400
    assert receiver.post(gzip.compress(b"{}" * 500)[:-9], Content_Encoding="gzip").status == 400


def test_a_large_body_and_a_bomb_are_refused(receiver: Receiver) -> None:
    assert receiver.post(b" " * (64 << 20)).status == 413
    bomb = gzip.compress(bytes(64 << 20))
    answer = receiver.post(bomb, PROTOBUF, Content_Encoding="gzip")
    assert (answer.status, answer.content_type) == (413, PROTOBUF)
    assert Status.FromString(answer.body).message
    nested = gzip.compress(bytes(20 << 20))
    assert receiver.post(nested * 2, Content_Encoding="gzip").status == 413, "two members are one body"


def test_a_thousand_connections_do_not_keep_the_next_one_out(receiver: Receiver) -> None:
    """Most of them silent, some in the middle of a request."""
    held: list[socket.socket] = []
    try:
        for number in range(1000):
            connection = socket.create_connection(("127.0.0.1", receiver.port), timeout=60)
            if number % 3 == 0:
                connection.sendall(b"POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Length: 9")
            held.append(connection)
        body = lines("among-a-thousand", 1)
        assert receiver.post(body).status == 200
    finally:
        for connection in held:
            connection.close()
    eventually(lambda: receiver.sessions().get("among-a-thousand") == 1)


def test_what_is_no_http_is_hung_up_on(receiver: Receiver) -> None:
    with socket.create_connection(("127.0.0.1", receiver.port), timeout=60) as connection:
        connection.sendall(bytes(range(256)) * 8)
        assert connection.recv(100).startswith((b"HTTP/1.0 400", b"HTTP/1.1 400"))


def test_log_records_are_joined_to_the_span_they_name(receiver: Receiver) -> None:
    """The request with the messages may come before the one with the span."""
    logs = ExportLogsServiceRequest()
    records = logs.resource_logs.add().scope_logs.add()
    record = records.log_records.add(
        trace_id=bytes.fromhex(trace_of("with-logs")),
        span_id=bytes.fromhex(span_id(77)),
        event_name="gen_ai.choice",
    )
    message = record.body.kvlist_value.values.add(key="message").value.kvlist_value
    message.values.add(key="content").value.string_value = "the answer came by log"
    records.log_records.add(body={"string_value": "of no span"})
    answer = receiver.post(logs.SerializeToString(), PROTOBUF, "/v1/logs")
    partial = ExportLogsServiceResponse.FromString(answer.body).partial_success
    assert (answer.status, partial.rejected_log_records) == (200, 1)
    said = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"}
    assert receiver.post(lines("with-logs", 77, said=said)).status == 200
    eventually(lambda: receiver.sessions().get("with-logs") == 1)
    assert "the answer came by log" in whole_session(receiver, "with-logs")


def whole_session(receiver: Receiver, session_id: str) -> str:
    from runbook_tui.evidence import Store, read_session

    with Store(receiver.db) as store:
        session = read_session(store, session_id)
    assert session is not None
    return "\n".join(span.output_text for span in session.spans)


@pytest.mark.parametrize(
    ("host", "advice"), [("192.0.2.1", "no such address"), ("127.0.0.1", "choose another with --port")]
)
def test_an_address_that_cannot_be_had_says_what_to_do(host: str, advice: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "runbook_tui", "--db", str(tmp_path / "x.db"), "receive"]
        done = subprocess.run(
            [*command, "--host", host, "--port", port],
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
    assert done.returncode == 2
    assert advice in done.stderr
    assert len(done.stderr.splitlines()) == 1
