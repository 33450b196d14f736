"""EMPTY_RESULT: a tool that reads came back with nothing, and nothing is easily taken for data.

An action that returns nothing is normal and not flagged. Wrong where empty is a good answer (a search for
duplicates); the flag then only says where to look.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from runbook_tui.diagnosis.case import Case
from runbook_tui.trace import Flag, ToolCall
from runbook_tui.trace.jsontext import decode, leaf_values

__all__ = ["detect", "is_empty"]

_EMPTY_LIST: Final = re.compile(r"\[\s*\]")
"""No envelope without items lacks one; looking for it is cheaper than decoding."""


def detect(case: Case) -> Iterator[Flag]:
    """A flag on every empty result of a reading tool or a retrieval; a repeat of the same call is not repeated."""
    seen: set[tuple[str, str | None]] = set()
    for step in case.tool_steps:
        tool = step.span.tool
        if tool is None or step.span.status == "error" or step.kind not in ("tool", "retrieval"):
            continue
        reads = step.kind == "retrieval" or case.tool(tool.name).effect in ("read", "unknown")
        if not reads or not is_empty(tool) or (tool.name, tool.arguments) in seen:
            continue
        seen.add((tool.name, tool.arguments))
        yield case.flag(
            "EMPTY_RESULT", "P1", step, f"{tool.name} returned nothing: {(tool.result or '').strip()[:60]}"
        )


def is_empty(tool: ToolCall) -> bool:
    """Whether a result was recorded and holds no data: empty, or a list field and no item in any."""
    if tool.status == "empty":
        return True
    if tool.result is None:
        return False
    text = tool.result.strip()
    if text.strip("\"'") in ("", "null", "None", "[]", "{}", "()"):
        return True
    if _EMPTY_LIST.search(text) is None:
        return False
    value = decode(text)
    return isinstance(value, dict) and _no_items(value)


def _no_items(value: dict[str, Any]) -> bool:
    """A response envelope whose lists are all empty and whose objects hold counts at most."""
    lists = [item for item in value.values() if isinstance(item, list)]
    objects = [item for item in value.values() if isinstance(item, dict)]
    records = [leaf for item in objects for leaf in leaf_values(item) if isinstance(leaf, str)]
    return bool(lists) and not any(lists) and not records
