"""From launch to first text in a terminal, as a ratio to an empty Textual app in the same run.

    python benchmarks/first_paint.py [--runs 7]

Home, and the incident of the loan sample (911 spans, opened before). Runs are interleaved and medians are
taken: only the ratios mean anything on a shared machine. Byte code is compiled in a first, uncounted run.
"""

from __future__ import annotations

import argparse
import os
import pty
import select
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

EMPTY = """
from textual.app import App, ComposeResult
from textual.widgets import Static

class Empty(App[None]):
    def compose(self) -> ComposeResult:
        yield Static("empty app")

Empty().run()
"""


def first_text(argv: list[str], text: bytes) -> float:
    """Seconds until `text` is written."""
    master, slave = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    begin = time.perf_counter()
    process = subprocess.Popen(argv, stdin=slave, stdout=slave, stderr=slave, env=environment, close_fds=True)
    os.close(slave)
    written = b""
    while text not in written and time.perf_counter() - begin < 60:
        ready, _, _ = select.select([master], [], [], 0.01)
        if ready:
            written += os.read(master, 65536)
    took = time.perf_counter() - begin
    process.kill()
    process.wait()
    os.close(master)
    if text not in written:
        raise SystemExit(f"never painted: {text!r} by {argv}")
    return took


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder) / "empty.py"
        empty.write_text(EMPTY, encoding="utf-8")
        sample = Path(__file__).resolve().parents[1] / "sample_sessions" / "loan.jsonl"
        app = [sys.executable, "-m", "runbook_tui", "--db", str(Path(folder) / "x.db")]
        cases = {
            "empty Textual app": ([sys.executable, str(empty)], b"empty app"),
            "home": (app, b"Captured sessions"),
            "incident": ([*app, "open", "loan-2026-11-19"], b"Reading and diagnosing"),
            "incident, diagnosed": ([*app, "open", "loan-2026-11-19"], b"Not contained yet"),
        }
        subprocess.run([*app, "import", str(sample)], check=True, capture_output=True)
        for argv, text in cases.values():
            first_text(argv, text)
        took: dict[str, list[float]] = {name: [] for name in cases}
        for _ in range(runs):
            for name, (argv, text) in cases.items():
                took[name].append(first_text(argv, text))
    base = statistics.median(took["empty Textual app"])
    print(f"{'':22}{'median s':>9}{'min':>7}{'max':>7}{'ratio':>7}")
    for name, seconds in took.items():
        median = statistics.median(seconds)
        print(f"{name:22}{median:9.2f}{min(seconds):7.2f}{max(seconds):7.2f}{median / base:7.2f}")


if __name__ == "__main__":
    main()
