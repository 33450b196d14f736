"""What an incident holds, as files: captures as received, and the folder of its eval case.

Bytes are never changed on the way out: the SHA-256 of a written capture is the one it was received with.
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import msgspec
import yaml

from runbook_tui.evidence import Store, StoredCapture, StoreError, capture_bytes, captures_of
from runbook_tui.trace import SessionTrace

__all__ = ["NamedCapture", "case_captures", "case_yaml", "safe_names", "write_captures", "write_case_folder"]

_GZIP: Final = b"\x1f\x8b"
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME: Final = 120
_HEADER: Final = (
    "# A regression test, left behind by an incident."
    " Beside this file: runbook-tui eval run case.yaml --trace NEW_RUN\n"
)


class NamedCapture(msgspec.Struct, frozen=True):
    """A stored capture and the name its file is given."""

    name: str
    capture: StoredCapture


def safe_names(names: Iterable[str]) -> tuple[str, ...]:
    """File names that stay in their folder on every system: no separators, no leading dot, none twice."""
    taken: set[str] = set()
    safe: list[str] = []
    for name in names:
        plain = unicodedata.normalize("NFKD", name).replace("\\", "/").rsplit("/", 1)[-1]
        plain = _UNSAFE.sub("_", plain).lstrip("._-")[-_LONGEST_NAME:].lstrip("._-") or "capture"
        stem, dot, suffix = plain.partition(".")
        number, candidate = 1, plain
        while candidate.lower() in taken:  # some file systems take A and a for the same name
            number += 1
            candidate = f"{stem}-{number}{dot}{suffix}"
        taken.add(candidate.lower())
        safe.append(candidate)
    return tuple(safe)


def case_captures(store: Store, session: SessionTrace, stem: str) -> tuple[NamedCapture, ...]:
    """The captures of a session with the names they have beside a case: `bad.jsonl`, or `bad-1.jsonl` on."""
    found = captures_of(store, session.id)
    return tuple(
        NamedCapture(
            f"{stem}{f'-{number}' if len(found) > 1 else ''}.jsonl{_suffix(store, capture)}", capture
        )
        for number, capture in enumerate(found, 1)
    )


def _suffix(store: Store, capture: StoredCapture) -> str:
    first = next(iter(capture_bytes(store, capture.sha256)), b"")
    return ".gz" if first.startswith(_GZIP) else ""


def write_captures(store: Store, captures: Iterable[NamedCapture], folder: Path) -> None:
    """Write captures into a folder, each checked against its digest.

    Raises:
        StoreError: the stored bytes are not those that were received.
        OSError: they cannot be written.
    """
    for item in captures:
        digest = hashlib.sha256()
        descriptor = os.open(folder / item.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            for chunk in capture_bytes(store, item.capture.sha256):
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        if digest.hexdigest() != item.capture.sha256:
            raise StoreError(
                "a stored capture was changed",
                item.capture.name,
                "import the original file into a new database",
            )


def case_yaml(case: dict[str, Any]) -> str:
    """The eval case as YAML; plain data, without references or tags."""
    body = yaml.dump(case, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=100)
    return _HEADER + body


class _Plain(yaml.SafeDumper):
    """Writes a value that occurs twice as two values."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the signature is the library's
        return True


def write_case_folder(
    store: Store, case: dict[str, Any], session: SessionTrace, good: SessionTrace | None, folder: Path
) -> Path:
    """Write `<case id>/case.yaml`, the failed run and, where there is one, the corrected run.

    Args:
        store: where the captures are.
        case: the eval case as data.
        session: the failed session.
        good: a session known to be good.
        folder: where the case's own folder is made.

    Raises:
        StoreError: the stored bytes are not those that were received.
        OSError: it cannot be written, or the case's folder is there already.
    """
    own = folder / safe_names([str(case["id"])])[0]
    own.mkdir(parents=True)
    write_captures(store, case_captures(store, session, "bad"), own)
    if good is not None:
        write_captures(store, case_captures(store, good, "corrected"), own)
    (own / "case.yaml").write_text(case_yaml(case), encoding="utf-8")
    return own
