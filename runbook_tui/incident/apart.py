"""The diagnosis of a large session in a process of its own: what to do comes pickled on standard input.

Only `prepare_apart` starts it, and writes that input.
"""

from __future__ import annotations

import os
import pickle
import sys
import threading
import time

from runbook_tui.evidence import Store
from runbook_tui.incident.preparing import prepare

__all__: list[str] = []


def _end_with(parent: int) -> None:
    """A diagnosis that nobody waits for any more takes no time and memory."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _main() -> None:
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    path, playbooks, incident_id = pickle.loads(sys.stdin.buffer.read())  # noqa: S301 - of our own process
    with Store(path) as store:
        prepare(store, playbooks, incident_id, wait=True)


if __name__ == "__main__":
    _main()
