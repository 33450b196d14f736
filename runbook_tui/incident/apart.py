"""Work on a large session in a process of its own: no key waits for it, and its memory is given back when it ends.

What to do comes pickled on standard input; only `run_apart` starts the process, and writes that input.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from runbook_tui.trace import RunbookError

__all__ = ["LARGE", "run_apart"]

LARGE: Final = 50_000
"""Spans from which a session is not held in the memory of a program that goes on; a span takes about 5 KB there."""


def run_apart(work: Callable[..., object], *given: Any, about: str) -> None:
    """Have a process of its own do something, and wait for it.

    Args:
        work: a function of a module; what it returns is lost.
        given: its arguments.
        about: whose diagnosis it is, for the error.

    Raises:
        RunbookError: the process failed.
    """
    # Not multiprocessing: it hands on standard error, which the screens have put aside.
    command = [sys.executable, "-m", "runbook_tui.incident.apart"]
    ended = subprocess.run(  # noqa: S603
        command, input=pickle.dumps((work, given)), capture_output=True, check=False
    )
    if ended.returncode:
        what = f"the diagnosis ended with status {ended.returncode}"
        raise RunbookError(what, about, "there may be too little memory; the spans can be read all the same")


def _end_with(parent: int) -> None:
    """A diagnosis that nobody waits for any more takes no time and memory."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _main() -> None:
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    work, given = pickle.loads(sys.stdin.buffer.read())  # noqa: S301 - of our own process
    work(*given)


if __name__ == "__main__":
    _main()
