"""JSON inside strings, as traces carry it: decoded safely, leniently, and never as text to obey."""

from __future__ import annotations

import ast
import warnings
from typing import Any, Final

import msgspec

from runbook_tui.trace.visible import is_visible, visible_tree

__all__ = ["as_text", "decode", "flat_values", "leaf_values"]

_MAX_DEPTH: Final = 60
"""Deeper nesting than this is treated as text; it exists only in attacks and recursion limits."""
_HOLDING: Final = frozenset((str, dict, list))
"""What holds text."""
_NO_BRACKETS: Final = bytes(code for code in range(256) if code not in b"[]{}()")


def decode(text: str | None) -> Any:
    """The JSON value in `text`, made visible; None when it holds no object, array or scalar.

    A Python literal (what `repr` of a dict leaves in a trace) is read too. Never raises.
    """
    if text is None:
        return None
    trimmed = text.strip()
    if not trimmed or (_openings(trimmed) > _MAX_DEPTH and _depth(trimmed) > _MAX_DEPTH):
        return None
    try:
        value = msgspec.json.decode(trimmed.encode("utf-8", "replace"))
        # An escape may stand for anything; without one, the values hold nothing that the text does not show.
        shown = _is_shown(value) if "\\" in trimmed else is_visible(trimmed)
        return value if shown else visible_tree(value)
    except (msgspec.DecodeError, RecursionError):
        pass
    if trimmed[0] in "[{(" and len(trimmed) < 200_000:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a bad escape is the trace's, not ours
                return visible_tree(ast.literal_eval(trimmed))
        except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
            return None
    return None


def _is_shown(value: Any) -> bool:
    """Whether `visible_tree` would leave a JSON value as it is."""
    if type(value) is str:
        return is_visible(value)
    if type(value) is dict:
        if not all(map(is_visible, value)):
            return False
        value = value.values()
    elif type(value) is not list:
        return True
    return not any(type(item) in _HOLDING and not _is_shown(item) for item in value)


def as_text(value: Any) -> str | None:
    """The text form of a value that may already be text; None stays None."""
    if value is None or isinstance(value, str):
        return value
    return msgspec.json.encode(value, order=None).decode("utf-8", "replace")


def flat_values(value: Any, path: str = "") -> list[tuple[str, Any]]:
    """Every scalar in a JSON tree with its dotted path, in document order."""
    if isinstance(value, dict):
        return [
            pair
            for key, item in value.items()
            for pair in flat_values(item, f"{path}.{key}" if path else key)
        ]
    if isinstance(value, list):
        return [pair for index, item in enumerate(value) for pair in flat_values(item, f"{path}[{index}]")]
    return [(path, value)]


def leaf_values(value: Any) -> list[Any]:
    """Every scalar in a JSON tree."""
    return [leaf for _, leaf in flat_values(value)]


def _openings(text: str) -> int:
    return text.count("[") + text.count("{") + text.count("(")


def _depth(text: str) -> int:
    depth = deepest = 0
    for bracket in text.encode("utf-8", "replace").translate(None, _NO_BRACKETS):
        if bracket in b"[{(":
            depth += 1
            deepest = max(deepest, depth)
        else:
            depth -= 1
    return deepest
