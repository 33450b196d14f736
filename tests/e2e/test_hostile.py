"""Trace text never reaches the terminal as anything but text: judged on the bytes the app writes."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.e2e

CONTROLS = {
    "OSC 52": "\x1b]52;c;c3RvbGVu\x07",
    "OSC 0": "\x1b]0;stolen title\x07",
    "CSI 2J": "\x1b[2Jstolen",
    "OSC 8": "\x1b]8;;https://stolen.example\x1b\\",
    "C1 CSI": "\x9b31mstolen",
    "C1 OSC": "\x9d52;c;stolen\x9c",
    "override": "\u202estolen\u202c",
    "isolate": "\u2066stolen\u2069",
    "zero width": "sto\u200blen",
    "bell": "\x07stolen",
}
MARKUP = "[/nope] [@click=app.quit]x[/] [bold red]stolen[/] {{7*7}} [link=file:///etc/passwd]y[/link]"
HOSTILE = MARKUP + "".join(CONTROLS.values())
FORBIDDEN = (
    b"\x1b]52",
    b"\x1b]0;stolen",
    b"\x1b[2Jstolen",
    b"stolen.example\x1b\\",
    "\x9b".encode(),
    "\x9d".encode(),
    "\u202e".encode(),
    "\u2066".encode(),
    "\u200b".encode(),
    b"\x07stolen",
)


def attribute(key: str, value: str) -> dict[str, Any]:
    return {"key": key, "value": {"stringValue": value}}


def span(number: int, name: str, parent: int | None, **attributes: str) -> dict[str, Any]:
    start = 1_795_000_000_000_000_000 + number * 1_000_000_000
    return {
        "traceId": "ab" * 16,
        "spanId": f"{number:016x}",
        "parentSpanId": f"{parent:016x}" if parent else "",
        "name": name,
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(start + 500_000_000),
        "status": {"code": 2, "message": HOSTILE},
        "attributes": [attribute(key.replace("__", "."), value) for key, value in attributes.items()],
        "events": [{"name": HOSTILE, "attributes": [attribute("exception.message", HOSTILE)]}],
    }


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    said = json.dumps([{"role": "user", "parts": [{"type": "text", "content": HOSTILE}]}])
    answered = json.dumps([{"role": "assistant", "parts": [{"type": "text", "content": HOSTILE}]}])
    spans = [
        span(1, HOSTILE, None, gen_ai__operation__name="invoke_agent", gen_ai__agent__name=HOSTILE),
        span(
            2,
            HOSTILE,
            1,
            gen_ai__operation__name="chat",
            gen_ai__input__messages=said,
            gen_ai__output__messages=answered,
        ),
        span(
            3,
            HOSTILE,
            1,
            gen_ai__operation__name="execute_tool",
            gen_ai__tool__name="send_" + HOSTILE,
            gen_ai__tool__call__arguments=json.dumps({HOSTILE: HOSTILE}),
            gen_ai__tool__call__result=json.dumps({"x": HOSTILE}),
            agent__anomaly="TOOL_SCHEMA_DRIFT",
            tool__unexpected_fields=HOSTILE,
        ),
        span(4, HOSTILE, 1, gen_ai__operation__name="invoke_agent", gen_ai__agent__name="spawned " + HOSTILE),
        span(5, HOSTILE, 4, **{"gen_ai__operation__name": "chat", HOSTILE: HOSTILE}),
    ]
    resource = {
        "resourceSpans": [
            {"resource": {"attributes": []}, "scopeSpans": [{"scope": {"name": HOSTILE}, "spans": spans}]}
        ]
    }
    path = tmp_path / "hostile.jsonl"
    path.write_text(json.dumps(resource), encoding="utf-8")
    return path


def run_in_pty(arguments: list[str], keys: list[bytes], cwd: Path) -> tuple[bytes, int]:
    """Bytes the app wrote to its terminal, and its exit status."""
    master, slave = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30"}
    process = subprocess.Popen(
        [sys.executable, "-m", "runbook_tui", *arguments],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        cwd=cwd,
        env=environment,
        close_fds=True,
    )
    os.close(slave)
    written = bytearray()

    def read(seconds: float, until: bytes | None = None) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end and (until is None or until not in written):
            ready, _, _ = select.select([master], [], [], 0.05)
            if ready:
                try:
                    written.extend(os.read(master, 65536))
                except OSError:
                    return

    read(20, b"Contain")
    for key in keys:
        os.write(master, key)
        read(0.4)
    read(20 if process.poll() is None else 1, b"\x1b[?1049l")
    status = process.wait(timeout=20)
    read(0.2)
    os.close(master)
    return bytes(written), status


def test_every_room_shows_it_and_none_lets_it_through(capture: Path, tmp_path: Path) -> None:
    rooms = [
        b"1",
        b"2",
        b"3",
        b"4",
        b"e",
        b"\t",
        b"\t",
        b"\t",
        b"\t",
        b"s",
        b"o",
        b"5",
        b"\r",
        b"\x1b",
        b"x",
        b"6",
        b"p",
        b"\x1b",
    ]
    written, status = run_in_pty(
        ["--db", str(tmp_path / "x.db"), "open", str(capture)], [*rooms, b"?", b"\x1b", b"\x11"], tmp_path
    )
    assert status == 0, written[-2000:].decode(errors="replace")
    shown = written.decode(errors="replace")
    assert "[/nope]" in shown, "the text itself is shown, brackets and all"
    assert "␛]52" in shown, "a control is shown as its picture"
    leaked = [payload for payload in FORBIDDEN if payload in written]
    assert not leaked
    assert b"stolen title\x07" not in written


@pytest.mark.parametrize("arguments", [["inspect"], ["inspect", "--json"]])
def test_commands_print_no_control(capture: Path, tmp_path: Path, arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "runbook_tui", *arguments, str(capture)],
        capture_output=True,
        cwd=tmp_path,
        check=True,
    )
    leaked = [payload for payload in FORBIDDEN if payload in done.stdout]
    assert not leaked
    assert b"\x1b" not in done.stdout
