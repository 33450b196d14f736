"""A large file of lines is read by several processes at once; what they read is put together in the order of the file.

Each is given a stretch of lines and answers with their spans as they are kept, and with nothing where the stretch holds
anything but spans: this process then reads it, as it does where a reader fails, so that the result is the same with
any number of them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import SimpleQueue
from struct import Struct
from typing import IO, Final

import msgspec

from runbook_tui.intake.containers.compressed import BROKEN
from runbook_tui.intake.errors import CutOffError
from runbook_tui.intake.reading import Piece, Reading

__all__ = ["Readers", "readers_for", "received", "send"]

_LARGE: Final = 16 << 20
"""Bytes of a file from which readers gain more time than they take to start."""
_MOST: Final = 2
"""Each takes some 40 MB, and what they read has to be placed and stored by one process in any case."""
_STRETCH: Final = 1 << 20
"""Bytes of lines that a reader is given at a time."""
_LONGEST: Final = 16 << 20
"""A line of more is read here rather than copied to another process."""
_BULKY: Final = 32 << 10
"""Bytes of a span from which copying it takes as long as reading it."""
_LENGTH: Final = Struct("<q")
_SIZES: Final = range(1 << 30)
"""Bytes of a message."""
_COMMAND: Final = (sys.executable, "-P", "-m", "runbook_tui.intake.reader")
_DECODE: Final = msgspec.msgpack.Decoder(Piece | None).decode

Line = tuple[int, bytes]
"""Its number and its text."""


def readers_for(size: int) -> int:
    """How many readers a file of that size is worth; 0 where this process is as quick alone."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, _MOST) if cores > 1 and size >= _LARGE else 0


class Readers:
    """Processes that read lines for this one; they end with it, whatever becomes of it.

    Args:
        count: how many.
    """

    def __init__(self, count: int) -> None:
        self._processes: list[subprocess.Popen[bytes]] = []
        self._idle: SimpleQueue[subprocess.Popen[bytes]] = SimpleQueue()
        self._count = count
        self._threads = ThreadPoolExecutor(count, "reader")
        self._waiting: deque[tuple[list[Line], Future[Piece | None]]] = deque()
        self._balance = 0
        """Stretches that were read by others, less those that had to be read here."""

    def _start(self) -> None:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        with suppress(OSError):  # without any, everything is read here
            for _ in range(self._count):
                process = subprocess.Popen(  # noqa: S603
                    _COMMAND,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    env=environment,
                )
                self._processes.append(process)
                self._idle.put(process)

    def read(self, lines: Iterable[Line], reading: Reading) -> None:
        """Read lines; `reading` is then as if it had read them one by one."""
        stretch: list[Line] = []
        size = 0
        is_first = True
        try:
            for number, data in lines:
                stretch.append((number, data))
                size += len(data)
                if size >= _STRETCH:
                    self._hand_out(stretch, size, reading)
                    if is_first and size <= len(reading.spans) * _BULKY:
                        self._start()
                    stretch, size, is_first = [], 0, False
        except (CutOffError, *BROKEN):  # what was read before it counts
            self._finish(stretch, reading)
            raise
        self._finish(stretch, reading)

    def _hand_out(self, stretch: list[Line], size: int, reading: Reading) -> None:
        if size > _LONGEST or self._balance < 0 or not self._processes:
            self._finish(stretch, reading)
            return
        text = b"\n".join([data for _, data in stretch])
        self._waiting.append((stretch, self._threads.submit(self._ask, text)))
        if len(self._waiting) > 2 * self._count:
            self._take(reading)

    def _finish(self, stretch: list[Line], reading: Reading) -> None:
        """Take all that was handed out, and read here what comes after it."""
        while self._waiting:
            self._take(reading)
        for number, data in stretch:
            reading.line(number, data)

    def _take(self, reading: Reading) -> None:
        stretch, answer = self._waiting.popleft()
        piece = answer.result()
        if piece is not None:
            self._balance += 1
            reading.take(piece)
            return
        self._balance -= 1
        for number, data in stretch:
            reading.line(number, data)

    def _ask(self, text: bytes) -> Piece | None:
        """What a reader makes of the lines; None where it cannot, or has failed."""
        process = self._idle.get()
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            send(process.stdin, text)
            answer = received(process.stdout)
            return None if answer is None else _DECODE(answer)
        except (OSError, ValueError):
            return None
        finally:
            self._idle.put(process)

    def __enter__(self) -> Readers:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.kill()
        self._threads.shutdown(cancel_futures=True)
        for process in self._processes:
            with suppress(BrokenPipeError), process:  # closes its pipes and waits for it
                pass


def send(pipe: IO[bytes], data: bytes) -> None:
    """Write a message that `received` reads."""
    pipe.write(_LENGTH.pack(len(data)))
    pipe.write(data)
    pipe.flush()


def received(pipe: IO[bytes]) -> bytes | None:
    """What `send` sent; None where the other side has ended, or something else was sent."""
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (size,) = _LENGTH.unpack(head)
    if size not in _SIZES:
        return None
    data = pipe.read(size)
    return data if len(data) == size else None
