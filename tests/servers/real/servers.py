"""Real trace servers, started from the environment they are installed in and stopped at the end."""

from __future__ import annotations

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

__all__ = ["free_port", "installed", "running"]

VARIABLE: Final = "RUNBOOK_TUI_TEST_SERVERS"
_START: Final = 120.0
"""Seconds a server may take to answer."""


def installed(program: str) -> Path:
    """The program in the environment of the servers; without one the test is skipped, where checks run it fails."""
    folder = os.environ.get(VARIABLE)
    if not folder:
        pytest.skip(f"{VARIABLE} names no environment with the real servers: run make test-servers")
    path = Path(folder).absolute() / "bin" / program
    assert path.exists(), f"{program} is not installed in {folder}"
    return path


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def running(
    command: list[str | Path], port: int, ready: str, folder: Path, environment: Mapping[str, str]
) -> Iterator[str]:
    """The server's address, once it answers at that path."""
    url = f"http://127.0.0.1:{port}"
    log = folder / "server.log"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**kept, "PYTHONPATH": "", **environment},
            start_new_session=True,
        )
        try:
            _wait(f"{url}{ready}", process, log)
            yield url
        finally:
            os.killpg(process.pid, 15)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)
                process.wait()


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _START
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except urllib.error.HTTPError:
            return  # it answers, be it that it forbids
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"the server did not start: {log.read_text(encoding='utf-8', errors='replace')[-2000:]}")
