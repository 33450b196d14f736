"""The span browser beside what people would otherwise look with, in a real terminal: a pseudo-terminal of 100 x 40.

    python benchmarks/browser.py [--tracecraft PYTHON] [SIZE ...]     sizes in spans; 1000 10000 100000 unless given

For each size, on the same capture: milliseconds from launch until spans are on screen, the median of ten presses each of
the keys for down, page down and end, from the key to the first and to the last thing drawn, and the resident memory
then. Ours is opened from the file, and again once it is known. Textual's own `Tree` reads the file and holds every span,
expanded. `lnav`, where it is installed, reads the file; what it shows first is the raw line. TraceCraft, where the
interpreter it is installed for is named, gets the file through its own importer beforehand; its waterfall has no key for
a page or the end. One program runs at a time, each three times; the median counts.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import select
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from importing import write

ROUNDS = 3
PRESSES = 10
QUIET_S = 0.08
FIRST_S = 60
"""A program that has not shown a span by then is given up."""

TREE = """
import json, sys
from textual.app import App
from textual.widgets import Tree
class Peer(App):
    def compose(self):
        tree = Tree("session"); tree.root.expand()
        nodes = {"": tree.root}
        for line in open(sys.argv[1]):
            for resource in json.loads(line)["resourceSpans"]:
                for scope in resource["scopeSpans"]:
                    for span in scope["spans"]:
                        parent = nodes[span["parentSpanId"]]
                        nodes[span["spanId"]] = parent.add(span["name"], expand=True)
        yield tree
    def on_mount(self): self.query_one(Tree).focus()
Peer().run()
"""

TRACECRAFT = """
import json, sys
from tracecraft.receiver.importer import OTelImporter
spans = []
for line in open(sys.argv[1]):
    for resource in json.loads(line)["resourceSpans"]:
        spans += [span for scope in resource["scopeSpans"] for span in scope["spans"]]
(run,) = OTelImporter().import_from_json({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]})
print(run.model_dump_json(), file=open(sys.argv[2], "w"))
"""


class Terminal:
    """A program in a pseudo-terminal."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.began = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], command, {**os.environ, **environment, "TERM": "xterm-256color"})
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
        self.seen = b""

    def read(self, limit_s: float) -> bytes:
        """What it writes until it has been quiet for a moment, or the limit is over."""
        found = b""
        end = time.perf_counter() + limit_s
        wait = limit_s
        while time.perf_counter() < end and select.select([self.fd], [], [], wait)[0]:
            try:
                found += os.read(self.fd, 1 << 16)
            except OSError:
                break
            wait = QUIET_S
        self.seen += found
        return found

    def until(self, wanted: bytes, limit_s: float = FIRST_S) -> float | None:
        """Seconds from launch until that text was written, since the last key; None when it was not in time."""
        end = time.perf_counter() + limit_s
        while time.perf_counter() < end:
            if select.select([self.fd], [], [], 0.01)[0]:
                with suppress(OSError):
                    self.seen += os.read(self.fd, 1 << 16)
            if wanted in self.seen:
                return time.perf_counter() - self.began
        return None

    def send(self, key: bytes) -> None:
        """A key; what was written before is forgotten."""
        self.seen = b""
        os.write(self.fd, key)

    def press(self, key: bytes, limit_s: float = 10.0) -> tuple[float, float]:
        """Seconds from a key to the first and to the last thing drawn for it; the limit where nothing was."""
        before = time.perf_counter()
        os.write(self.fd, key)
        first = last = before
        wait = limit_s
        while select.select([self.fd], [], [], wait)[0]:
            with suppress(OSError):
                self.seen += os.read(self.fd, 1 << 16)
            last = time.perf_counter()
            first = first if first > before else last
            wait = QUIET_S
        return (first - before, last - before) if last > before else (limit_s, limit_s)

    def memory(self) -> float:
        """Resident megabytes."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def close(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


class Program(NamedTuple):
    """A program to measure."""

    name: str
    start: Callable[[], Terminal]
    """Launches it and leads it to the spans."""
    first: bytes
    """What is written once spans are on screen."""
    home: bytes
    keys: tuple[bytes, ...]
    """Down, page down and end; those it has."""
    before_keys: bytes = b""
    """What puts the keys to the spans."""


def measure(program: Program) -> list[float] | None:
    """Milliseconds to the first span; of each key, to the first and the last thing drawn; megabytes."""
    rounds: list[list[float]] = []
    for _ in range(ROUNDS):
        terminal = program.start()
        try:
            opened = terminal.until(program.first)
            if opened is None:
                return None
            terminal.read(2.0)
            if program.before_keys:
                terminal.send(program.before_keys)
                terminal.read(2.0)
            keyed: list[float] = []
            for at, key in enumerate(program.keys):
                taken = []
                for _ in range(PRESSES):
                    if at == 2:
                        terminal.press(program.home)
                    taken.append(terminal.press(key))
                keyed += [1000 * statistics.median(side) for side in zip(*taken, strict=True)]
            rounds.append([1000 * opened, *keyed, terminal.memory()])
        finally:
            terminal.close()
    return [statistics.median(column) for column in zip(*rounds, strict=True)]


def show(size: int, program: Program) -> None:
    figures = measure(program)
    if figures is None:
        print(f"| {size:,} | {program.name} | not in {FIRST_S} s | | | | |", flush=True)
        return
    first, *keys, memory = (f"{figure:,.0f}" for figure in figures)
    pairs = [f"{one}, {other}" for one, other in zip(keys[::2], keys[1::2], strict=True)]
    cells = " | ".join([*pairs, *["none"] * (3 - len(pairs))])
    print(f"| {size:,} | {program.name} | {first} | {cells} | {memory} |", flush=True)


def programs(folder: Path, file: Path, tracecraft: str | None) -> Iterator[Program]:
    """What is measured on a capture."""
    ours = shutil.which("runbook-tui") or str(Path(sys.executable).with_name("runbook-tui"))
    vi = (b"j", b"\x1b[6~", b"G")
    arrows = (b"\x1b[B", b"\x1b[6~", b"\x1b[F")
    new = iter(range(1000))

    def opened(source: str, database: Path) -> Terminal:
        terminal = Terminal([ours, "open", source], {"RUNBOOK_TUI_DB": str(database)})
        terminal.until(b"Contain")
        terminal.send(b"4")
        return terminal

    def from_file() -> Terminal:
        return opened(str(file), folder / f"{next(new)}.db")

    known = folder / "known.db"
    environment = {**os.environ, "RUNBOOK_TUI_DB": str(known)}
    subprocess.run([ours, "import", str(file)], env=environment, check=True, capture_output=True)
    yield Program("runbook-tui, from the file", from_file, b"lookup", b"g", vi, b"g")
    yield Program("runbook-tui, again", lambda: opened("session-0", known), b"lookup", b"g", vi, b"g")
    tree = [sys.executable, "-c", TREE, str(file)]
    yield Program("Textual `Tree`", lambda: Terminal(tree, {}), b"lookup", b"\x1b[H", arrows)
    home = {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    if shutil.which("lnav"):
        lnav = ["lnav", "-q", str(file)]
        yield Program("lnav", lambda: Terminal(lnav, home), b"resourceSpans", b"g", vi)
    if tracecraft is not None:
        run = folder / "run.jsonl"
        subprocess.run([tracecraft, "-c", TRACECRAFT, str(file), str(run)], check=True, capture_output=True)
        command = [str(Path(tracecraft).with_name("tracecraft")), "tui", str(run)]

        def waterfall() -> Terminal:
            terminal = Terminal(command, home)
            terminal.until(b"planner")
            terminal.send(b"\r")
            return terminal

        click = b"\x1b[<0;65;12M\x1b[<0;65;12m"
        yield Program("TraceCraft", waterfall, b"lookup", b"", (b"j",), click)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sizes", type=int, nargs="*", default=[1_000, 10_000, 100_000])
    parser.add_argument("--tracecraft", help="the interpreter TraceCraft is installed for")
    given = parser.parse_args()
    heads = ("spans", "program", "first span ms", "down: first, last ms", "page", "end", "memory MB")
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for size in given.sizes:
        with tempfile.TemporaryDirectory() as at:
            folder = Path(at)
            file = folder / "capture.jsonl"
            write(file, size, 1_000, 1)
            for program in programs(folder, file, given.tracecraft):
                show(size, program)


if __name__ == "__main__":
    main()
