"""A real terminal for the real command: tmux on a socket of its own, keys in, screen out."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
import time
import uuid
from pathlib import Path
from types import TracebackType

__all__ = ["Terminal", "command", "has_tmux"]

_PATIENCE_S = 20.0


def has_tmux() -> bool:
    return shutil.which("tmux") is not None


def command(*arguments: str) -> list[str]:
    """The installed command, run by this interpreter."""
    return [sys.executable, "-m", "runbook_tui", *arguments]


class Terminal:
    """A command in a terminal of the given size."""

    def __init__(self, argv: list[str], cwd: Path, *, width: int = 80, height: int = 24) -> None:
        self._socket = cwd / f"tmux-{uuid.uuid4().hex[:8]}"
        shell = f"{shlex.join(argv)}; echo exit status $?; exec sleep 60"
        self._tmux(
            "-f", "/dev/null", "new-session", "-d", "-x", str(width), "-y", str(height), "-c", str(cwd), shell
        )

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tmux("kill-server")

    def screen(self) -> str:
        return self._tmux("capture-pane", "-p")

    def press(self, *keys: str) -> Terminal:
        for key in keys:
            self._tmux("send-keys", key)
        return self

    def type(self, text: str) -> Terminal:
        self._tmux("send-keys", "-l", text)
        return self

    def expect(self, *texts: str) -> Terminal:
        """Wait until the screen shows all of these."""
        end = time.monotonic() + _PATIENCE_S
        while True:
            shown = self.screen()
            flat = " ".join(shown.split())
            missing = [text for text in texts if text not in flat]
            if not missing:
                return self
            if time.monotonic() > end:
                raise AssertionError(f"never on screen: {missing}\n{shown}")
            time.sleep(0.05)

    def gone(self, text: str) -> Terminal:
        """Wait until the screen no longer shows this."""
        end = time.monotonic() + _PATIENCE_S
        while text in self.screen():
            if time.monotonic() > end:
                raise AssertionError(f"still on screen: {text}\n{self.screen()}")
            time.sleep(0.05)
        return self

    def _tmux(self, *arguments: str) -> str:
        done = subprocess.run(
            ["tmux", "-S", str(self._socket), *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
        return done.stdout
