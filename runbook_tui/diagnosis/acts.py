"""What an LLM call does rather than says: the code it writes, and the tools it calls by request or by code.

A code agent asks for no call by id: it writes `refund(order="A-1")`, and the tool runs right after. So a tool that runs
before the next LLM call, and that the code names, counts as called by it; otherwise no step of such an agent would act.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from runbook_tui.diagnosis.case import Case
from runbook_tui.diagnosis.dialogue import Dialogue
from runbook_tui.diagnosis.shape import said_by, writes_code
from runbook_tui.trace import Part, Step, ToolCall
from runbook_tui.trace.jsontext import decode, flat_values

__all__ = ["acts", "is_told_something", "results_after"]

_SHOWN: Final = 80
_NO_CHANGE: Final = ("read", "unknown")


def acts(case: Case, step: Step, dialogue: Dialogue | None, addresses: list[str]) -> dict[str, str]:
    """The traits of what a step does, by name, each with what was seen.

    Args:
        case: the session.
        step: an LLM call.
        dialogue: the conversation so far, where there is a user to agree to things.
        addresses: the web addresses in what the step says.
    """
    found: dict[str, str] = {}
    asked, code = step.span.requested_calls, writes_code(step)
    names = _called_by(case, step, asked, code=code)
    if names:
        how = "calls" if asked else "its code calls"
        found["calls"] = f"acts: {how} {', '.join(dict.fromkeys(names))}"
    if code:
        found["code"] = "acts: writes code"
        if addresses:
            found["fetches"] = f"its code goes to an address: {addresses[0][:_SHOWN]}"
    harmless = ("read",) if dialogue else _NO_CHANGE
    changing = [name for name in names if case.tool(name).effect not in harmless]
    if changing:
        found["changes"] = f"changes something outside: {changing[0]}"
        if dialogue and not dialogue.is_agreed:
            found["unagreed"] = f"does so without the user's consent to it: {changing[0]}"
    if dialogue and not names and dialogue.agent_says(step.span.output_text):
        found["proposes"] = ""
    return found


def _called_by(case: Case, step: Step, asked: tuple[Part, ...], *, code: bool) -> list[str]:
    """The tools an LLM call calls, in order; one that only hands back what it was given takes an answer, and is none."""
    if not asked and not code:
        return []
    ran = [after.span.tool for after in results_after(case, step) if after.span.tool is not None]
    answers = {tool.name for tool in ran if _hands_back(tool) and case.tool(tool.name).effect in _NO_CHANGE}
    if asked:
        return [call.name or "a tool" for call in asked if call.name not in answers]
    text = said_by(step)
    named = [
        name for name in dict.fromkeys(tool.name for tool in ran) if name in text and name not in answers
    ]
    return [name for name in named if re.search(rf"(?<![\w.]){re.escape(name)}\s*\(", text)]


def _hands_back(tool: ToolCall) -> bool:
    given, result = tool.arguments or "", (tool.result or "").strip()
    if not result or len(result) > len(given):  # no value is longer than the JSON it stands in
        return False
    return any(str(value).strip() == result for _, value in flat_values(decode(given)))


def results_after(case: Case, step: Step) -> Iterator[Step]:
    """The tool runs between a step and the next that is none."""
    steps = case.session.steps
    for at in range(step.index + 1, len(steps)):
        if steps[at].span.tool is None:
            return
        yield steps[at]


def is_told_something(step: Step, before: Step) -> bool:
    """Whether an LLM call was shown something that came after the LLM call before it, other than that one's words.

    Code agents get the output of their code as a message; no span tells of it.
    """
    shown, earlier = step.span.input_messages, before.span.input_messages
    if not shown or shown[-1].role not in ("user", "tool"):
        return False
    last = len(shown) - 1
    if last < len(earlier) and earlier[last] == shown[last]:
        return False
    told = "\n".join(part.text for part in shown[last].parts).strip()
    said = before.span.output_text.strip()
    return bool(told) and not (said and (said in told or told in said))
