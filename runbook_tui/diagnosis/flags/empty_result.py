"""EMPTY_RESULT: a tool that reads came back with nothing, and nothing is easily taken for data.

An action that returns nothing is normal and not flagged, nor are empty lists of what nobody wants (errors, conflicts),
nor an empty answer that the agent reported as such and did nothing upon. Wrong where empty is a good answer and the
agent goes on; the flag then only says where to look.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from runbook_tui.diagnosis.case import Case
from runbook_tui.diagnosis.flags.loop_detected import find_loops
from runbook_tui.trace import Flag, Step, ToolCall
from runbook_tui.trace.jsontext import decode, leaf_values

__all__ = ["detect", "is_empty"]

_READS: Final = re.compile(
    r"(?i)(?:^|[^a-z])(?:get|find|search|list|query|look_?up|fetch|read|retrieve|load|show|check|view|browse|scan)"
)
"""Names of tools that want an answer; another one whose effect nobody knows may have none to give."""
_UNWANTED: Final = re.compile(
    r"(?i)(error|warning|conflict|violation|duplicate|failure|problem|overlap|breach)s?$"
)
"""Names of what is best absent; a list of it that is empty is good news."""
_BESIDE: Final = re.compile(
    r"(?i)^(status|state|code|status_?code|ok|success|message|note|query|q|took.*|.*_ms|elapsed.*|duration.*|page.*|per_page"
    r"|limit|offset|cursor|next.*|has_more|size|version|request_?id|trace_?id|timestamp|time|date|.*_at|as_?of)$"
)
"""Names of what is said about an answer, not in it."""
_ABSENT: Final = re.compile(
    r"(?i)\b(?:no|none|nothing|neither|unable|unfortunately|without|cannot|not (?:\w+ )?(?:found|find|on file|available"
    r"|listed|recorded|exist|have|see|any))\b|n[o'’]t (?:find|see|have|locate|exist|any)\b|\bcould not\b"
)
"""How an agent says that it found nothing."""
_EMPTY_LIST: Final = re.compile(r"\[\s*\]")
"""No envelope without items lacks one; looking for it is cheaper than decoding."""


def detect(case: Case) -> Iterator[Flag]:
    """A flag on every empty result of a reading tool or a retrieval; a repeat of the same call is not repeated."""
    seen: set[tuple[str, str | None]] = set()
    loops: set[int] | None = None
    for step in case.tool_steps:
        tool = step.span.tool
        if tool is None or step.span.status == "error" or step.kind not in ("tool", "retrieval"):
            continue
        if not is_empty(tool) or not _wants(case, step, tool) or (tool.name, tool.arguments) in seen:
            continue
        loops = {item.index for found in find_loops(case) for item in found} if loops is None else loops
        if step.index not in loops and _is_reported(case, step):
            continue
        seen.add((tool.name, tool.arguments))
        yield case.flag(
            "EMPTY_RESULT", "P1", step, f"{tool.name} returned nothing: {(tool.result or '').strip()[:60]}"
        )


def _wants(case: Case, step: Step, tool: ToolCall) -> bool:
    """Whether the call was made for its answer."""
    effect = "read" if step.kind == "retrieval" else case.tool(tool.name).effect
    if effect == "unknown":
        has_shape = tool.status == "empty" or _EMPTY_LIST.search(tool.result or "") is not None
        return has_shape or _READS.search(_spaced(tool.name)) is not None
    return effect == "read"


def _is_reported(case: Case, step: Step) -> bool:
    """Whether the agent's next words say that nothing was found, and nothing is done to the world afterwards."""
    said = next(
        (
            later.span.output_text
            for later in case.llm_steps
            if later.index > step.index and later.span.output_text.strip()
        ),
        "",
    )
    return _ABSENT.search(said) is not None and not any(
        later.index > step.index
        and later.span.tool is not None
        and case.tool(later.span.tool.name).effect != "read"
        and not _READS.search(_spaced(later.span.tool.name))
        for later in case.tool_steps
    )


def _spaced(name: str) -> str:
    """The words of a name apart: `getOrder` is `get Order`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)


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
