"""MALFORMED_ARGUMENTS: a tool was called with arguments that are not the JSON they set out to be.

Texts that the recorder itself cut (several of the very same length) are not the model's fault and stay
unflagged.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from runbook_tui.diagnosis.case import Case
from runbook_tui.trace import Flag, Span
from runbook_tui.trace.jsontext import decode

__all__ = ["detect", "is_malformed"]

_SHORTEST_CUT: Final = 60


def detect(case: Case) -> Iterator[Flag]:
    """A flag on every tool call whose arguments do not parse."""
    for step in case.tool_steps:
        if is_malformed(case, step.span):
            arguments = (step.span.tool.arguments or "") if step.span.tool else ""
            yield case.flag(
                "MALFORMED_ARGUMENTS", "P1", step, f"{step.label}: not valid JSON: {arguments.strip()[:80]}"
            )


def is_malformed(case: Case, span: Span) -> bool:
    """Whether the call's arguments begin as JSON and are not."""
    arguments = span.tool.arguments if span.tool else None
    if arguments is None or not arguments.strip().startswith(("{", "[")):
        return False
    return decode(arguments) is None and not _was_cut(case, len(arguments))


def _was_cut(case: Case, length: int) -> bool:
    if length < _SHORTEST_CUT:
        return False
    lengths = case.text_lengths
    return lengths[length] > 1 and length == max(lengths)
