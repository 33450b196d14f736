"""A file too large for memory gives the same sessions as one that fits."""

import errno
from pathlib import Path

import pytest

from runbook_tui.intake import CaptureError, read_capture, scan_capture, spill
from runbook_tui.trace import pack

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "captures"
FILES = sorted((ROOT / "sample_sessions").glob("*.jsonl")) + sorted(SHARED.glob("*/*/*.jsonl"))[::4]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_sessions_are_the_same_from_disk(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        whole = read_capture(path)
    except Exception as error:  # noqa: BLE001 - a file of logs alone is refused either way
        pytest.skip(str(error))
    monkeypatch.setattr(spill, "_HELD_SPANS", 3)
    monkeypatch.setattr(spill, "_BATCH", 2)
    assert read_capture(path) == whole


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_what_is_stored_is_what_was_completed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spill, "_HELD_SPANS", 3)
    monkeypatch.setattr(spill, "_BATCH", 2)
    try:
        scan = scan_capture(path)
    except CaptureError as error:
        pytest.skip(str(error))
    with scan:
        for session in scan.sessions():
            assert list(session.packed()) == [pack(span) for span in session]


def test_a_full_disk_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(spill, "_HELD_SPANS", 3)
    monkeypatch.setattr(spill, "TemporaryFile", full)
    with pytest.raises(CaptureError, match="No space left on device; free space there"):
        read_capture(ROOT / "sample_sessions" / "loan.jsonl")


def test_a_heavy_document_goes_to_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []
    spans = spill.SpanList()
    monkeypatch.setattr(spill, "_HELD_BYTES", 100)
    monkeypatch.setattr(spill.SpanList, "_spill", lambda self: written.append(len(self)))
    spans.weigh(99)
    assert not written
    spans.weigh(2)
    assert written == [0]
