"""A command gets its arguments as they are, ends in time with all it started, and says little and nothing secret."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from runbook_tui.incident.execution import environment, execute, execute_until


def python(code: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", code, *arguments]


def test_arguments_stay_what_they_are() -> None:
    odd = ["a b", "$(id)", "; rm -rf x", "`id`", "*", "|", "\\", "'\""]
    ended = execute(python("import sys; print(sys.argv[1:])", *odd), 10)
    assert (ended.status, ended.exit_code, ended.worked) == ("exited", 0, True)
    assert ended.output.strip() == repr(odd)


def test_an_exit_status_is_told() -> None:
    ended = execute(python("import sys; print('no', file=sys.stderr); sys.exit(3)"), 10)
    assert (ended.status, ended.exit_code, ended.worked, ended.output) == ("exited", 3, False, "no\n")
    assert ended.said.startswith("exit status 3 after ")


def test_a_program_that_is_not_there_was_not_started() -> None:
    ended = execute(["no-such-program"], 10)
    assert (ended.status, ended.exit_code) == ("not_started", None)
    assert "No such file" in ended.said


def _running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


TREE = (
    "import subprocess, sys, time\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
    "print(child.pid, flush=True)\n"
)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks processes up in /proc")
@pytest.mark.parametrize(
    ("rest", "status"), [("time.sleep(60)", "timed_out"), ("pass", "exited")], ids=["late", "left behind"]
)
def test_all_that_it_started_ends_with_it(rest: str, status: str) -> None:
    began = time.monotonic()
    ended = execute(python(TREE + rest), 0.7)
    assert ended.status == status
    assert time.monotonic() - began < 10
    time.sleep(0.2)
    assert not _running(int(ended.output.split()[0]))


def test_one_that_does_not_listen_is_killed() -> None:
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True); time.sleep(60)"
    ended = execute(python(code), 0.7)
    assert (ended.status, ended.exit_code, ended.output) == ("timed_out", None, "on\n")


def test_it_can_be_stopped_and_what_it_said_stays() -> None:
    said: list[str] = []
    ended = execute(
        python("import time; print('one', flush=True); time.sleep(60)"), 30, lambda: bool(said), said.append
    )
    assert (ended.status, ended.output, said) == ("cancelled", "one\n", ["one\n"])


def test_little_of_what_it_says_is_kept_and_nothing_that_a_terminal_obeys() -> None:
    ended = execute(python("print('\\x1b]52;c;aGk=\\x07' + 'x' * 1_000_000)"), 30)
    assert "\x1b" not in ended.output
    assert len(ended.output) < 40_000
    assert ended.cut > 900_000


def test_secrets_are_masked_and_not_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "AbCdEfGhIjKlMnOp")
    monkeypatch.setenv("LC_TIME", "C")
    ended = execute(python("import os; print(sorted(os.environ)); print('api_key=AbCdEfGhIjKlMnOp')"), 10)
    assert "AWS_SECRET_ACCESS_KEY" not in ended.output
    assert "AbCdEfGhIjKlMnOp" not in ended.output
    assert "LC_TIME" in ended.output
    assert environment(os.environ)["TERM"] == "dumb"


def test_it_waits_for_no_input() -> None:
    ended = execute(python("import sys; print(repr(sys.stdin.read()), sys.stdin.isatty())"), 10)
    assert ended.output == "'' False\n"


def test_a_check_is_run_until_it_shows_what_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runbook_tui.incident.execution._BETWEEN_S", 0.01)
    code = (
        "import pathlib, sys; file = pathlib.Path(sys.argv[1])\n"
        "file.write_text(file.read_text() + 'x'); print(len(file.read_text()))"
    )
    counted = tmp_path / "counted"
    counted.write_text("")
    ended = execute_until(python(code, str(counted)), 10, lambda ended: ended.output.strip() == "3")
    assert (ended.looks, ended.output) == (3, "3\n")
    assert ended.said.endswith("the last of 3 looks")
    monkeypatch.setattr("runbook_tui.incident.execution.WAITED_S", 0.0)
    monkeypatch.setattr("runbook_tui.incident.execution._BETWEEN_S", 1.0)
    assert execute_until(python(code, str(counted)), 10, lambda _: False).looks == 1
