"""Which files of a folder are tried: by how their names end, since a folder holds other things too."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from runbook_tui.intake.errors import CaptureError

__all__ = ["files_to_read"]

_SUFFIXES: Final = (".json", ".jsonl", ".ndjson", ".gz", ".zst", ".pb", ".bin", ".csv", ".parquet", ".eval")
"""What is tried in a folder; the format itself is told by content."""


def files_to_read(paths: Iterable[Path]) -> list[tuple[Path, bool]]:
    """The files that may be captures, each with whether it was named; what else a folder holds is no error.

    Raises:
        CaptureError: a folder has none.
    """
    found: list[tuple[Path, bool]] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(item for item in path.rglob("*") if item.is_file() and _may_be(item, path))
            if not inside:
                advice = f"it needs {', '.join(_SUFFIXES)} files"
                raise CaptureError("no capture in the folder", str(path), advice)
            found += [(item, False) for item in inside]
        else:
            found.append((path, True))
    return found


def _may_be(path: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return not hidden and any(suffix in _SUFFIXES for suffix in path.suffixes)
