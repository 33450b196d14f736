"""What belongs to a capture and lies in other files: its subagents' lines, log records with its messages.

Some libraries put every message into log records and leave the spans bare. A collector writes logs and spans to files
of their own, so the folder is where they meet. It is looked at only where a file's model calls carry no message,
and only records that name one of its spans are taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from runbook_tui.intake.containers import HEAD, container_of
from runbook_tui.intake.containers.compressed import BROKEN, decompressed
from runbook_tui.intake.errors import CaptureError, CutOffError
from runbook_tui.intake.otlp_logs import RawLog, raw_logs
from runbook_tui.intake.reading import Reading, decoded_lines

__all__ = ["join_logs_beside", "take_records_elsewhere"]

_FILES: Final = 64
"""A folder of more files is an archive, not one export."""
_PARTS: Final = 1_000
"""Files of one name's kind that are looked into."""
_SIZE: Final = 1 << 28
_MARK: Final = b"esourceLogs"


def join_logs_beside(path: Path, reading: Reading) -> tuple[str, ...]:
    """Join what the files beside a capture say of its spans.

    Returns:
        The names of the files that had something to say.
    """
    if not reading.has_bare_calls:
        return ()
    wanted = {(span.trace_id, span.span_id) for span in reading.spans.outlines}
    joined = []
    for other in _others(path):
        found = False
        try:
            for log in _logs(other):
                if log.key in wanted:
                    reading.logs.setdefault(log.key, []).append(log.event)
                    found = True
        except (*BROKEN, CaptureError, CutOffError, ValueError, RecursionError):
            pass  # it was not asked for; what could be read of it counts
        if found:
            joined.append(other.name)
    return tuple(joined)


def take_records_elsewhere(path: Path, reading: Reading) -> tuple[str, ...]:
    """Add the records of other files that belong to those of a capture, where its form says where they lie.

    Returns:
        The files, relative to the folder of the capture.
    """
    taken: list[str] = []
    for form, records in reading.kept():
        more = form.elsewhere(records) if form.elsewhere is not None else None
        if more is None:
            continue
        for name in _named(path, more.patterns):
            found: list[Any] = []
            with suppress(*BROKEN, CutOffError), (path.parent / name).open("rb") as raw:
                found = list(decoded_lines(decompressed(raw).read(_SIZE)))
            own = [
                item
                for item in found
                if isinstance(item, dict) and form.recognises(item) and more.belongs(item)
            ]
            if own:
                records.extend(own)
                taken.append(name)
    return tuple(taken)


def _named(path: Path, patterns: Iterable[str]) -> list[str]:
    """The files of these names in the folder of a capture and below it, the capture itself left out."""
    try:
        found = [item for pattern in patterns for item in sorted(path.parent.glob(pattern))]
        fitting = [item for item in found if item.is_file() and item.stat().st_size <= _SIZE]
        return [str(item.relative_to(path.parent)) for item in fitting if not item.samefile(path)][:_PARTS]
    except OSError:
        return []


def _others(path: Path) -> list[Path]:
    try:
        beside = sorted(item for item in path.resolve().parent.iterdir() if item.is_file())
        if len(beside) > _FILES:
            return []
        return [item for item in beside if item != path.resolve() and item.stat().st_size <= _SIZE]
    except OSError:
        return []


def _logs(path: Path) -> Iterator[RawLog]:
    with path.open("rb") as raw:
        stream = decompressed(raw)
        head = stream.peek(HEAD)[:HEAD]
        container = container_of(head)
        if container is not None and container.name == "otlp-protobuf":
            held = container.read(stream, str(path))
            yield from (item for item in held if isinstance(item, RawLog))
        elif container is None and _MARK in head:
            for value in decoded_lines(stream.read(_SIZE)):
                yield from raw_logs(value)
