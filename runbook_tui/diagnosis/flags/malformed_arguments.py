"""MALFORMED_ARGUMENTS: a tool was called with arguments that are not the JSON they set out to be.

A call that its framework refused for them has no span of its own; it is told on the model call that asked for it.

Texts that the recorder itself cut (several of the very same length) are not the model's fault and stay
unflagged.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from runbook_tui.diagnosis.case import Case
from runbook_tui.diagnosis.flags.cut_off import was_cut_off
from runbook_tui.trace import Flag, Span
from runbook_tui.trace.jsontext import decode

__all__ = ["detect", "is_broken", "is_malformed"]

_SHORTEST_CUT: Final = 60


def detect(case: Case) -> Iterator[Flag]:
    """A flag on every tool call whose arguments do not parse."""
    for step in case.tool_steps:
        if is_malformed(case, step.span):
            arguments = (step.span.tool.arguments or "") if step.span.tool else ""
            yield case.flag(
                "MALFORMED_ARGUMENTS", "P1", step, f"{step.label}: not valid JSON: {arguments.strip()[:80]}"
            )
    made = {step.span.tool.call_id for step in case.tool_steps if step.span.tool}
    for step in case.llm_steps:
        if was_cut_off(step.span):
            continue
        for call in step.span.requested_calls:
            if call.call_id and call.call_id not in made and is_broken(case, call.text):
                yield case.flag(
                    "MALFORMED_ARGUMENTS",
                    "P1",
                    step,
                    f"{call.name or 'a tool'} was never called: not valid JSON: {call.text.strip()[:80]}",
                )


def is_malformed(case: Case, span: Span) -> bool:
    """Whether the call's arguments begin as JSON and are not."""
    arguments = span.tool.arguments if span.tool else None
    return arguments is not None and is_broken(case, arguments)


def is_broken(case: Case, arguments: str) -> bool:
    """Whether a text begins as JSON and is none."""
    if not arguments.strip().startswith(("{", "[")):
        return False
    return decode(arguments) is None and not _was_cut(case, len(arguments))


def _was_cut(case: Case, length: int) -> bool:
    if length < _SHORTEST_CUT:
        return False
    lengths = case.text_lengths
    return lengths[length] > 1 and length == max(lengths)
