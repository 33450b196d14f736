"""A process that reads lines for another one: each stretch that comes in goes out as spans, until nothing comes any more."""

from __future__ import annotations

import signal
import sys
from contextlib import suppress
from typing import Final

import msgspec

from runbook_tui.intake.readers import received, send
from runbook_tui.intake.reading import Reading
from runbook_tui.trace.collector import collector_paused

_ENCODE: Final = msgspec.msgpack.Encoder().encode


def main() -> None:
    """Read until the process that started this one has ended or wants no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the other process decides
    given, answers = sys.stdin.buffer, sys.stdout.buffer
    with collector_paused(), suppress(BrokenPipeError):
        while (text := received(given)) is not None:
            send(answers, _ENCODE(Reading.piece_of(text)))


if __name__ == "__main__":
    main()
