"""`trace.visible` for a whole span."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from runbook_tui.trace import is_visible, visible

__all__ = ["are_names_shown", "are_values_shown", "shown", "shown_attributes", "shown_tree"]


def shown(text: str) -> str:
    """The text, safe to show."""
    return text if is_visible(text) else visible(text)


_LONGEST: Final = 4096
_STORABLE: Final = range(-(2**63), 2**64)
_ALWAYS_STORABLE: Final = (bool, float)
_LISTS: Final = (list, tuple)


@lru_cache(maxsize=4096)  # spans of one library carry the same few sets of names over and over
def are_names_shown(names: tuple[str, ...]) -> bool:
    """Whether `shown_attributes` would leave these names as they are."""
    return all(type(name) is str and is_visible(name) for name in names)


def are_values_shown(attributes: dict[str, Any]) -> bool:
    """Whether `shown_attributes` would leave the values as they are."""
    for value in attributes.values():
        if type(value) is str:
            if not is_visible(value):
                return False
        elif shown_tree(value) != value:
            return False
    return True


def shown_attributes(attributes: dict[str, Any]) -> dict[str, Any]:
    """`shown_tree` of a span's attributes."""
    return {
        _shown_name(key): shown(value) if type(value) is str else shown_tree(value)
        for key, value in attributes.items()
    }


@lru_cache(maxsize=4096)  # the same few names on every span
def _shown_name(name: str) -> str:
    return shown(str(name))


def shown_tree(value: Any) -> Any:
    """`shown` for every string, keys included, in a tree of JSON values; what is no such value becomes text."""
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, dict):
        return {shown(str(key)): shown_tree(item) for key, item in value.items()}
    if isinstance(value, _LISTS):
        return [shown_tree(item) for item in value]
    if (
        value is None
        or isinstance(value, _ALWAYS_STORABLE)
        or (isinstance(value, int) and value in _STORABLE)
    ):
        return value
    return shown(str(value)[:_LONGEST])
