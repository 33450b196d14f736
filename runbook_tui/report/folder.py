"""The files an incident leaves. All of them appear at once, or none does."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
import tempfile
from pathlib import Path
from typing import Any, Final

import msgspec

from runbook_tui.incident import NamedCapture, Response, safe_names, write_captures, write_case_folder
from runbook_tui.report.facts import facts
from runbook_tui.report.postmortem import rendered
from runbook_tui.trace import RunbookError

__all__ = ["ExportError", "Exported", "export", "incident_json"]

_RECORD: Final = "incident.json"
_POSTMORTEM: Final = "postmortem.md"
_SUMS: Final = "SHA256SUMS"


class ExportError(RunbookError):
    """The files of an incident cannot be written there."""


class Exported(msgspec.Struct, frozen=True):
    """What was written."""

    folder: Path
    files: tuple[str, ...]
    """Relative to the folder, in order of name."""


def incident_json(response: Response) -> dict[str, Any]:
    """The postmortem's facts for machines, secrets masked."""
    return facts(response)


def export(response: Response, out: Path | None = None) -> Exported:
    """Write the postmortem, the record, the evidence and the eval case, and note it in the journal.

    Args:
        response: the incident.
        out: the folder to write; one named after the incident in the current folder unless given. It may
            hold an earlier export of this incident, which is replaced once the new one is complete.

    Raises:
        ExportError: it cannot be written there, or something else is there already.
        StoreError: the stored evidence is damaged.
    """
    folder = Path(os.path.abspath(out if out is not None else Path(response.id)))  # noqa: PTH100 - no links followed
    try:
        _may_replace(folder, response.id)
        folder.parent.mkdir(parents=True, exist_ok=True)
        building = Path(tempfile.mkdtemp(prefix=f".{response.id}-", dir=folder.parent))
    except OSError as error:
        raise _failed(error, folder) from error
    try:
        _write_all(response, building)
        _put_in_place(building, folder, response.id)
    except OSError as error:
        raise _failed(error, folder) from error
    finally:
        shutil.rmtree(building, ignore_errors=True)
    response.exported(str(folder))
    return Exported(folder, tuple(str(name) for name in _regular(folder)))


def _write_all(response: Response, folder: Path) -> None:
    data = facts(response)
    _write(folder / _POSTMORTEM, rendered(data).encode())
    evidence = folder / "evidence"
    evidence.mkdir()
    captures = response.captures
    names = safe_names([_SUMS, *(capture.name for capture in captures)])[1:]  # the list's own name is taken
    named = tuple(NamedCapture(*pair) for pair in zip(names, captures, strict=True))
    write_captures(response.store, named, evidence)
    sums = "".join(f"{item.capture.sha256}  {item.name}\n" for item in named)
    _write(evidence / _SUMS, sums.encode())
    if response.state.evaluation is not None:
        good = response.baseline[0] if response.baseline else None
        write_case_folder(
            response.store, response.state.evaluation.case, response.session, good, folder / "evals"
        )
    written = {name.as_posix(): _digest(folder / name) for name in _regular(folder)}
    record = msgspec.json.format(msgspec.json.encode({**data, "files": written}), indent=2)
    _write(folder / _RECORD, record + b"\n")


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _put_in_place(building: Path, folder: Path, incident_id: str) -> None:
    """Move the new export where it belongs; an earlier one goes only when the new one stands there."""
    building.chmod(0o700)
    if not folder.exists():
        building.rename(folder)
        return
    _may_replace(folder, incident_id)  # again: writing takes a while
    earlier = Path(tempfile.mkdtemp(prefix=f".{incident_id}-earlier-", dir=folder.parent))
    folder.rename(earlier)  # a folder may be renamed onto an empty one
    try:
        building.rename(folder)
    except OSError:
        earlier.rename(folder)
        raise
    shutil.rmtree(earlier, ignore_errors=True)


def _may_replace(folder: Path, incident_id: str) -> None:
    """Refuse to touch anything that is not an earlier export of this incident, just as it was written.

    Raises:
        ExportError: it is something else, or somebody has changed or added a file.
    """
    try:
        mode = folder.lstat().st_mode
    except FileNotFoundError:
        return
    if stat.S_ISLNK(mode):
        raise ExportError("will not write through a link", str(folder), "name the folder itself")
    if not stat.S_ISDIR(mode):
        raise ExportError("there is a file of that name", str(folder), "choose another folder")
    present = {name.as_posix() for name in _regular(folder)}
    if not present and not any(folder.iterdir()):
        return
    record = _record(folder / _RECORD) if _RECORD in present else {}
    if record.get("incident") != incident_id or not isinstance(record.get("files"), dict):
        advice = f"choose another folder, or one inside it: {folder / incident_id}"
        raise ExportError("the folder holds something else", str(folder), advice)
    known: dict[str, str] = record["files"]
    for name in sorted(present - {_RECORD}):
        if known.get(name) != _digest(folder / name):
            changed = "was changed" if name in known else "was added"
            raise ExportError(
                f"{name} {changed} after the last export",
                str(folder),
                "move it away or choose another folder",
            )


def _record(path: Path) -> dict[str, Any]:
    try:
        data = msgspec.json.decode(path.read_bytes())
    except msgspec.DecodeError:
        return {}
    return data if isinstance(data, dict) else {}


def _regular(folder: Path) -> list[Path]:
    """Every file below a folder, relative to it; links are named, never followed."""
    found: list[Path] = []
    for base, folders, names in os.walk(folder):
        links = [name for name in folders if (Path(base) / name).is_symlink()]
        found += [(Path(base) / name).relative_to(folder) for name in (*names, *links)]
    return sorted(found)


def _digest(path: Path) -> str:
    if path.is_symlink() or not path.is_file():
        return "not a regular file"
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _failed(error: OSError, folder: Path) -> ExportError:
    reason = (error.strerror or str(error)).lower()
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ExportError(f"cannot export: {reason}", str(folder), "free space, or choose another folder")
    return ExportError(f"cannot export: {reason}", str(folder), "choose another folder")
