"""No text of a span hides anything, however often what hides was escaped in the file."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from runbook_tui.intake import CaptureError, read_capture
from runbook_tui.trace import is_visible

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "captures"
FILES = sorted((ROOT / "sample_sessions").glob("l*.jsonl")) + sorted(SHARED.glob("*/*/*.jsonl"))[::7]
HIDING = {
    "as it is": "\u200b",
    "escaped": r"\u200b",
    "escaped twice": r"\\u200b",
    "escaped three times": r"\\\\u200b",
    "behind an escaped backslash": r"\u005cu200b",
    "as Python writes it": r"\\x1b[31m",
    "in a surrogate pair": r"\udb40\udc41",
}
_WORD = re.compile(r"(?<=[a-z]{3} )(?=[a-z]{3})")


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from (key, *texts(item))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts(item)


@pytest.mark.parametrize("hiding", HIDING.values(), ids=HIDING.keys())
@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_nothing_is_hidden(path: Path, hiding: str, tmp_path: Path) -> None:
    hostile = tmp_path / path.name
    hostile.write_text(_WORD.sub(lambda _: hiding, path.read_text(encoding="utf-8")), encoding="utf-8")
    try:
        sessions = read_capture(hostile).sessions
    except CaptureError as error:
        pytest.skip(str(error))
    for session in sessions:
        for span in session.spans:
            assert all(map(is_visible, texts(msgspec.to_builtins(span)))), span
