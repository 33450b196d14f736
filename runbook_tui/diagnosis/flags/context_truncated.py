"""CONTEXT_TRUNCATED: a message present in one LLM call is missing, or cut, in the next of the same conversation.

What was dropped is named, instructions first: an agent that no longer sees a rule cannot follow it. A call is compared
with the one it continues; an agent that starts afresh is another conversation. Wrong where a library sums up its
history on purpose and says so in a message of its own: the flag then marks the place where that happened, which is
still worth a look. Severity P0 where a system or user message went, P1 where only results or answers did.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from runbook_tui.diagnosis.case import Case
from runbook_tui.diagnosis.context_diff import MessageChange
from runbook_tui.trace import Flag
from runbook_tui.trace.words import Severity

__all__ = ["detect"]

_SHOWN: Final = 80
_TELLING: Final = ("system", "user")


def detect(case: Case) -> Iterator[Flag]:
    """One flag a call whose context lost something."""
    for change in case.context_changes:
        lost = (*change.of("dropped"), *change.of("truncated"))
        if not lost:
            continue
        first = min(lost, key=lambda item: (item.role not in _TELLING, item.change, item.at))
        severity: Severity = "P0" if first.role in _TELLING else "P1"
        yield case.flag(
            "CONTEXT_TRUNCATED", severity, change.step, _said(first, len(lost), change.previous.number)
        )


def _said(first: MessageChange, count: int, previous: int) -> str:
    text = " ".join((first.was or first.text).split())[:_SHOWN]
    what = "is cut" if first.change == "truncated" else "is gone"
    more = f", and {count - 1} more" if count > 1 else ""
    return f'the {first.role} message "{text}" of step {previous}\'s context {what}{more}'
