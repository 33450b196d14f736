"""CONTEXT_DRIFT: what the agent does or says it wants has left what it was asked.

Two checks, neither needs a model. A prohibition of the task ("read-only", "do not change anything") that a later action
breaks, one with an object ("never touch volume 3c9a") only by an action that names it, one with a condition not at
all; the step where the stated objective first changed is flagged with it. And a stated
objective that shares too few content words with task and instructions, more than
`thresholds.context_drift` of them new, after an earlier one that was close. Wrong for tasks that ask for
another plan midway in words of their own; raise the threshold. It misses drift that keeps the words.
Source: the runbook's flag table; lexical distance stands in for its embedding distance.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from runbook_tui.diagnosis.case import Case
from runbook_tui.diagnosis.known import tokens
from runbook_tui.trace import Flag, Step

__all__ = ["detect"]

_PROHIBITION: Final = re.compile(
    r"(?i)\b(?:read[- ]only\b|make no changes"
    r"|(?:do not|don't|never) (?:change|modify|delete|touch|send|execute|act)\b(?P<what>[^.;\n]{0,160})"
    r"|without (?:changing|modifying|deleting)\b(?P<other>[^.;\n]{0,160}))"
)
_EVERYTHING: Final = re.compile(r"(?i)\b(?:any|anything|everything|all|data|state|systems?)\b")
_CONDITION: Final = re.compile(
    r"(?i)\b(?:without|unless|until|before|if|when|above|over|below|more than|except|other than|twice|again)\b"
)
_NAMED: Final = re.compile(r"[\w./@-]*\d[\w./@-]*|[\w.-]*/[\w./-]*|\"[^\"]+\"|'[^']+'|`[^`]+`")
"""What names one thing: an id, a path, something quoted."""
_SHOWN: Final = 90
_OBJECTIVE: Final = re.compile(
    r"(?i)\b(?:my |our |the |new |current |revised |updated )*(?:goal|objective|aim|task|plan|priority)\b"
    r"(?: is| now is| has become|:)[^\n]{0,400}"
)
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s")
_FEWEST_WORDS: Final = 4


def detect(case: Case) -> Iterator[Flag]:
    """A broken prohibition, after the step that changed the objective; else the first objective far from the task."""
    broken = _broken_prohibition(case)
    if broken is None:
        moved = _moved_objective(case)
        if moved is not None:
            yield moved
        return
    changed = _changed_objective(case)
    if changed is not None:
        yield changed
    yield broken


def _broken_prohibition(case: Case) -> Flag | None:
    for forbidden in _PROHIBITION.finditer(f"{case.task or ''}\n{case.instructions}"):
        what = forbidden["what"] or forbidden["other"] or ""
        if _CONDITION.search(what):
            continue
        for step in case.tool_steps:
            tool = step.span.tool
            if (
                tool is not None
                and case.tool(tool.name).effect in ("reversible", "irreversible")
                and _is_meant(what, tool.name, tool.arguments or "")
            ):
                detail = f"{tool.name} acts, but the task says: {forbidden[0].strip()[:_SHOWN]}"
                return case.flag("CONTEXT_DRIFT", "P0", step, detail)
    return None


def _is_meant(what: str, tool: str, arguments: str) -> bool:
    """Whether an act is among what is forbidden: the thing that is named, everything, or what its words speak of."""
    if named := [name.strip("\"'`.").lower() for name in _NAMED.findall(what)]:
        return any(name in arguments.lower() for name in named)
    if not what.strip() or _EVERYTHING.search(what):
        return True
    act = f"{tool} {arguments}".lower()
    return any(word.removesuffix("s") in act for word in tokens(what))


def _changed_objective(case: Case) -> Flag | None:
    """The first stated objective that shares less than half its words with the one stated first."""
    first: set[str] = set()
    said_first = ""
    for step, stated in _objectives(case):
        sentence = _SENTENCE.split(stated, maxsplit=1)[0].strip()
        words = set(tokens(sentence.split(":", 1)[-1]))
        if not first:
            first, said_first = words, sentence
        elif words and len(words & first) * 2 < len(words):
            return case.flag("CONTEXT_DRIFT", "P1", step, f'"{sentence[:90]}", which was "{said_first[:90]}"')
    return None


def _moved_objective(case: Case) -> Flag | None:
    if not case.task_tokens:
        return None
    was_close = False
    for step, stated in _objectives(case):
        words = set(tokens(stated))
        if len(words) < _FEWEST_WORDS:
            continue
        distance = 1 - len(words & case.task_tokens) / len(words)
        if distance < case.thresholds.context_drift:
            was_close = True
        elif was_close and distance >= min(case.thresholds.context_drift + 0.2, 0.95):
            detail = f"stated objective shares {1 - distance:.0%} of its words with the task: {stated.strip()[:120]}"
            return case.flag("CONTEXT_DRIFT", "P1", step, detail)
    return None


def _objectives(case: Case) -> Iterator[tuple[Step, str]]:
    for step in case.llm_steps:
        match = _OBJECTIVE.search(step.span.output_text)
        if match is not None:
            yield step, match[0]
