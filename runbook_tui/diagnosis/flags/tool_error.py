"""TOOL_ERROR: a tool call failed. Errors that the framework handed back to the model count too.

Not raised where the arguments were malformed: that flag says more. Wrong for tools whose normal answer has
an `error` field with text in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from runbook_tui.diagnosis.case import Case
from runbook_tui.diagnosis.failures import error_text, is_refusal, says_it_failed
from runbook_tui.diagnosis.flags.malformed_arguments import is_broken, is_malformed, is_no_json
from runbook_tui.trace import Flag, Part, Step

__all__ = ["detect"]

_TELLS: Final = re.compile(
    r"(?i)\b(?:refus\w*|reject\w*|declin\w*|den(?:y|ied)|fail\w*|unable|locked|blocked|cannot|unfortunately|sorry|except"
    r"|(?:could|can|did|was|were|is|has|have) ?n[o']t|not (?:possible|accepted|allowed|been)|only \w+ (?:of|out of)"
    r"|abgelehnt|nicht|leider|kein\w*|impossible|n'a pas|rechazad\w*|no se (?:pudo|ha))\b"
)
"""How an agent passes a refusal on."""
_NO_SUCH: Final = re.compile(
    r"(?i)\b(?:unknown|no such|invalid|unavailable) (?:tool|function)\b"
    r"|\b(?:tool|function)s?\b.{0,100}\b(?:not found|not exist)\b"
)
"""How an agent's own span says that it was asked for a tool it does not have."""


def detect(case: Case) -> Iterator[Flag]:
    """A flag on every failed tool call, and whether the next LLM call mentions it."""
    for step in case.tool_steps:
        text = error_text(step.span)
        if text is None or is_malformed(case, step.span) or _was_passed_on(case, step):
            continue
        yield case.flag("TOOL_ERROR", "P1", step, f"{step.label} failed: {text[:120]}")
    yield from _refused(case)


def _was_passed_on(case: Case, step: Step) -> bool:
    """Whether a refusal that only the answer's words tell was told on in turn, and nothing was done upon it."""
    tool = step.span.tool
    if tool is None or step.span.status == "error" or tool.status == "error" or not is_refusal(tool):
        return False
    told = next(
        (other for other in case.llm_steps if other.index > step.index and other.span.output_text), None
    )
    acted = any(
        other.index > step.index and case.tool(other.span.tool.name).effect in ("reversible", "irreversible")
        for other in case.tool_steps
        if other.span.tool is not None
    )
    return not acted and told is not None and _TELLS.search(told.span.output_text) is not None


def _refused(case: Case) -> Iterator[Flag]:
    """A flag on every model call that asked for what its framework did not run, and told the model so.

    A tool that does not exist leaves no span.
    """
    wanted = {call.call_id or call.name: (step, call) for step, call in _not_made(case)}
    answers = [
        (part.call_id, part.text)
        for step in (case.llm_steps if wanted else ())
        for message in step.span.input_messages
        for part in message.parts
        if part.type == "tool_result" and (part.failed or says_it_failed(part.text))
    ]
    told = [
        (call_id, text)
        for text in (_failures_beside(case) if wanted else ())
        for call_id, (_, call) in wanted.items()
        if call.name and re.search(rf"\b{re.escape(call.name)}\b", text)
    ]
    for call_id, text in (*answers, *told):
        asking, call = wanted.pop(call_id, (None, None))
        if (
            asking is not None
            and call is not None
            and not (is_broken(case, call.text) or is_no_json(call.text))
        ):
            said = " ".join(text.split())[:120]
            yield case.flag("TOOL_ERROR", "P1", asking, f"{call.name or 'a tool'} was never run: {said}")


def _not_made(case: Case) -> Iterator[tuple[Step, Part]]:
    """The calls that a model asked for and no span shows."""
    made = [step.span.tool for step in case.tool_steps if step.span.tool]
    ids = {tool.call_id for tool in made if tool.call_id is not None}
    without_id = {tool.name for tool in made if tool.call_id is None}
    names = {tool.name for tool in made}
    for step in case.llm_steps:
        for call in step.span.requested_calls:
            if call.name not in (without_id if call.call_id else names) and call.call_id not in ids:
                yield step, call


def _failures_beside(case: Case) -> Iterator[str]:
    """The errors of spans that are no steps, where they speak of a tool that does not exist."""
    steps = {step.span.key for step in case.session.steps}
    for span in case.session.spans:
        text = error_text(span) if span.status == "error" and span.key not in steps else None
        if text is not None and _NO_SUCH.search(text):
            yield text
