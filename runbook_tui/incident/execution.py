"""Running a command of a playbook: no shell, no terminal, few variables, an end in time, and little that it can say.

What it prints is decoded, made visible, masked and cut before anything keeps it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from selectors import EVENT_READ, DefaultSelector
from typing import Final, Literal

import msgspec

from runbook_tui.trace.redaction import Redactor
from runbook_tui.trace.visible import visible

__all__ = ["WAITED_S", "Ended", "Status", "environment", "execute", "execute_until"]

Status = Literal["exited", "timed_out", "cancelled", "not_started"]
_PASSED_ON: Final = frozenset(
    (
        *("HOME", "PATH", "USER", "LOGNAME", "TMPDIR", "TZ", "LANG", "LANGUAGE"),
        *("KUBECONFIG", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"),
        *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
    )
)
"""What programs need to find their files, servers and certificates. Credentials come from files, never from here."""
_PREFIXES: Final = ("LC_", "XDG_")
_MOST: Final = 32_768
"""Bytes of output that are kept from the beginning; what comes after is counted."""
_LOOK_S: Final = 0.05
_GRACE_S: Final = 2.0
"""Seconds between asking a command to end and ending it."""
_BETWEEN_S: Final = 2.0
"""Seconds from one look to the next."""
WAITED_S: Final = 60.0
"""Seconds after which a stop that does not show is left to the engineer: pods get half of that to end by themselves."""


class Ended(msgspec.Struct, frozen=True):
    """How a command went."""

    status: Status
    exit_code: int | None
    """Negative for a signal; None unless it exited by itself."""
    output: str
    """What it printed, both streams as they came: visible, masked, cut."""
    cut: int
    """Bytes of output that were not kept."""
    seconds: float
    looks: int = 1
    """How often it was run until it showed what was waited for, or nobody waited any more."""

    @property
    def worked(self) -> bool:
        """Whether it exited with 0. That it did what it was for is for its check to say."""
        return self.status == "exited" and self.exit_code == 0

    @property
    def said(self) -> str:
        """How it ended, in words."""
        took = f"after {self.seconds:.1f} s"
        if self.status == "exited":
            often = f", the last of {self.looks} looks" if self.looks > 1 else ""
            return f"exit status {self.exit_code} {took}{often}"
        return {"timed_out": f"ended for taking too long, {took}", "cancelled": f"ended by you, {took}"}.get(
            self.status, f"could not be started: {self.output}"
        )


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """What a command sees of the environment."""
    kept = {name: value for name, value in given.items() if name in _PASSED_ON or name.startswith(_PREFIXES)}
    return {**kept, "NO_COLOR": "1", "TERM": "dumb"}


def execute(
    argv: Sequence[str],
    timeout_s: float,
    stopped: Callable[[], bool] = lambda: False,
    printed: Callable[[str], None] = lambda _: None,
) -> Ended:
    """Run a command and wait for it, with all that it started.

    Args:
        argv: the program and its arguments, given to it as they are.
        timeout_s: seconds after which it is ended.
        stopped: asked now and then whether it is to be ended before.
        printed: told all that is kept of its output, whenever there is more.
    """
    began = time.monotonic()
    try:
        process = subprocess.Popen(  # noqa: S603 - no shell; the playbook's command was shown and confirmed
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment(os.environ),
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return Ended("not_started", None, visible(f"{argv[0]}: {reason}"), 0, 0.0)
    reader = _Reader(process, printed)
    status: Status = "exited"
    try:
        while not reader.is_over():
            if stopped():
                status = "cancelled"
            elif time.monotonic() - began > timeout_s:
                status = "timed_out"
            if status != "exited":
                break
            reader.look(_LOOK_S)
    finally:
        _end(process, reader)
    code = process.returncode if status == "exited" else None
    return Ended(status, code, reader.text, reader.cut, round(time.monotonic() - began, 3))


class _Reader:
    """What a command prints, as far as it is kept."""

    def __init__(self, process: subprocess.Popen[bytes], printed: Callable[[str], None]) -> None:
        assert process.stdout is not None
        self._process = process
        self._pipe = process.stdout
        os.set_blocking(self._pipe.fileno(), False)
        self._selector = DefaultSelector()
        self._selector.register(self._pipe, EVENT_READ)
        self._printed = printed
        self._kept = bytearray()
        self._open = True
        self.cut = 0

    def is_over(self) -> bool:
        """Whether the command has ended. What it left running may hold the pipe; nobody waits for that."""
        return self._process.poll() is not None

    def look(self, wait_s: float) -> bool:
        """Take what there is; returns whether there was anything."""
        if not self._open:
            time.sleep(wait_s)
            return False
        if not self._selector.select(wait_s):
            return False
        got = self._pipe.read(1 << 16)
        if not got:
            self._open = False
            return False
        room = _MOST - len(self._kept)
        self._kept += got[:room]
        self.cut += max(0, len(got) - room)
        if room > 0:
            self._printed(self.text)
        return True

    @property
    def text(self) -> str:
        """What was printed and kept."""
        return Redactor().text(visible(self._kept.decode("utf-8", errors="replace")))

    def close(self) -> None:
        """Let go of the pipe."""
        self._selector.close()
        self._pipe.close()


def _end(process: subprocess.Popen[bytes], reader: _Reader) -> None:
    """End the command and all it started in its session, first gently; take what it still said."""
    for how, wait_s in ((signal.SIGTERM, _GRACE_S), (signal.SIGKILL, _GRACE_S)):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, how)
        end = time.monotonic() + wait_s
        while time.monotonic() < end and not reader.is_over():
            reader.look(_LOOK_S)
        if reader.is_over():
            break
    while reader.look(0):
        pass
    process.wait()
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    reader.close()


def execute_until(
    argv: Sequence[str],
    timeout_s: float,
    shown: Callable[[Ended], bool],
    stopped: Callable[[], bool] = lambda: False,
    printed: Callable[[str], None] = lambda _: None,
) -> Ended:
    """Run a command that only looks, again and again, until it shows what is waited for: stops take a while to hold.

    Args:
        argv: as for `execute`.
        timeout_s: of each run.
        shown: whether a run showed it.
        stopped: as for `execute`.
        printed: as for `execute`, of each run anew.

    Returns:
        The run that showed it, else the last one.
    """
    began = time.monotonic()
    looks = 0
    while True:
        looks += 1
        ended = msgspec.structs.replace(execute(argv, timeout_s, stopped, printed), looks=looks)
        if shown(ended) or ended.status in ("cancelled", "not_started"):
            return ended
        rested = time.monotonic() + _BETWEEN_S
        while time.monotonic() < rested:
            if stopped() or time.monotonic() - began > WAITED_S:
                return ended
            time.sleep(_LOOK_S)
