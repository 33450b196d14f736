"""A file of spans, read into sessions. The form is recognised from the content, never from the name."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final, cast

import msgspec

from runbook_tui.intake.beside import join_logs_beside, take_records_elsewhere
from runbook_tui.intake.containers import HEAD, container_of
from runbook_tui.intake.containers.compressed import BROKEN, Stream, decompressed
from runbook_tui.intake.errors import CaptureError, CutOffError, NoSpansError
from runbook_tui.intake.grouping import by_session
from runbook_tui.intake.placing import placed
from runbook_tui.intake.readers import Readers, readers_for
from runbook_tui.intake.reading import BadLine, Reading
from runbook_tui.trace import PlacedSession, SessionTrace, was_recorded, without_repeats
from runbook_tui.trace.collector import collector_paused

__all__ = ["BadLine", "Capture", "CaptureError", "Scan", "read_capture", "scan_capture"]

Progress = Callable[[int, int], None]
"""Called with bytes read so far and bytes in all."""

_BOM: Final = b"\xef\xbb\xbf"
_MAX_DOCUMENT: Final = 1 << 30
"""A single JSON document is read whole; a file of lines of any size is streamed."""
_BUFFER: Final = 1 << 18
_COMPRESSED: Final = 8
"""A compressed file holds some so many times its size."""
_KNOWN: Final = "export OTLP/JSON lines from your collector, or your server's own JSON"


class Capture(msgspec.Struct, frozen=True):
    """What a file held."""

    name: str
    sha256: str
    """Of the bytes as received, compressed or not."""
    size: int
    sessions: tuple[SessionTrace, ...]
    bad_lines: tuple[BadLine, ...]
    joined: tuple[str, ...] = ()
    """Names of the files beside it whose log records were joined to its spans."""

    @property
    def spans(self) -> int:
        """Spans the file held, in all sessions."""
        return sum(was_recorded(span) for session in self.sessions for span in session.spans)


class Scan:
    """A file that was read, its sessions built one at a time: memory holds the largest of them, not all.

    Close it when done; what it could not keep in memory lies in a temporary file until then.
    """

    def __init__(
        self, name: str, sha256: str, size: int, reading: Reading, joined: tuple[str, ...] = ()
    ) -> None:
        self.name = name
        self.sha256 = sha256
        self.size = size
        self.joined = joined
        self.bad_lines = tuple(reading.bad)
        self._reading = reading
        self._members = by_session(reading.spans)

    @property
    def session_ids(self) -> tuple[str, ...]:
        """The sessions, in the order of the file."""
        return tuple(self._members)

    def traces_of(self, session_id: str) -> set[str]:
        """The traces of a session of the file."""
        outlines = self._reading.spans.outlines
        return {outlines[index].trace_id for index in self._members[session_id]}

    def rename(self, ids: Mapping[str, str]) -> None:
        """Give sessions of the file other ids, by those they have."""
        self._members = {ids.get(known, known): of for known, of in self._members.items()}

    @property
    def spans(self) -> int:
        """Spans the file held, in all sessions; the same span twice counts once."""
        outlines = self._reading.spans.outlines
        return sum(
            len(without_repeats([outlines[index] for index in members])[0])
            for members in self._members.values()
        )

    @property
    def span_size(self) -> int:
        """Bytes of the file a span, on average."""
        return self.size // len(self._reading.spans)

    def sessions(self) -> Iterator[PlacedSession]:
        """Each session, complete."""
        spans, form = self._reading.spans, self._reading.format
        for session_id, members in self._members.items():
            yield placed(session_id, form, spans, members)

    def close(self) -> None:
        """Let go of the spans."""
        self._reading.spans.close()

    def __enter__(self) -> Scan:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def read_capture(path: Path, progress: Progress | None = None) -> Capture:
    """Read a file of spans whole, in any known form, plain, gzip or zstd.

    Args:
        path: the file.
        progress: told how far reading got, at most once a percent.

    Raises:
        CaptureError: nothing in it can be read; the message says why and what to do.
    """
    with collector_paused(), scan_capture(path, progress) as scan:
        sessions = tuple([session.whole() for session in scan.sessions()])
        return Capture(scan.name, scan.sha256, scan.size, sessions, scan.bad_lines, scan.joined)


def scan_capture(path: Path, progress: Progress | None = None) -> Scan:
    """`read_capture` for files of any size; the caller closes the scan.

    Raises:
        CaptureError: nothing in it can be read; the message says why and what to do.
    """
    digest, size = _digest(path)
    reading = Reading()
    try:
        with cast("Stream", path.open("rb", buffering=_BUFFER)) as raw:
            _read(raw, path, size, reading, progress)
    except CutOffError as error:
        reading.bad.append(BadLine(0, f"the file is cut off: {error}"))
    except BROKEN as error:
        if not reading.spans:
            raise CaptureError("cannot decompress", str(path), f"{error}; export it again") from error
        reading.bad.append(BadLine(0, f"the compressed file ends early ({error})"))
    beside = take_records_elsewhere(path, reading)
    reading.read_kept()
    beside += join_logs_beside(path, reading)
    reading.join_logs()
    if not reading.spans:
        raise _nothing_found(path, size, reading)
    return Scan(path.name, digest, size, reading, beside)


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


def _read(raw: Stream, path: Path, size: int, reading: Reading, progress: Progress | None) -> None:
    stream = decompressed(raw)
    container = container_of(stream.peek(HEAD)[:HEAD])
    if container is None:
        documents = _documents(stream, raw, path, size, progress)
        count = readers_for(size if stream is raw else size * _COMPRESSED)
        if count:
            with Readers(count) as readers:
                readers.read(documents, reading)
        else:
            for number, data in documents:
                reading.line(number, data)
        return
    held = raw if stream is raw else io.BytesIO(stream.read(_MAX_DOCUMENT))
    for index, value in enumerate(container.read(held, str(path)), 1):
        reading.value(index, value)


def _documents(
    stream: Stream, raw: Stream, path: Path, size: int, progress: Progress | None
) -> Iterator[tuple[int, bytes]]:
    """(line number, JSON text) of every document in the file; one document may span all lines."""
    first = _first_line(stream)
    if first is None:
        return
    number, data = first
    if _is_complete(data):
        yield number, data
        step = max(size // 100, 1)
        shown = 0
        for at, line in enumerate(stream, number + 1):
            if not line.isspace():
                yield at, line
            if progress is not None and raw.tell() - shown >= step:
                shown = raw.tell()
                progress(shown, size)
        return
    rest = stream.read(_MAX_DOCUMENT)
    if stream.read(1):
        raise CaptureError("too large for one JSON document", str(path), "export it as one request a line")
    yield from _document_or_lines(number, data + rest)


def _first_line(stream: Stream) -> tuple[int, bytes] | None:
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


def _nothing_found(path: Path, size: int, reading: Reading) -> CaptureError:
    where = str(path)
    if size == 0:
        return NoSpansError("the file is empty", where, "export the session again")
    if reading.logs:
        advice = "put it in one folder with the file of their spans and read that one"
        return NoSpansError("log records without spans", where, advice)
    if reading.recognised:
        return NoSpansError("no spans in it", where, "export a session that has spans")
    if reading.bad:
        first = reading.bad[0]
        return CaptureError("not a capture", f"{where}:{first.line}", f"{first.reason}; {_KNOWN}")
    return NoSpansError("not a capture", where, f"nothing in it looks like a span; {_KNOWN}")
