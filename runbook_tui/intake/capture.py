"""A file of spans, read into sessions. The format is recognised from the content, never from the name."""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Final, cast

import msgspec

from runbook_tui.intake.complete import complete
from runbook_tui.intake.dialects import read_span
from runbook_tui.intake.grouping import by_session
from runbook_tui.intake.otlp_json import decode_request, raw_spans, salvage_request
from runbook_tui.intake.pending import was_recorded
from runbook_tui.intake.raw import RawSpan
from runbook_tui.trace import RunbookError, SessionTrace, Span, build_session

__all__ = ["BadLine", "Capture", "CaptureError", "read_capture"]

Progress = Callable[[int, int], None]
"""Called with bytes read so far and bytes in all."""

_BOM: Final = b"\xef\xbb\xbf"
_MAX_DOCUMENT: Final = 1 << 30
"""A single JSON document is read whole; a file of lines of any size is streamed."""


class CaptureError(RunbookError):
    """A file that cannot be read as a capture."""


class BadLine(msgspec.Struct, frozen=True):
    """A line, or spans of a line, that could not be read."""

    line: int
    reason: str


class Capture(msgspec.Struct, frozen=True):
    """What a file held."""

    name: str
    sha256: str
    """Of the bytes as received, compressed or not."""
    size: int
    sessions: tuple[SessionTrace, ...]
    bad_lines: tuple[BadLine, ...]

    @property
    def spans(self) -> int:
        """Spans the file held, in all sessions."""
        return sum(was_recorded(span) for session in self.sessions for span in session.spans)


class _Reading:
    """The spans and the complaints of one file while it is read."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.bad: list[BadLine] = []
        self.dialects: Counter[str] = Counter()
        self.requests = 0

    def line(self, number: int, data: bytes) -> None:
        try:
            request = decode_request(data)
            self.requests += request.resource_spans is not None
            self.add(list(raw_spans(request)))
        except (msgspec.DecodeError, ValueError, OverflowError, RecursionError) as error:
            self.salvage(number, data, str(error))

    def salvage(self, number: int, data: bytes, reason: str) -> None:
        """Keep what can be kept of a line: half a surrogate pair, NaN or a bad byte costs no span."""
        try:
            value = json.loads(data.decode("utf-8", "replace"))
        except (ValueError, RecursionError):
            self.bad.append(BadLine(number, f"not JSON ({reason})"))
            return
        requests = value if isinstance(value, list) else [value]
        bad = 0
        for request in requests:
            kept, lost = salvage_request(request)
            self.requests += bool(kept or lost)
            bad += lost
            self.add(kept)
        if bad or not any(isinstance(item, dict) and "resourceSpans" in item for item in requests):
            self.bad.append(
                BadLine(number, f"{bad} spans left out: {reason}" if bad else f"no spans: {reason}")
            )

    def add(self, raws: Iterable[RawSpan]) -> None:
        for raw in raws:
            span, dialects = read_span(raw)
            self.dialects.update(dialects)
            self.spans.append(span)

    @property
    def format(self) -> str:
        conventions = [name for name, _ in self.dialects.most_common(2)]
        return "otlp-json" + (f" ({', '.join(conventions)})" if conventions else "")


def read_capture(path: Path, progress: Progress | None = None) -> Capture:
    """Read a file of OTLP/JSON, lines or one document, plain or gzip.

    Args:
        path: the file.
        progress: told how far reading got, at most once a percent.

    Raises:
        CaptureError: nothing in it can be read; the message says why and what to do.
    """
    digest, size = _digest(path)
    reading = _Reading()
    try:
        with path.open("rb") as raw:
            for number, data in _documents(raw, path, size, progress):
                reading.line(number, data)
    except (OSError, EOFError, zlib.error) as error:
        if not reading.spans:
            raise CaptureError("cannot decompress", str(path), f"{error}; export it again") from error
        reading.bad.append(BadLine(0, f"the compressed file ends early ({error})"))
    if not reading.spans:
        raise _nothing_found(path, size, reading)
    sessions = tuple(
        build_session(session_id, reading.format, complete(spans))
        for session_id, spans in by_session(reading.spans).items()
    )
    return Capture(path.name, digest, size, sessions, tuple(reading.bad))


def _digest(path: Path) -> tuple[str, int]:
    if path.is_dir():
        raise CaptureError("is a folder", str(path), "name a file in it, or import the folder")
    try:
        with path.open("rb") as handle:
            digest = hashlib.file_digest(handle, "sha256").hexdigest()
        return digest, path.stat().st_size
    except FileNotFoundError:
        raise CaptureError("no such file", str(path), "check the path") from None
    except OSError as error:
        raise CaptureError("cannot read", str(path), f"{error.strerror or error}") from error


def _documents(
    raw: BinaryIO, path: Path, size: int, progress: Progress | None
) -> Iterator[tuple[int, bytes]]:
    """(line number, JSON text) of every document in the file; one document may span all lines."""
    magic = raw.read(2)
    raw.seek(0)
    stream = cast("BinaryIO", gzip.open(raw, "rb")) if magic == b"\x1f\x8b" else raw  # noqa: SIM115
    first = _first_line(stream)
    if first is None:
        return
    number, data = first
    if _is_complete(data):
        yield number, data
        step = max(size // 100, 1)
        shown = 0
        for at, line in enumerate(stream, number + 1):
            if line.strip():
                yield at, line
            if progress is not None and raw.tell() - shown >= step:
                shown = raw.tell()
                progress(shown, size)
        return
    rest = stream.read(_MAX_DOCUMENT)
    if stream.read(1):
        raise CaptureError("too large for one JSON document", str(path), "export it as one request a line")
    yield from _document_or_lines(number, data + rest)


def _first_line(stream: BinaryIO) -> tuple[int, bytes] | None:
    for number, line in enumerate(stream, 1):
        text = line.removeprefix(_BOM)
        if text.strip():
            return number, text
    return None


def _is_complete(line: bytes) -> bool:
    try:
        msgspec.json.decode(line, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _document_or_lines(number: int, data: bytes) -> Iterator[tuple[int, bytes]]:
    """A pretty-printed document as one, or a file of lines whose first one is broken."""
    if _is_complete(data):
        yield number, data
        return
    for at, line in enumerate(data.split(b"\n"), number):
        if line.strip():
            yield at, line


def _nothing_found(path: Path, size: int, reading: _Reading) -> CaptureError:
    where = str(path)
    if size == 0:
        return CaptureError("the file is empty", where, "export the session again")
    if reading.requests:
        return CaptureError("no spans in it", where, "export a session that has spans")
    if reading.bad:
        first = reading.bad[0]
        return CaptureError(
            "not OTLP/JSON",
            f"{where}:{first.line}",
            f"{first.reason}; export OTLP/JSON lines from your collector",
        )
    return CaptureError("not OTLP/JSON", where, "it holds no resourceSpans; export OTLP/JSON lines")
