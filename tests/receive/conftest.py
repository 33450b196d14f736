"""A real receiver, in a process of its own, on ports that the system chose."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from runbook_tui.evidence import Store

PATIENCE_S = 60
"""How long a test waits for what must come; a fast machine needs a fraction of it."""


class Answer(NamedTuple):
    status: int
    content_type: str
    body: bytes
    headers: dict[str, str]


class Receiver:
    """`runbook-tui receive` at work."""

    def __init__(self, db: Path, *options: str) -> None:
        self.db = db
        command = [sys.executable, "-m", "runbook_tui", "--db", str(db), "receive"]
        self.process = subprocess.Popen(
            [*command, "--port", "0", "--grpc-port", "0", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.line = self.process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+) and gRPC on port (\d+)", self.line)
        assert found, self.line + (self.process.stderr.read() if self.process.stderr else "")
        self.port, self.grpc_port = int(found[1]), int(found[2])

    def post(
        self,
        body: bytes,
        content_type: str = "application/json",
        path: str = "/v1/traces",
        *,
        method: str = "POST",
        **headers: str,
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, {"Content-Type": content_type, **named})
            answer = connection.getresponse()
            kept = dict(answer.getheaders())
            return Answer(answer.status, kept.get("Content-Type", ""), answer.read(), kept)
        finally:
            connection.close()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> tuple[int, str, str]:
        """Exit status and what was printed."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        said, complained = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, said, complained

    def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.communicate(timeout=PATIENCE_S)

    def sessions(self) -> dict[str, int]:
        """Session id to spans, as stored now."""
        return stored(self.db)


def stored(db: Path) -> dict[str, int]:
    with Store(db) as store:
        return {row["id"]: row["spans"] for row in store.connection.execute("select id, spans from session")}


def eventually(check: Callable[[], Any]) -> Any:
    """Wait until something is true; returns it."""
    end = time.monotonic() + PATIENCE_S
    while not (found := check()) and time.monotonic() < end:
        time.sleep(0.05)
    assert found, "did not come to be"
    return found


Start = Callable[..., Receiver]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts receivers on one store; none outlives the test."""
    begun: list[Receiver] = []

    def begin(*options: str) -> Receiver:
        begun.append(Receiver(tmp_path / "received.db", *options))
        return begun[-1]

    yield begin
    for receiver in begun:
        if receiver.process.poll() is None:
            receiver.kill()


@pytest.fixture(scope="module")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    """One for all tests of a module."""
    begun = Receiver(tmp_path_factory.mktemp("receiver") / "received.db")
    yield begun
    begun.kill()
