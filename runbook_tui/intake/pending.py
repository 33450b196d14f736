"""Calls that no span was recorded for and that the messages show all the same.

A run that was killed asked for a call in its last message: the process died while the tool ran, so what it did to
the world is unknown. And where only the model's client is traced, every call is in the messages and nowhere
else. Leaving them out would hide the actions that matter most; each becomes a span, marked as not recorded.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from runbook_tui.trace import NOT_RECORDED, Part, Span, ToolCall

__all__ = ["pending_calls", "told_calls", "unrecorded_calls", "was_recorded"]

Key = tuple[str, str]


def was_recorded(span: Span) -> bool:
    """Whether a file held the span."""
    return NOT_RECORDED not in span.attributes


def unrecorded_calls(spans: list[Span], added: list[Span]) -> list[Span]:
    """The calls without a record now; those added earlier whose record has come since are no steps any more.

    They stay as spans: what is in the store once is never taken out of it.
    """
    pending = [*told_calls(spans), *pending_calls(spans)]
    keys = {span.key for span in pending}
    return pending + [
        msgspec.structs.replace(span, kind="other", tool=None) for span in added if span.key not in keys
    ]


def pending_calls(spans: list[Span]) -> list[Span]:
    """A span for each call of a killed run that has neither a span nor an answer.

    A run counts as killed where the span around its last model call never arrived or never ended: a run that
    ended may well ask for a call last, such as the one that carries its structured answer.
    """
    by_key = {span.key: span for span in spans}
    last: dict[Key, Span] = {}
    for span in spans:
        if span.kind == "llm":
            around = (span.trace_id, span.parent_id or "")
            if around not in last or (span.start_ns or 0) >= (last[around].start_ns or 0):
                last[around] = span
    killed = [span for span in last.values() if span.requested_calls and _never_ended(span, by_key)]
    if not killed:
        return []
    answered = set(_answered(spans))
    return [
        _pending(span, index, call.name or "", call.call_id, call.text or None)
        for span in killed
        for index, call in enumerate(span.requested_calls)
        if call.call_id is not None and call.name and call.call_id not in answered
    ]


def told_calls(spans: list[Span]) -> list[Span]:
    """A span for each call that was asked for and answered, where nothing but model calls was recorded.

    Where an agent or a tool has a span, a call without one was none: it carried a structured answer, say.
    """
    if any(span.kind not in ("llm", "user", "other") for span in spans):
        return []
    asked: dict[str, tuple[Span, int, Part]] = {}
    found: dict[str, Span] = {}
    for span in spans:
        for part in (part for message in span.input_messages for part in message.parts):
            call_id = part.call_id or ""
            if part.type == "tool_result" and call_id in asked and call_id not in found:
                asking, index, call = asked[call_id]
                name = call.name or part.name or "unknown"
                found[call_id] = msgspec.structs.replace(
                    _pending(asking, index, name, call_id, None),
                    tool=ToolCall(name=name, call_id=call_id, arguments=call.text or None, result=part.text),
                    end_ns=span.start_ns,
                    attributes={NOT_RECORDED: "asked for and answered in the model's messages"},
                )
        for index, call in enumerate(span.requested_calls):
            if call.call_id:
                asked.setdefault(call.call_id, (span, index, call))
    return list(found.values())


def _never_ended(span: Span, by_key: dict[Key, Span]) -> bool:
    around = by_key.get((span.trace_id, span.parent_id or ""))
    if around is None:
        return span.parent_id is not None
    return around.end_ns is None


def _answered(spans: list[Span]) -> Iterable[str]:
    for span in spans:
        if span.tool is not None and span.tool.call_id:
            yield span.tool.call_id
        for message in span.input_messages:
            yield from (part.call_id for part in message.parts if part.type == "tool_result" and part.call_id)


def _pending(asking: Span, index: int, name: str, call_id: str | None, arguments: str | None) -> Span:
    return Span(
        trace_id=asking.trace_id,
        span_id=f"{asking.span_id}.call{index + 1}",
        parent_id=asking.span_id,
        name=f"execute_tool {name}",
        kind="tool",
        agent=asking.agent,
        session_id=asking.session_id,
        start_ns=asking.end_ns,
        tool=ToolCall(name=name, call_id=call_id, arguments=arguments),
        attributes={NOT_RECORDED: "asked for in the last message before the run was cut off"},
        scope=asking.scope,
    )
