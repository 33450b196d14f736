"""Whatever a file holds, it is loaded or refused with reasons: no traceback, no hang."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from runbook_tui.playbook import PlaybookError, load_playbook

TEXT = (Path(__file__).parent / "good" / "everything.yaml").read_text(encoding="utf-8")
SCRAPS = st.sampled_from(
    ["", "\n", " ", ":", "- ", "{", "}", "[", "]", '"', "'", "&a ", "*a", "!!int ", "null", "true", "1e5", ".5", "-",
     "99999999999999999999", "---\n", "...\n", "%YAML 9\n", "<<: ", "\t", "? ", "| ", "\x00", "\ud7ff", "{{", "é"]
)  # fmt: skip


def outcome(raw: bytes) -> PlaybookError | None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "x.yaml"
        file.write_bytes(raw)
        try:
            load_playbook(file)
        except PlaybookError as error:
            return error
    return None


@settings(max_examples=60, deadline=None)
@given(start=st.integers(0, len(TEXT)), length=st.integers(0, 40), scrap=SCRAPS | st.text(max_size=8))
def test_a_changed_playbook_is_loaded_or_refused(start: int, length: int, scrap: str) -> None:
    changed = TEXT[:start] + scrap + TEXT[start + length :]
    error = outcome(changed.encode("utf-8", "surrogatepass"))
    assert error is None or all(problem.line >= 1 and problem.message for problem in error.problems)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
@example(b"\xef\xbb\xbf")
@example(b"a: e5\n")
@example(b"? \n")
@example(b"[" * 100_000)
@example(b"- " * 100_000)
@example(b"{a: " * 5000)
def test_bytes_that_are_no_playbook_are_refused(raw: bytes) -> None:
    error = outcome(raw)
    assert error is not None
    assert error.problems


@pytest.mark.parametrize("value", ["1e999", "-.inf", ".nan", "9" * 5000, "0o17", "0x1F", "1_000", "+1", "1."])
def test_odd_numbers_are_refused(value: str) -> None:
    error = outcome(TEXT.replace("gap_min_length: 10", f"gap_min_length: {value}").encode())
    assert error is None if value == "+1" else error is not None
