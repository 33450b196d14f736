"""EMPTY_RESULT: a tool that reads came back with nothing, and nothing is easily taken for data.

An action that returns nothing is normal and not flagged, nor are empty lists of what nobody wants (errors, conflicts),
nor an empty answer that the agent reported as such and did nothing upon. Wrong where empty is a good answer and the
agent goes on; the flag then only says where to look.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from runbook_tui.diagnosis.case import Case
from runbook_tui.diagnosis.emptiness import has_empty_list, is_empty
from runbook_tui.diagnosis.flags.loop_detected import find_loops
from runbook_tui.diagnosis.naming import sounds_like_reading
from runbook_tui.trace import Flag, Step, ToolCall
from runbook_tui.trace.jsontext import decode, flat_values

__all__ = ["detect"]

_NO_ANSWER: Final = re.compile(r"(?i)(?:transfer_?to|hand_?off|delegate|final_?answer|think)")
"""Beginnings of names of what changes nothing outside, and has nothing to answer."""
_PAGE: Final = re.compile(r"(?i)(?:^|[._])(?:page|offset|start|skip|from)(?:_?(?:no|number|index))?$")
_ABSENT: Final = re.compile(
    r"(?i)\b(?:no|none|nothing|neither|unable|unfortunately|without|cannot|not (?:\w+ )?(?:found|find|on file|available"
    r"|listed|recorded|exist|have|see|any))\b|n[o'’]t (?:find|see|have|locate|exist|any)\b|\bcould not\b"
    r"|\b(?:kein\w*|nicht|nichts|ohne|aucune?|pas|rien|sans|ning[uú]n\w*|nada|sin|brak|nie|nessun\w*|geen|niets|nenhum\w*)\b"
    r"|見つかり|ありません|没有|未找到"
)
"""How an agent says that it found nothing."""


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
        if step.index not in loops and (_is_reported(case, step) or _is_settled(case, step)):
            continue
        seen.add((tool.name, tool.arguments))
        yield case.flag(
            "EMPTY_RESULT", "P1", step, f"{tool.name} returned nothing: {(tool.result or '').strip()[:60]}"
        )


def _wants(case: Case, step: Step, tool: ToolCall) -> bool:
    """Whether the call was made for its answer."""
    effect = "read" if step.kind == "retrieval" else case.tool(tool.name).effect
    if effect == "unknown":
        has_shape = tool.status == "empty" or has_empty_list(tool)
        return has_shape or sounds_like_reading(tool.name)
    return effect == "read" and not _NO_ANSWER.match(tool.name)


def _is_settled(case: Case, step: Step) -> bool:
    """Whether the same tool found something when it was asked in other words, or had given page after page before."""
    same = [other for other in case.tool_steps if other.span.tool and other.span.tool.name == _name(step)]
    if any(other.index > step.index and not is_empty(other.span.tool) for other in same if other.span.tool):
        return True
    page = _page(step)
    before = [_page(other) for other in same if other.index < step.index]
    return page is not None and any(other is not None and 0 <= other < page for other in before)


def _name(step: Step) -> str:
    return step.span.tool.name if step.span.tool else ""


def _page(step: Step) -> int | None:
    """Which page, or from which row on, a call asks for; None where it does not say."""
    given = decode(step.span.tool.arguments) if step.span.tool else None
    return next(
        (
            value
            for path, value in (flat_values(given) if isinstance(given, dict) else ())
            if isinstance(value, int) and not isinstance(value, bool) and _PAGE.search(path)
        ),
        None,
    )


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
        and not sounds_like_reading(later.span.tool.name)
        for later in case.tool_steps
    )
