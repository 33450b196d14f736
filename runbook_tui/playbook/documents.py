"""Files -> documents: what a playbook file says, before anything is known about what it means."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from runbook_tui.playbook.positions import Flaw, Mark, Parsed, parse
from runbook_tui.playbook.problems import Finding, Problem, dotted

LARGEST_FILE: Final = 1024 * 1024
"""Bytes. The largest playbook shipped is a thirtieth of this; a larger file is something else."""

SUFFIXES: Final = frozenset({".yaml", ".yml"})


@dataclass(slots=True, eq=False)
class Document:
    """One file: its text as data, where everything stands in it, and what is wrong with its form."""

    path: Path
    layer: int = 0
    """The folder it was found in; a later one outranks an earlier one."""
    sha256: str = ""
    parsed: Parsed = field(default_factory=lambda: Parsed(usable=False))
    problems: list[Problem] = field(default_factory=list)

    @property
    def data(self) -> dict[str, object]:
        """The top-level mapping; empty if there is none."""
        return self.parsed.data if self.parsed.usable and isinstance(self.parsed.data, dict) else {}

    @property
    def usable(self) -> bool:
        """Whether the data says what the author meant, so that it is worth checking further."""
        return self.parsed.usable and isinstance(self.parsed.data, dict)

    def text(self, key: str) -> str | None:
        """The value of a top-level key, if it is text."""
        value = self.data.get(key)
        return value if isinstance(value, str) else None

    def problem(self, finding: Finding) -> Problem:
        """Say where in this file a finding is."""
        line, column = self.parsed.mark(finding.loc)
        return Problem(self.path, line, column, dotted(finding.loc), finding.message, finding.hint)


def read_document(path: Path, layer: int = 0) -> Document:
    """Read one file. Never raises: what is wrong is in `problems`."""
    document = Document(path, layer)
    raw, reason = _read(path)
    if raw is None:
        _add(document, Flaw((1, 1), "", reason))
        return document
    document.sha256 = hashlib.sha256(raw).hexdigest()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        _add(document, Flaw(_mark_of(raw, error.start), "", "not UTF-8 from here", "save the file as UTF-8"))
        return document
    document.parsed = parse(text)
    for flaw in document.parsed.flaws:
        _add(document, flaw)
    if document.parsed.usable and not isinstance(document.parsed.data, dict):
        mark = document.parsed.mark(())
        _add(document, Flaw(mark, "", "a playbook is a mapping of keys to values", "start with `schema:`"))
    return document


def files_in(folder: Path) -> list[Path]:
    """The YAML files of a folder, by name; hidden ones left out.

    Raises:
        OSError: The folder cannot be read.
    """
    return sorted(
        path for path in folder.iterdir() if path.suffix in SUFFIXES and not path.name.startswith(".")
    )


def _read(path: Path) -> tuple[bytes | None, str]:
    """The bytes of the file, or None and the reason why it cannot be read."""
    try:
        regular = stat.S_ISREG(os.stat(path).st_mode)  # noqa: PTH116 - a pipe would block open()
        raw = _first_bytes(path) if regular else None
    except OSError as error:
        return None, f"cannot be read: {error.strerror or error}"
    except ValueError:  # a NUL in the path
        return None, "cannot be read: not a path"
    if raw is None:
        return None, "not a regular file"
    if len(raw) > LARGEST_FILE:
        return None, "larger than 1 MiB; a playbook is a few hundred lines"
    return raw, ""


def _first_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LARGEST_FILE + 1)


def _add(document: Document, flaw: Flaw) -> None:
    line, column = flaw.mark
    document.problems.append(Problem(document.path, line, column, flaw.where, flaw.message, flaw.hint))


def _mark_of(raw: bytes, offset: int) -> Mark:
    before = raw[:offset]
    return before.count(b"\n") + 1, offset - before.rfind(b"\n")
