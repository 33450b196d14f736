"""MALFORMED_ARGUMENTS: a tool was called with arguments that are not the JSON they set out to be, or not what it takes.

The latter only where the call failed: a field is missing that the model was told is required, or the framework says
that they do not fit. A call that its framework refused has no span of its own; it is told on the model call that
asked for it.

Texts that the recorder itself cut (several of the very same length) are not the model's fault and stay
unflagged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from runbook_tui.diagnosis.case import Case
from runbook_tui.diagnosis.failures import error_text, says_it_failed
from runbook_tui.diagnosis.flags.cut_off import was_cut_off
from runbook_tui.trace import Flag, Span, ToolCall
from runbook_tui.trace.jsontext import decode

__all__ = ["detect", "is_broken", "is_malformed", "is_no_json"]

_SHORTEST_CUT: Final = 60
_DOES_NOT_FIT: Final = re.compile(
    r"(?i)validation (?:failed|errors?) (?:for|in) (?:the )?(?:input|arguments|parameters)"
    r"|\b(?:input|arguments?|parameters?) validation failed\b|\bfield required\b|\binput should be a valid\b"
    r"|mandatory input parameters? (?:is|are) not present"
    r"|missing \d+ required (?:positional|keyword-only) argument|got an unexpected keyword argument"
)
"""How frameworks, and Python itself, say that a call does not fit the function it is made to."""


def detect(case: Case) -> Iterator[Flag]:
    """A flag on every tool call whose arguments do not parse."""
    for step in case.tool_steps:
        if is_malformed(case, step.span):
            arguments = (step.span.tool.arguments or "") if step.span.tool else ""
            why = "not valid JSON" if is_broken(case, arguments) else "not what it takes"
            yield case.flag(
                "MALFORMED_ARGUMENTS", "P1", step, f"{step.label}: {why}: {arguments.strip()[:80]}"
            )
    made = {step.span.tool.call_id for step in case.tool_steps if step.span.tool}
    refused = {
        part.call_id
        for step in case.llm_steps
        for message in step.span.input_messages
        for part in message.parts
        if part.type == "tool_result" and (part.failed or says_it_failed(part.text))
    }
    for step in case.llm_steps:
        if was_cut_off(step.span):
            continue
        for call in step.span.requested_calls:
            broken = is_broken(case, call.text) or (call.call_id in refused and is_no_json(call.text))
            if call.call_id and call.call_id not in made and broken:
                yield case.flag(
                    "MALFORMED_ARGUMENTS",
                    "P1",
                    step,
                    f"{call.name or 'a tool'} was never called: not valid JSON: {call.text.strip()[:80]}",
                )


def is_malformed(case: Case, span: Span) -> bool:
    """Whether the call's arguments begin as JSON and are not, or are what made the call fail."""
    tool = span.tool
    if tool is None or tool.arguments is None:
        return False
    asked = case.asked.get(tool.call_id or "")
    as_asked = asked is not None and not is_no_json(asked)  # what the tool then got may be a text by itself
    return (is_broken(case, tool.arguments) and not as_asked) or _does_not_fit(case, span, tool)


def _does_not_fit(case: Case, span: Span, tool: ToolCall) -> bool:
    said = error_text(span)
    if said is None:
        return False
    if is_no_json(case.asked.get(tool.call_id or "", "")):
        return True
    given = decode(tool.arguments)
    required = case.offered_tools.get(tool.name, {}).get("required")
    lacking = isinstance(given, dict) and isinstance(required, list) and not set(required) <= set(given)
    return lacking or _DOES_NOT_FIT.search(said) is not None


def is_no_json(arguments: str) -> bool:
    """Whether a text that begins as JSON is none by the letter, be it a Python literal: frameworks refuse that."""
    if not arguments.strip().startswith(("{", "[")):
        return False
    try:
        msgspec.json.decode(arguments)
    except msgspec.DecodeError:
        return True
    return False


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
