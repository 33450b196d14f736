"""`runbook-tui capture` as scripts and people see it."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_commands import run
from tests.intake import samples
from tests.servers.loopback import Loopback, Reply, Request
from tests.servers.phoenix import Phoenix


@pytest.fixture
def db(tmp_path: Path) -> Path:
    return tmp_path / "rb.db"


def test_it_says_what_came_and_how_to_go_on(db: Path) -> None:
    with Loopback(Phoenix()) as server:
        first = run("capture", "phoenix", samples.SESSION, "--url", server.url, db=db)
        again = run("capture", "phoenix", samples.SESSION, "--url", server.url, db=db)
    assert first.stdout == "phoenix: 8 new of 8 spans, 2 traces, 1 session\n  runbook-tui open s-1\n"
    assert again.stdout.startswith("phoenix: nothing new, 2 traces")
    assert first.stderr == again.stderr == ""


def test_json_is_one_document(db: Path) -> None:
    with Loopback(Phoenix()) as server:
        done = run("capture", "phoenix", samples.SESSION, "--url", server.url, "--json", db=db)
    found = json.loads(done.stdout)
    assert (found["source"], found["traces"], found["pages"], found["resumed"]) == ("phoenix", 2, 4, False)
    assert found["added"]["new_spans"] == 8
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["phoenix"], "which session: capture: give a session or trace id, or --latest N"),
        (["phoenix", "x", "--latest", "2"], "both an id and --latest: x: give one of the two"),
        (["phoenix", " "], "which session: an empty id: give a session or trace id, or --latest N"),
        (["phoenix", "x", "--since", "yesterday"], "not a time: yesterday: write it as 2026-11-20"),
        (["zipkin", "x"], "no such source: zipkin: give one of phoenix, mlflow, langfuse"),
        (["phoenix", "x", "--url", "http://me:pw@127.0.0.1:1"], "credentials in --url are seen by everybody"),
        (
            ["phoenix", "x", "--url", "http://127.0.0.1:1"],
            "cannot reach phoenix: http://127.0.0.1:1: connection",
        ),
    ],
)
def test_unusable_arguments_are_one_line(db: Path, arguments: list[str], said: str) -> None:
    done = run("capture", *arguments, db=db, status=2)
    assert done.stdout == ""
    assert done.stderr.startswith(f"runbook-tui: {said}")
    assert done.stderr.count("\n") == 1


def test_a_session_that_is_not_there(db: Path) -> None:
    with Loopback(Phoenix()) as server:
        done = run("capture", "phoenix", "nothing", "--url", server.url, "--json", db=db, status=2)
    assert done.stdout == ""
    assert done.stderr.startswith(
        f"runbook-tui: phoenix has no such session or trace: {server.url}: nothing: "
    )


def test_a_hostile_answer_reaches_no_terminal(db: Path) -> None:
    evil = Reply(400, b'{"message":"\x1b]52;c;ZXZpbA==\x07 \\u001b[2J\\u202e gone"}')
    with Loopback(lambda _: evil) as server:
        done = run("capture", "phoenix", "x", "--url", server.url, db=db, status=2)
    assert "\x1b" not in done.stderr
    assert "\u202e" not in done.stderr


def test_progress_is_shown_on_a_terminal_only(db: Path) -> None:
    def slowly(_: Phoenix, request: Request) -> None:
        if request.path.endswith("/spans"):
            import time

            time.sleep(0.2)

    phoenix = Phoenix()
    phoenix.before = slowly
    ours, theirs = pty.openpty()
    with Loopback(phoenix) as server:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "runbook_tui",
                "--db",
                str(db),
                "capture",
                "phoenix",
                "s-1",
                "--url",
                server.url,
            ],
            stdout=subprocess.PIPE,
            stderr=theirs,
            env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "100"},
        )
        os.close(theirs)
        shown = b""
        while True:
            try:
                chunk = os.read(ours, 4096)
            except OSError:  # the other end is closed
                break
            if not chunk:
                break
            shown += chunk
        assert process.wait(10) == 0
    os.close(ours)
    assert b"Fetching phoenix s-1" in shown
    assert b"1/2" in shown


def test_nothing_is_loaded_for_it_before_it_is_asked_for() -> None:
    code = (
        "import sys, runbook_tui.cli.commands, runbook_tui.incident\n"
        "assert 'aiohttp' not in sys.modules\n"
        "import runbook_tui.incident.fetching\n"
        "assert 'aiohttp' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
