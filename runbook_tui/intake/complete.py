"""What one span cannot know by itself: its agent, and the arguments and result that a message carries.

Works on the spans of one session; every span keeps its identity, only empty fields are filled.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from runbook_tui.intake.pending import unrecorded_calls, was_recorded
from runbook_tui.intake.tokens import estimate_tokens
from runbook_tui.intake.twins import without_twins
from runbook_tui.intake.untyped_tools import with_untyped_tools
from runbook_tui.trace import Part, Span, ToolCall
from runbook_tui.trace.jsontext import decode

__all__ = ["complete"]

Key = tuple[str, str]


def complete(spans: Iterable[Span]) -> list[Span]:
    """The spans with agents inherited, wrappers and hand-offs recognised, twins made one, calls joined.

    Completing again what is complete changes nothing, and spans that have come since are taken into account.
    """
    given = sorted(spans, key=lambda span: span.start_ns or 0)
    found = [span for span in given if was_recorded(span)]
    agents = {span.agent or span.name for span in found if span.kind == "agent"}
    tells = any(span.kind == "llm" and _says_something(span) for span in found)
    asked = {call.name for span in found for call in span.requested_calls}
    found = [_recognised(span, agents, asked, others_tell=tells) for span in found]
    found = without_twins(with_untyped_tools(found, asked))
    by_key = {span.key: span for span in found}
    found = [_with_agent(span, by_key) for span in found]
    found = _join_calls([_with_tokens(span) for span in found])
    return found + unrecorded_calls(found, [span for span in given if not was_recorded(span)])


def _says_something(span: Span) -> bool:
    return bool(span.output_messages) or span.input_tokens is not None


def _recognised(span: Span, agents: set[str], asked: set[str | None], *, others_tell: bool) -> Span:
    """Correct a kind that only the company of other spans gives away."""
    if span.kind == "llm" and others_tell and span.status != "error":
        answered = _says_something(span) or span.finish_reason or span.response_id or span.input_messages
        if not answered:
            return msgspec.structs.replace(span, kind="other")
    if span.kind == "retrieval" and span.tool is not None and span.tool.name in asked:
        return msgspec.structs.replace(span, kind="tool")  # the model called it: a tool that retrieves
    if span.kind == "tool" and span.tool is not None and "tool.name" not in span.attributes:
        between_agents = span.tool.arguments in agents and span.tool.result in agents
        if between_agents and span.tool.call_id is None:
            return msgspec.structs.replace(span, kind="handoff")
    return span


def _with_agent(span: Span, by_key: dict[Key, Span]) -> Span:
    if span.agent is not None:
        return span
    seen: set[Key] = set()
    node: Span | None = span
    while node is not None and node.key not in seen:
        seen.add(node.key)
        if node.agent is not None:
            return msgspec.structs.replace(span, agent=node.agent)
        node = by_key.get((node.trace_id, node.parent_id)) if node.parent_id else None
    return span


def _with_tokens(span: Span) -> Span:
    """Estimate what a model call used where nothing was recorded but its messages."""
    if span.kind != "llm" or span.input_tokens is not None or span.output_tokens is not None:
        return span
    if not span.output_messages:
        return span
    asked = sum(
        estimate_tokens(part.text, span.model) for message in span.input_messages for part in message.parts
    )
    said = sum(
        estimate_tokens(part.text, span.model) for message in span.output_messages for part in message.parts
    )
    return msgspec.structs.replace(
        span, input_tokens=asked if span.input_messages else None, output_tokens=said, tokens_estimated=True
    )


def _join_calls(spans: list[Span]) -> list[Span]:
    """Give tool spans the call they answer, and with it arguments and results recorded only in messages."""
    asked: dict[str, Part] = {}
    answers: dict[str, str] = {}
    unclaimed: list[Part] = []
    claimed = {span.tool.call_id for span in spans if span.tool and span.tool.call_id}
    joined: list[Span] = []
    for span in spans:
        for message in span.input_messages:
            for part in message.parts:
                if part.type == "tool_result" and part.call_id and part.text:
                    answers[part.call_id] = part.text
        for part in span.requested_calls:
            if part.call_id and part.call_id not in asked:
                asked[part.call_id] = part
                if part.call_id not in claimed:
                    unclaimed.append(part)
    for span in spans:
        tool = span.tool
        if tool is not None and span.kind == "tool":
            call = asked.get(tool.call_id or "") or _claim(tool, unclaimed)
            joined.append(msgspec.structs.replace(span, tool=_joined(tool, call, answers)))
        else:
            joined.append(span)
    return joined


def _claim(tool: ToolCall, unclaimed: list[Part]) -> Part | None:
    """The first unanswered call of the same tool, if its arguments do not contradict the span's."""
    for index, part in enumerate(unclaimed):
        if part.name == tool.name and _compatible(tool.arguments, part.text):
            return unclaimed.pop(index)
    return None


def _compatible(recorded: str | None, asked: str) -> bool:
    if recorded is None:
        return True
    wanted, given = decode(asked), decode(recorded)
    if wanted == given:
        return True
    return isinstance(wanted, dict) and not isinstance(given, dict) and recorded in map(str, wanted.values())


def _joined(tool: ToolCall, call: Part | None, answers: dict[str, str]) -> ToolCall:
    call_id = tool.call_id or (call.call_id if call else None)
    arguments: Any = tool.arguments
    wants_call = arguments is None or not arguments.lstrip().startswith(("{", "["))
    if call is not None and call.text and wants_call:
        arguments = call.text
    result = tool.result if tool.result is not None else answers.get(call_id or "")
    return msgspec.structs.replace(tool, call_id=call_id, arguments=arguments, result=result)
