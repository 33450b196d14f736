"""What a sender was told is kept is still there after `kill -9`, and is never there twice."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from runbook_tui.evidence import Store, capture_bytes, captures_of, inbox_path
from runbook_tui.incident import add_capture
from runbook_tui.playbook import Playbooks
from tests.factories import request, wire_span
from tests.receive.conftest import PATIENCE_S, Start, eventually, stored


def body(worker: int, number: int) -> bytes:
    """Request `number` of a sender: a session of a few spans, in several requests."""
    session = f"s{worker}-{number // 10}"
    trace = f"{worker:016x}{number // 10:016x}"
    span = wire_span(number + 1, {"session.id": session}, traceId=trace)
    return json.dumps(request(span)).encode()


def test_nothing_acknowledged_is_lost_to_a_kill(start: Start) -> None:
    receiver = start()
    acknowledged: dict[str, int] = {}
    lock, enough = threading.Lock(), threading.Event()

    def send(worker: int) -> None:
        for number in range(10_000):
            try:
                if receiver.post(body(worker, number)).status != 200:
                    return
            except OSError:
                return
            with lock:
                session = f"s{worker}-{number // 10}"
                acknowledged[session] = acknowledged.get(session, 0) + 1
                if sum(acknowledged.values()) >= 150:
                    enough.set()

    senders = [threading.Thread(target=send, args=(worker,)) for worker in range(4)]
    for sender in senders:
        sender.start()
    assert enough.wait(PATIENCE_S)
    receiver.kill()
    for sender in senders:
        sender.join(PATIENCE_S)
    assert inbox_path(receiver.db).exists(), "it was killed before all was folded"
    again = start()

    def short() -> list[str]:
        """Sessions of which less is stored than was acknowledged; more may be, for an answer may be cut off."""
        found = stored(again.db)
        return [name for name, count in acknowledged.items() if found.get(name, 0) < count]

    eventually(lambda: not short())
    code, said, _ = again.stop()
    assert (code, said.startswith("Stopped.")) == (0, True)
    assert short() == []
    assert not inbox_path(again.db).exists()


def test_the_next_command_finds_what_a_killed_receiver_left(start: Start) -> None:
    receiver = start()
    for number in range(5):
        assert receiver.post(body(1, number)).status == 200
    receiver.kill()
    done = subprocess.run(
        [sys.executable, "-m", "runbook_tui", "--db", str(receiver.db), "sessions", "--json"],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=True,
    )
    assert [(row["id"], row["spans"]) for row in json.loads(done.stdout)] == [("s1-0", 5)]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_drains(start: Start, how: signal.Signals) -> None:
    receiver = start()
    for number in range(30):
        assert receiver.post(body(2, number)).status == 200
    code, said, complained = receiver.stop(how)
    assert (code, complained) == (0, "")
    assert "30 spans received" in said
    assert stored(receiver.db) == {"s2-0": 10, "s2-1": 10, "s2-2": 10}
    with Store(receiver.db) as store:
        assert (
            store.connection.execute("select count(*) from session where findings is null").fetchone()[0] == 0
        )
        assert store.connection.execute("select count(*) from receiver").fetchone()[0] == 0


def test_the_bytes_as_received_are_kept_and_can_be_imported(
    start: Start, tmp_path: Path, playbooks: Playbooks
) -> None:
    receiver = start()
    sent = [body(3, number) for number in range(10)]
    for item in sent:
        assert receiver.post(item).status == 200
    receiver.stop()
    with Store(receiver.db) as store:
        captures = captures_of(store, "s3-0")
        kept = b"".join(b"".join(capture_bytes(store, capture.sha256)) for capture in captures)
    assert sorted(kept.splitlines()) == sorted(sent)
    copy = tmp_path / "evidence.jsonl"
    copy.write_bytes(kept)
    with Store(tmp_path / "other.db") as other:
        assert add_capture(other, copy, playbooks.default).spans == 10


def test_two_receivers_do_not_share_a_database(start: Start) -> None:
    receiver = start()
    done = subprocess.run(
        [sys.executable, "-m", "runbook_tui", "--db", str(receiver.db), "receive", "--port", "0"],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("runbook-tui: another receiver writes to this database: ")


@pytest.mark.parametrize("option", ["--port", "--grpc-port"])
def test_a_port_that_is_taken_is_one_line(start: Start, tmp_path: Path, option: str) -> None:
    receiver = start()
    port = receiver.port if option == "--port" else receiver.grpc_port
    others = ["--port", "0"] if option == "--grpc-port" else ["--grpc-port", "0"]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "runbook_tui", "--db", str(tmp_path / "other.db")),
            *("receive", option, str(port), *others),
        ],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert f"127.0.0.1:{port}" in done.stderr


def test_a_database_that_others_write_to_holds_up_no_sender(start: Start) -> None:
    receiver = start()
    with Store(receiver.db) as store:
        store.connection.execute("begin immediate")
        assert receiver.post(body(4, 0)).status == 200
        store.connection.rollback()
    eventually(lambda: stored(receiver.db).get("s4-0") == 1)
