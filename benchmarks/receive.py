"""How fast spans come in over the wire, beside the same spans imported from a file and beside another receiver.

    python benchmarks/receive.py [--scale 0.2] [--phoenix PYTHON]

Each shape is sent as OTLP/HTTP over loopback, in protobuf, by four senders that wait for each answer, to
`runbook-tui receive`. Counted are the spans a second until the last one is acknowledged, and until it is in a
session. The same requests, in the file a collector would write, are then imported by `runbook-tui`'s own code in a
process of its own, until the sessions can be browsed; the diagnosis is left out on both sides. All in wall time, in
turn, the median of three rounds.

PYTHON is an interpreter of an environment with `arize-phoenix`; it is started on loopback with a store of its own
and is sent the first spans of the same requests, `Phoenix` columns: acknowledged, and found in its store.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import re
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from importing import spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

SHAPES = (
    ("10,000 spans of 2 KB, one session", 10_000, 2_000, 1),
    ("100,000 spans of 2 KB, one session", 100_000, 2_000, 1),
    ("1,000 sessions of 30 spans of 2 KB", 30_000, 2_000, 1_000),
    ("200 spans of 500 KB", 200, 500_000, 1),
)
SENDERS = 4
ROUNDS = 3
PHOENIX_SPANS = 2_000
PHOENIX_PATIENCE_S = 120.0


class Speed(NamedTuple):
    """Spans a second."""

    acknowledged: float
    stored: float


def requests(count: int, size: int, sessions: int) -> Iterator[tuple[int, bytes]]:
    """Export requests as an exporter would batch them, each with the number of its spans."""
    most = max(1, min(512, 2_000_000 // size))
    message = ExportTraceServiceRequest()
    held = 0
    for span in spans(count, size, sessions):
        scope = (
            message.resource_spans[0].scope_spans[0]
            if held
            else message.resource_spans.add().scope_spans.add()
        )
        copy_span(span, scope.spans.add())
        held += 1
        if held == most:
            yield held, message.SerializeToString()
            message, held = ExportTraceServiceRequest(), 0
    if held:
        yield held, message.SerializeToString()


def copy_span(span: dict[str, Any], to: Any) -> None:
    to.trace_id, to.span_id = bytes.fromhex(span["traceId"]), bytes.fromhex(span["spanId"])
    to.parent_span_id = bytes.fromhex(span["parentSpanId"])
    to.name = span["name"]
    to.start_time_unix_nano = int(span["startTimeUnixNano"])
    to.end_time_unix_nano = int(span["endTimeUnixNano"])
    for pair in span["attributes"]:
        value = to.attributes.add(key=pair["key"]).value
        if "intValue" in pair["value"]:
            value.int_value = int(pair["value"]["intValue"])
        else:
            value.string_value = pair["value"]["stringValue"]


def send(port: int, bodies: list[bytes]) -> None:
    """Post these, over one connection for each sender."""
    left = iter(bodies)
    lock = threading.Lock()
    failed: list[int] = []

    def one() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
        while True:
            with lock:
                body = next(left, None)
            if body is None:
                connection.close()
                return
            connection.request("POST", "/v1/traces", body, {"Content-Type": "application/x-protobuf"})
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                failed.append(answer.status)

    senders = [threading.Thread(target=one) for _ in range(SENDERS)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    if failed:
        raise SystemExit(f"refused: {sorted(set(failed))}")


def timed(port: int, bodies: list[bytes], count: int, stored: Callable[[], int], patience_s: float) -> Speed:
    began = time.perf_counter()
    send(port, bodies)
    acknowledged = time.perf_counter() - began
    while (found := stored()) < count and time.perf_counter() - began < patience_s:
        time.sleep(0.02)
    return Speed(count / acknowledged, found / (time.perf_counter() - began))


def rows_in(database: Path, query: str) -> Callable[[], int]:
    def count() -> int:
        try:
            with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
                return int(db.execute(query).fetchone()[0] or 0)
        except sqlite3.Error:
            return 0

    return count


def receive_once(folder: Path, bodies: list[bytes], count: int) -> Speed:
    database = folder / "received.db"
    command = [sys.executable, "-m", "runbook_tui", "--db", str(database), "receive", "--port", "0"]
    receiver = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert receiver.stdout is not None
    found = re.search(r"http://127\.0\.0\.1:(\d+)", receiver.stdout.readline())
    assert found
    try:
        stored = rows_in(database, "select sum(spans) from session")
        return timed(int(found[1]), bodies, count, stored, 600)
    finally:
        receiver.kill()
        receiver.communicate()
        for file in folder.glob("received.db*"):
            file.unlink()


def import_once(folder: Path, bodies: list[bytes], count: int) -> float:
    """Spans a second of an import of the same requests."""
    file = folder / "capture.pb"
    file.write_bytes(b"".join(len(body).to_bytes(4) + body for body in bodies))
    script = (
        "import sys, time; from pathlib import Path; from runbook_tui.evidence import Store;"
        "from runbook_tui.incident import store_capture; import runbook_tui.intake.otlp_proto;"
        "store = Store(Path(sys.argv[2])); began = time.perf_counter();"
        "store_capture(store, Path(sys.argv[1])); print(time.perf_counter() - began)"
    )
    command = [sys.executable, "-c", script, str(file), str(folder / "imported.db")]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    for old in (file, *folder.glob("imported.db*")):
        old.unlink()
    return count / float(done.stdout)


@contextlib.contextmanager
def phoenix(python: str, folder: Path) -> Iterator[int]:
    port, grpc_port = free_port(), free_port()
    environment = {
        **os.environ,
        "PHOENIX_WORKING_DIR": str(folder),
        "PHOENIX_HOST": "127.0.0.1",
        "PHOENIX_PORT": str(port),
        "PHOENIX_GRPC_PORT": str(grpc_port),
        "PHOENIX_TELEMETRY_ENABLED": "false",
    }
    with (folder / "phoenix.log").open("w") as log:
        server = subprocess.Popen(
            [python, "-m", "phoenix.server.main", "serve"], env=environment, stdout=log, stderr=log
        )
        try:
            for _ in range(600):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
                time.sleep(0.2)
            yield port
        finally:
            server.terminate()
            server.wait(30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def phoenix_once(python: str, folder: Path, batches: list[tuple[int, bytes]]) -> Speed:
    bodies, count = [], 0
    for size, body in batches:
        if count and count + size > PHOENIX_SPANS:
            break
        bodies.append(body)
        count += size
    with phoenix(python, folder) as port:
        stored = rows_in(folder / "phoenix.db", "select count(*) from spans")
        return timed(port, bodies, count, stored, PHOENIX_PATIENCE_S)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--scale", type=float, default=1.0, help="a fraction of each shape's spans and sessions"
    )
    parser.add_argument("--phoenix", metavar="PYTHON", help="an interpreter with arize-phoenix")
    options = parser.parse_args()
    print(
        "| sent | acknowledged/s | stored/s | imported/s | of import | Phoenix acknowledged/s | stored/s | times Phoenix |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for name, all_spans, size, all_sessions in SHAPES:
        sessions = max(1, int(all_sessions * options.scale))
        batches = list(requests(max(sessions, int(all_spans * options.scale)), size, sessions))
        count, bodies = sum(number for number, _ in batches), [body for _, body in batches]
        with tempfile.TemporaryDirectory() as at:
            folder = Path(at)
            received: list[Speed] = []
            imported: list[float] = []
            for _ in range(ROUNDS):
                received.append(receive_once(folder, bodies, count))
                imported.append(import_once(folder, bodies, count))
            ours = Speed(*(statistics.median(column) for column in zip(*received, strict=True)))
            ratio = statistics.median(
                one.stored / other for one, other in zip(received, imported, strict=True)
            )
            row = f"| {name} | {ours.acknowledged:,.0f} | {ours.stored:,.0f}"
            row += f" | {statistics.median(imported):,.0f} | {ratio:.2f}"
            if options.phoenix:
                theirs = phoenix_once(options.phoenix, folder, batches)
                times = ours.stored / max(theirs.stored, 0.01)
                row += f" | {theirs.acknowledged:,.0f} | {theirs.stored:,.0f} | {times:,.0f}"
            else:
                row += " | | | "
            print(row + " |", flush=True)


if __name__ == "__main__":
    main()
