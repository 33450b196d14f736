"""`trace.visible` for a whole span: most of what a trace holds is plain ASCII, which needs no look at each character."""

from __future__ import annotations

from typing import Any, Final

from runbook_tui.trace import visible

__all__ = ["shown", "shown_tree"]


def shown(text: str) -> str:
    """The text, safe to show."""
    return text if text.isascii() and text.isprintable() else visible(text)


_LONGEST: Final = 4096
_STORABLE: Final = range(-(2**63), 2**64)


def shown_tree(value: Any) -> Any:
    """`shown` for every string, keys included, in a tree of JSON values; what is no such value becomes text."""
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, dict):
        return {shown(str(key)): shown_tree(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [shown_tree(item) for item in value]
    if value is None or isinstance(value, bool | float) or (isinstance(value, int) and value in _STORABLE):
        return value
    return shown(str(value)[:_LONGEST])
