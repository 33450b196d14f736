"""Whether a tool's result holds data."""

from __future__ import annotations

import re
from typing import Any, Final

from runbook_tui.trace import ToolCall
from runbook_tui.trace.jsontext import decode, leaf_values

__all__ = ["has_empty_list", "is_empty"]

_UNWANTED: Final = re.compile(
    r"(?i)(error|warning|conflict|violation|duplicate|failure|problem|overlap|breach)s?$"
)
"""Names of what is best absent; a list of it that is empty is good news."""
_BESIDE: Final = re.compile(
    r"(?i)^(status|state|code|status_?code|ok|success|message|note|query|q|took.*|.*_ms|elapsed.*|duration.*|page.*|per_page"
    r"|limit|offset|cursor|next.*|has_more|size|version|request_?id|trace_?id|timestamp|time|date|.*_at|as_?of)$"
)
"""Names of what is said about an answer, not in it."""
_EMPTY_LIST: Final = re.compile(r"\[\s*\]")
"""No envelope without items lacks one; looking for it is cheaper than decoding."""


def has_empty_list(tool: ToolCall) -> bool:
    """Whether a result has an empty list somewhere."""
    return _EMPTY_LIST.search(tool.result or "") is not None


def is_empty(tool: ToolCall) -> bool:
    """Whether a result was recorded and holds no data: empty, or a list field and no item in any."""
    if tool.status == "empty":
        return True
    if tool.result is None:
        return False
    text = tool.result.strip()
    if _UNWANTED.search(tool.name):
        return False
    if text.strip("\"'") in ("", "null", "None", "[]", "{}", "()"):
        return True
    if _EMPTY_LIST.search(text) is None:
        return False
    value = decode(text)
    return isinstance(value, dict) and _no_items(value)


def _no_items(value: dict[str, Any]) -> bool:
    """A response envelope whose lists are all empty, whose objects hold counts at most, and which says nothing else."""
    lists = [item for name, item in value.items() if isinstance(item, list) and not _UNWANTED.search(name)]
    objects = [item for item in value.values() if isinstance(item, dict)]
    records = [leaf for item in objects for leaf in leaf_values(item) if isinstance(leaf, str)]
    return bool(lists) and not any(lists) and not records and not _says_something(value)


def _says_something(value: dict[str, Any]) -> bool:
    """Whether a scalar of the envelope is data: a count of something, a date or an id."""
    return any(
        (isinstance(item, int | float) and not isinstance(item, bool) and item != 0)
        or (isinstance(item, str) and any(map(str.isdigit, item)))
        for name, item in value.items()
        if not _BESIDE.match(name)
    )
