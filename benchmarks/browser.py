"""The span browser beside what people would otherwise look with, in a real terminal: a pseudo-terminal of 100 x 40.

    python benchmarks/browser.py [SIZE ...]          sizes in spans; 1000 10000 100000 unless given

For each size, on the same capture: milliseconds from launch until the first span is on screen, the median of ten presses
each of the keys for down, page down and end, from the key to the first and to the last thing drawn, and the resident
memory then. Ours is
opened as users open it, from a session that was imported; Textual's own `Tree` holds every span, expanded; `lnav` (where
it is installed) reads the capture. One program runs at a time, each three times; the median counts.
"""

from __future__ import annotations

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
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

ROUNDS = 3
PRESSES = 10
QUIET_S = 0.08
TREE = """
import sys, sqlite3
from textual.app import App
from textual.widgets import Tree
class Peer(App):
    def compose(self):
        tree = Tree("session"); tree.root.expand()
        rows = sqlite3.connect(sys.argv[1]).execute("select position, parent, label from span order by position")
        nodes = {-1: tree.root}
        for position, parent, label in rows:
            nodes[position] = nodes[parent].add(label, expand=True)
        yield tree
    def on_mount(self): self.query_one(Tree).focus()
Peer().run()
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

    def until(self, wanted: bytes, limit_s: float) -> float | None:
        """Seconds from launch until that text was written; None when it was not in time."""
        end = time.perf_counter() + limit_s
        while time.perf_counter() < end:
            if select.select([self.fd], [], [], 0.01)[0]:
                with suppress(OSError):
                    self.seen += os.read(self.fd, 1 << 16)
            if wanted in self.seen:
                return time.perf_counter() - self.began
        return None

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


Keys = tuple[bytes, bytes, bytes, bytes]
"""Home, down, page down, end."""


def measure(start: Callable[[], Terminal], first: bytes, keys: Keys) -> list[float | None]:
    """Milliseconds to the first span; of down, page down and end, to the first and the last thing drawn; megabytes."""
    home, down, page, end = keys
    rounds: list[list[float]] = []
    for _ in range(ROUNDS):
        terminal = start()
        try:
            opened = terminal.until(first, 120)
            if opened is None:
                return [None] * 8
            terminal.read(1.0)
            taken = [
                [terminal.press(down) for _ in range(PRESSES)],
                [terminal.press(page) for _ in range(PRESSES)],
                [],
            ]
            for _ in range(PRESSES // 2):
                terminal.press(home)
                taken[2].append(terminal.press(end))
            keyed = (1000 * statistics.median(side) for one in taken for side in zip(*one, strict=True))
            rounds.append([1000 * opened, *keyed, terminal.memory()])
        finally:
            terminal.close()
    return [statistics.median(column) for column in zip(*rounds, strict=True)]


def capture(folder: Path, size: int) -> tuple[Path, Path]:
    """A capture of that many spans in one session, and the store it was imported into."""
    from benchmarks.importing import write
    from runbook_tui.evidence import Store
    from runbook_tui.incident import diagnose_stored, store_capture
    from runbook_tui.playbook import load_all, playbook_dirs

    file, database = folder / "capture.jsonl", folder / "store.db"
    write(file, size, 1_000, 1)
    with Store(database) as store:
        store_capture(store, file)
        diagnose_stored(store, "session-0", load_all(playbook_dirs()).default)
    return file, database


def show(name: str, figures: list[float | None]) -> None:
    if None in figures:
        print(f"| {name} | not in 120 s | | | | |", flush=True)
        return
    first, *keys, memory = (f"{figure:,.0f}" for figure in figures if figure is not None)
    pairs = " | ".join(f"{one}, {other}" for one, other in zip(keys[::2], keys[1::2], strict=True))
    print(f"| {name} | {first} | {pairs} | {memory} |", flush=True)


def main(sizes: list[int]) -> None:
    ours = shutil.which("runbook-tui") or str(Path(sys.executable).with_name("runbook-tui"))
    print(
        "| spans | first span ms | down: first, last ms | page: first, last | end: first, last | memory MB |"
    )
    print("|---|---|---|---|---|---|")
    for size in sizes:
        with tempfile.TemporaryDirectory() as at:
            folder = Path(at)
            file, database = capture(folder, size)
            quiet = {"RUNBOOK_TUI_DB": str(database)}
            subprocess.run([ours, "sessions"], env={**os.environ, **quiet}, check=True, capture_output=True)

            def opened(quiet: dict[str, str] = quiet) -> Terminal:
                terminal = Terminal([ours, "open", "session-0"], quiet)
                terminal.until(b"Contain", 60)
                os.write(terminal.fd, b"4")
                return terminal

            name = f"{size:,}"
            show(f"{name} runbook-tui", measure(opened, b"invoke_agent", (b"g", b"j", b"\x1b[6~", b"G")))
            tree = [sys.executable, "-c", TREE, str(database)]
            arrows = (b"\x1b[H", b"\x1b[B", b"\x1b[6~", b"\x1b[F")
            show(f"{name} Textual Tree", measure(lambda tree=tree: Terminal(tree, {}), b"lookup", arrows))
            if shutil.which("lnav"):
                home = {"HOME": at, "XDG_CONFIG_HOME": at}
                lnav = ["lnav", "-q", str(file)]
                vi = (b"g", b"j", b"\x1b[6~", b"G")
                show(
                    f"{name} lnav",
                    measure(lambda lnav=lnav, home=home: Terminal(lnav, home), b"invoke_agent", vi),
                )


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or [1_000, 10_000, 100_000])
