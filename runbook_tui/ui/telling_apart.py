"""What tells one call from another of the same name: the first argument in which they differ."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from runbook_tui.ui.words import one_line

__all__ = ["differing"]

_LONGEST: Final = 40


def differing(arguments: str | None, other: str | None) -> str:
    """The first argument that the other call has another value of, with its name; "" where none differs."""
    mine, theirs = _read(arguments), _read(other)
    for name, value in mine.items():
        if name not in theirs or theirs[name] != value:
            said = value if isinstance(value, str) else msgspec.json.encode(value).decode()
            return f"{name} {one_line(said, _LONGEST)}".strip()
    return ""


def _read(arguments: str | None) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(arguments or "{}")
    except msgspec.DecodeError:
        return {"": arguments}
    return found if isinstance(found, dict) else {"": found}
