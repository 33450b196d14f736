"""Where playbooks are kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def shipped_dir() -> Path:
    """The folder of the playbooks that come with the program.

    In an installed wheel they are package data; in a checkout they are the top-level `playbooks/`.
    """
    packaged = _PACKAGE / "_shipped" / "playbooks"
    return packaged if packaged.is_dir() else _PACKAGE.parent / "playbooks"


def playbook_dirs(extra: Sequence[Path] = ()) -> tuple[Path, ...]:
    """The folders to load, shipped first: a playbook in a later one replaces that of the same id."""
    return (shipped_dir(), *extra)
