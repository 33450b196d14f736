"""A file that several processes read gives what one of them would read, and none of them is left behind."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from runbook_tui.intake import Capture, CaptureError, capture, read_capture, readers
from runbook_tui.intake.reading import Piece, Reading

SAMPLES = sorted((Path(__file__).parents[2] / "sample_sessions").glob("*.jsonl"))


@pytest.fixture
def several(tmp_path: Path) -> Path:
    """A file of many sessions, some of its lines no spans."""
    lines = [line for path in SAMPLES for line in path.read_text(encoding="utf-8").splitlines()]
    lines.insert(len(lines) // 3, "\n{'no': JSON}")
    lines.insert(len(lines) // 2, json.dumps({"resourceLogs": []}))
    path = tmp_path / "several.jsonl"
    path.write_text("\n".join(lines) + '\n{"resourceSpans": [{"scopeSp', encoding="utf-8")
    return path


def read_by(count: int, path: Path, monkeypatch: pytest.MonkeyPatch, stretch: int = 20_000) -> Capture:
    monkeypatch.setattr(capture, "readers_for", lambda _size: count)
    monkeypatch.setattr(readers, "_STRETCH", stretch)
    return read_capture(path)


@pytest.mark.parametrize("stretch", [1, 20_000])
@pytest.mark.parametrize("count", [1, 2])
def test_the_result_is_that_of_one_process(
    count: int, stretch: int, several: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = read_by(0, several, monkeypatch)
    taken: list[int] = []
    take = Reading.take

    def counted(self: Reading, piece: Piece) -> None:
        taken.append(len(piece.records))
        take(self, piece)

    monkeypatch.setattr(Reading, "take", counted)
    assert read_by(count, several, monkeypatch, stretch) == alone
    assert [bad.line for bad in alone.bad_lines]
    assert taken


@pytest.mark.parametrize(
    "script", ["import os; os._exit(9)", "print('x' * 100)", "import time; time.sleep(0.5)"]
)
def test_readers_that_fail_cost_nothing_but_time(
    script: str, several: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = read_by(0, several, monkeypatch)
    monkeypatch.setattr(readers, "_COMMAND", (sys.executable, "-c", script))
    assert read_by(2, several, monkeypatch) == alone
    monkeypatch.setattr(readers, "_COMMAND", ("/nowhere/python",))
    assert read_by(2, several, monkeypatch) == alone


def test_a_reader_that_is_killed_on_the_way_costs_nothing_but_time(
    several: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = read_by(0, several, monkeypatch)
    started: list[int] = []
    take = readers.Readers._take

    def killing(self: readers.Readers, reading: Reading) -> None:
        take(self, reading)
        if not started:
            started.extend(process.pid for process in self._processes)
            os.kill(started[0], signal.SIGKILL)

    monkeypatch.setattr(readers.Readers, "_take", killing)
    assert read_by(2, several, monkeypatch) == alone
    assert len(started) == 2


def test_no_reader_is_left_when_reading_is_broken_off(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []
    take = readers.Readers._take

    def interrupted(self: readers.Readers, reading: Reading) -> None:
        take(self, reading)
        started.extend(self._processes)
        raise KeyboardInterrupt

    monkeypatch.setattr(readers.Readers, "_take", interrupted)
    with pytest.raises(KeyboardInterrupt):
        read_by(2, several, monkeypatch)
    assert [process.returncode for process in started] == [-signal.SIGKILL] * 2


def test_a_reader_ends_with_the_process_that_started_it() -> None:
    script = (
        "import os, signal; from runbook_tui.intake.readers import Readers;"
        "readers = Readers(1); readers._start(); print(readers._processes[0].pid, flush=True);"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    reader = int(done.stdout)
    for _ in range(100):
        if not is_running(reader):
            return
        time.sleep(0.1)
    os.kill(reader, signal.SIGKILL)
    pytest.fail("it runs on")


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"


def test_a_file_that_breaks_off_gives_what_came_before(
    several: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(lines: Iterable[tuple[int, bytes]]) -> Iterable[tuple[int, bytes]]:
        for number, line in lines:
            if number > 20:
                raise EOFError("it ends")
            yield number, line

    documents = capture._documents
    monkeypatch.setattr(capture, "_documents", lambda *given: broken(documents(*given)))
    alone = read_by(0, several, monkeypatch)
    assert read_by(2, several, monkeypatch, 1) == alone
    assert "ends early" in alone.bad_lines[-1].reason


def test_heavy_spans_are_read_here(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "_BULKY", 1)
    monkeypatch.setattr(readers.Readers, "_start", lambda _self: pytest.fail("a process was started"))
    assert read_by(2, several, monkeypatch).sessions


def test_a_full_disk_is_told(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("runbook_tui.intake.spill.TemporaryFile", full)
    with pytest.raises(CaptureError, match="No space left"):
        read_by(2, several, monkeypatch)


def test_readers_are_for_large_files_and_several_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0, 1}, raising=False)
    assert readers.readers_for(1 << 20) == 0
    assert readers.readers_for(1 << 30) == 2
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0}, raising=False)
    assert readers.readers_for(1 << 30) == 0
