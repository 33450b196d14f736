"""EMPTY_RESULT: a tool that reads came back with nothing, and nothing is easily taken for data.

An action that returns nothing is normal and not flagged, nor are empty lists of what nobody wants (errors, conflicts),
nor an empty answer that the agent reported as such and did nothing upon. Wrong where empty is a good answer and the
agent goes on; the flag then only says where to look.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Final

from runbook_tui.diagnosis.case import Case
from runbook_tui.diagnosis.emptiness import has_empty_list, is_empty
from runbook_tui.diagnosis.flags.loop_detected import find_loops
from runbook_tui.diagnosis.id_forms import makes
from runbook_tui.diagnosis.naming import sounds_like_reading
from runbook_tui.trace import Flag, Step, ToolCall
from runbook_tui.trace.jsontext import decode, flat_values, leaf_values

__all__ = ["detect"]

_NO_ANSWER: Final = re.compile(r"(?i)(?:transfer_?to|hand_?off|delegate|final_?answer|think)")
"""Beginnings of names of what changes nothing outside, and has nothing to answer."""
_PAGE: Final = re.compile(r"(?i)(?:^|[._])(?:page|offset|start|skip|from)(?:_?(?:no|number|index))?$")
_ANSWERS_NO: Final = re.compile(
    r"(?i)^\W*(?:no|nein|non|nee|não)[,.!]|\b(?:contains?|includes?|enthält|contient|contiene) (?:no|keine?\w?|pas|sin)\b"
)
"""A no to what the user asked is told as a fact."""
_SELECTS: Final = re.compile(r'(?i)"\s*(?:select|with \w+ as|explain|describe|show)\b')
"""A statement that reads, whatever the tool that runs it may do."""
_LONG_WORD: Final = re.compile(r"[^\W\d_]{5,}")
_READ: Final = 20_000
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
    around: _Around | None = None
    for step in case.tool_steps:
        tool = step.span.tool
        if tool is None or step.span.status == "error" or step.kind not in ("tool", "retrieval"):
            continue
        if not is_empty(tool) or not _wants(case, step, tool) or (tool.name, tool.arguments) in seen:
            continue
        around = around or _Around(case)
        if around.makes_harmless(step, tool):
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


class _Around:
    """What happened around the empty results of a session; read once, when there is one."""

    def __init__(self, case: Case) -> None:
        self._loops = {step.index for found in find_loops(case) for step in found}
        self._said = [step for step in case.llm_steps if step.span.output_text.strip()]
        self._last_act = max(
            (step.index for step in case.tool_steps if _acts(case, step) and not _makes(step)), default=-1
        )
        self._found: dict[tuple[str, frozenset[str]], int] = {}
        self._first_page: dict[str, tuple[int, int]] = {}
        self._calls: dict[str, list[Step]] = {}
        for step in case.tool_steps:
            tool = step.span.tool
            if tool is None:
                continue
            self._calls.setdefault(tool.name, []).append(step)
            if not is_empty(tool):
                self._found[tool.name, _marks(tool)] = step.index
            if (page := _page(tool)) is not None:
                self._first_page[tool.name] = min(
                    self._first_page.get(tool.name, (page, step.index)), (page, step.index)
                )

    def makes_harmless(self, step: Step, tool: ToolCall) -> bool:
        """Whether nothing came of an empty result: it was said and not acted upon, or other words found it, or it is
        what comes after the last page.
        """
        if step.index in self._loops:
            return False
        if self._found.get((tool.name, _marks(tool)), -1) > step.index:
            return True
        if self._was_found_by_other_words(step, tool):
            return True
        page, first = _page(tool), self._first_page.get(tool.name)
        if page is not None and first is not None and first[0] < page and first[1] < step.index:
            return True
        at = bisect_right(self._said, step.index, key=lambda said: said.index)
        words = self._said[at].span.output_text if at < len(self._said) else ""
        return self._last_act <= step.index and _ABSENT.search(_ANSWERS_NO.sub("", words)) is not None

    def _was_found_by_other_words(self, step: Step, tool: ToolCall) -> bool:
        """Whether the next call of the tool was told of what this one had asked for in words it then left out."""
        calls = self._calls[tool.name]
        at = bisect_right(calls, step.index, key=lambda call: call.index)
        answer = calls[at].span.tool if at < len(calls) else None
        if answer is None or is_empty(answer) or not answer.result:
            return False
        asked, then = (set(_LONG_WORD.findall(call.arguments or "")) for call in (tool, answer))
        told = set(_LONG_WORD.findall(answer.result[:_READ]))
        return bool((asked - then) & told)


def _acts(case: Case, step: Step) -> bool:
    tool = step.span.tool
    if tool is None or _SELECTS.search(tool.arguments or ""):
        return False
    return case.tool(tool.name).effect != "read" and not sounds_like_reading(tool.name)


def _makes(step: Step) -> bool:
    """Whether a call makes what was looked for and is not there yet."""
    return step.span.tool is not None and makes(step.span.tool.name)


def _marks(tool: ToolCall) -> frozenset[str]:
    """What a call is about: its ids and numbers; the rest are words, which may be others the next time."""
    leaves = (str(leaf) for leaf in leaf_values(decode(tool.arguments)))
    return frozenset(leaf for leaf in leaves if any(map(str.isdigit, leaf)))


def _page(tool: ToolCall) -> int | None:
    """Which page, or from which row on, a call asks for; None where it does not say."""
    given = decode(tool.arguments)
    pages = (
        value
        for path, value in (flat_values(given) if isinstance(given, dict) else ())
        if isinstance(value, int) and not isinstance(value, bool) and _PAGE.search(path)
    )
    return next(pages, None)
