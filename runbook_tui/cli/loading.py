"""What is said of a file that a command reads without storing it: what of it could not be read, what else it holds."""

from __future__ import annotations

from typing import Any

from runbook_tui.cli.output import complain
from runbook_tui.incident import Loaded

__all__ = ["left_out_rows", "tell_left_out", "tell_others"]


def tell_left_out(loaded: Loaded, name: str) -> Loaded:
    """Say what of the file could not be read; what was loaded."""
    for bad in loaded.left_out:
        complain(f"left out: {bad.told(name)}")
    return loaded


def tell_others(loaded: Loaded, name: str, wanted: str | None) -> None:
    """Say which other sessions the file holds, where none was chosen."""
    others = loaded.others
    if others and wanted is None:
        listed = ", ".join(others[:20])
        complain(f"{name} holds {len(others) + 1} sessions, showing {loaded.session.id}; others: {listed}")


def left_out_rows(name: str, loaded: Loaded) -> list[dict[str, Any]]:
    """What of the file could not be read, for `--json`."""
    return [{"file": name, "line": bad.line or None, "reason": bad.reason} for bad in loaded.left_out]
