"""Files as people have them: pretty-printed, zipped, cut off, damaged, or no capture at all."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from runbook_tui.intake import CaptureError, read_capture
from tests.factories import request, span_id, wire_span, write_lines

TWO = (request(wire_span(1)), request(wire_span(2), wire_span(3)))


def _lines(*items: Any) -> bytes:
    return b"".join(json.dumps(item).encode() + b"\n" for item in items)


def _ids(path: Path) -> list[str]:
    return [span.span_id for session in read_capture(path).sessions for span in session.spans]


ALL_THREE = [span_id(1), span_id(2), span_id(3)]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(_lines(*TWO), id="lines"),
        pytest.param(b"\xef\xbb\xbf" + _lines(*TWO), id="byte order mark"),
        pytest.param(_lines(*TWO).replace(b"\n", b"\r\n"), id="CRLF"),
        pytest.param(b"\n\n" + _lines(TWO[0]) + b"\n" + _lines(TWO[1]) + b"\n\n", id="blank lines"),
        pytest.param(_lines(*TWO).rstrip(), id="no newline at the end"),
        pytest.param(_lines(request(*(wire_span(n) for n in (1, 2, 3)))), id="one line"),
        pytest.param(
            json.dumps(request(*(wire_span(n) for n in (1, 2, 3))), indent=2).encode(), id="pretty-printed"
        ),
        pytest.param(
            b"\xef\xbb\xbf" + json.dumps(request(*(wire_span(n) for n in (1, 2, 3))), indent=2).encode(),
            id="pretty-printed with byte order mark",
        ),
        pytest.param(json.dumps(TWO).encode(), id="array of requests"),
        pytest.param(gzip.compress(_lines(*TWO)), id="gzip"),
        pytest.param(gzip.compress(_lines(TWO[0])) + gzip.compress(_lines(TWO[1])), id="gzip in two members"),
    ],
)
def test_every_container_reads_the_same(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "whatever.bin"
    path.write_bytes(content)
    capture = read_capture(path)
    assert _ids(path) == ALL_THREE
    assert capture.bad_lines == ()
    assert (capture.sha256, capture.size) == (hashlib.sha256(content).hexdigest(), len(content))


def test_a_last_line_cut_off_loses_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "cut.jsonl"
    path.write_bytes(_lines(*TWO) + _lines(request(wire_span(4)))[:150])
    capture = read_capture(path)
    assert _ids(path) == ALL_THREE
    assert [line.line for line in capture.bad_lines] == [3]
    assert capture.bad_lines[0].reason.startswith("not JSON")


def test_broken_lines_are_reported_with_their_numbers(tmp_path: Path) -> None:
    path = tmp_path / "mixed.jsonl"
    path.write_bytes(b'{"resourceSpans": [\n' + _lines(TWO[0]) + b"log: started\n\n" + _lines(TWO[1]))
    capture = read_capture(path)
    assert _ids(path) == ALL_THREE
    assert [line.line for line in capture.bad_lines] == [1, 3]


def test_one_bad_span_does_not_take_the_others_of_its_line(tmp_path: Path) -> None:
    wrong: list[dict[str, Any]] = [
        wire_span(4, name=["not", "text"]),
        wire_span(5, spanId="not an id"),
        wire_span(6, startTimeUnixNano="tomorrow"),
        wire_span(7, attributes="none"),
        wire_span(8, endTimeUnixNano=str(2**70)),
    ]
    path = write_lines(tmp_path / "types.jsonl", request(wire_span(1), *wrong, wire_span(2)), TWO[1])
    capture = read_capture(path)
    assert _ids(path) == ALL_THREE
    assert [line.line for line in capture.bad_lines] == [1]
    assert capture.bad_lines[0].reason.startswith("5 spans left out: ")


@pytest.mark.parametrize("name", [b"half \\ud83d pair", b"bad \xff byte"])
def test_a_bad_character_costs_no_span(tmp_path: Path, name: bytes) -> None:
    path = tmp_path / "character.jsonl"
    path.write_bytes(_lines(*TWO).replace(b"span 2", name))
    capture = read_capture(path)
    assert _ids(path) == ALL_THREE
    assert "\ufffd" in capture.sessions[0].spans[1].name
    assert capture.bad_lines == ()


def test_a_compressed_file_that_ends_early_keeps_what_was_read(tmp_path: Path) -> None:
    path = tmp_path / "cut.jsonl.gz"
    many = [
        request(wire_span(number, {"padding": hashlib.sha256(bytes([number])).hexdigest()}))
        for number in range(200)
    ]
    whole = gzip.compress(_lines(*many))
    path.write_bytes(whole[: len(whole) // 2])
    capture = read_capture(path)
    assert 0 < capture.spans < 200
    assert capture.bad_lines[-1].reason.startswith("the compressed file ends early")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        pytest.param(b"", "the file is empty", id="empty"),
        pytest.param(b" \n\n ", "not a capture", id="blank"),
        pytest.param(b'{"hello": "world"}\n', "not a capture", id="foreign JSON"),
        pytest.param(b'[1, 2, {"a": []}]', "not a capture", id="foreign array"),
        pytest.param(b"hello\nworld\n", "not a capture", id="text"),
        pytest.param(b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 9, "not a capture", id="binary"),
        pytest.param(b"\xff\xfe{\x00}\x00", "not a capture", id="UTF-16"),
        pytest.param(b'{"resourceSpans": []}', "no spans in it", id="no spans"),
        pytest.param(gzip.compress(b"x" * 999)[:15], "cannot decompress", id="truncated gzip"),
        pytest.param(b"\x1f\x8b" + b"\x00" * 40, "cannot decompress", id="not really gzip"),
        pytest.param(b"[" * 300_000, "not a capture", id="deep nesting"),
    ],
)
def test_what_cannot_be_read_says_why_and_where(tmp_path: Path, content: bytes, what: str) -> None:
    path = tmp_path / "capture.jsonl"
    path.write_bytes(content)
    with pytest.raises(CaptureError) as caught:
        read_capture(path)
    assert caught.value.what == what
    assert caught.value.where.startswith(str(path))
    assert caught.value.advice
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="no such file"):
        read_capture(tmp_path / "missing.jsonl")
    with pytest.raises(CaptureError, match="is a folder"):
        read_capture(tmp_path)


def test_progress_is_told_at_most_once_a_percent_and_never_backwards(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "long.jsonl", *(request(wire_span(number)) for number in range(1, 2000)))
    told: list[tuple[int, int]] = []
    read_capture(path, lambda done, whole: told.append((done, whole)))
    assert told == sorted(told)
    assert 1 < len(told) <= 101
    assert {whole for _, whole in told} == {path.stat().st_size}


@pytest.mark.parametrize(("flags", "orphans"), [(0x300, 0), (0x100, 1), ("odd", 1), (None, 1)])
def test_a_remote_parent_makes_no_orphan(tmp_path: Path, flags: object, orphans: int) -> None:
    span = wire_span(2, {"gen_ai.operation.name": "chat"}, parentSpanId=span_id(1), flags=flags)
    (session,) = read_capture(write_lines(tmp_path / "a.jsonl", request(span))).sessions
    assert session.defects.orphans == orphans
