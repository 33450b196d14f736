"""Which call of a model each tool span is: from there come the arguments and the result that only messages carry."""

from __future__ import annotations

from typing import Final

import msgspec

from runbook_tui.intake.draft import as_json
from runbook_tui.intake.members import Members
from runbook_tui.trace import Mark, Part, Span, ToolCall
from runbook_tui.trace.jsontext import decode

__all__ = ["Calls"]

_WANTING: Final = Mark.BARE_CALL | Mark.NO_RESULT


class Calls:
    """The calls asked for and answered in one session.

    Args:
        members: the spans; a tool span that is found to be a call that was asked for gets its id in its outline.
    """

    def __init__(self, members: Members) -> None:
        self._members = members
        self._asked: dict[str, int] = {}
        """Call id to the first span that asked for it."""
        self._answered: dict[str, int] = {}
        """Call id to the last span that was sent a result with words in it."""
        self._claimed: dict[int, str] = {}
        """Tool span without a known id to the call that it must be."""
        tools = [index for index, span in enumerate(members) if span.kind == "tool" and span.tool is not None]
        if not tools:
            return
        self._collect(answers=any(members.outlines[index].marks & Mark.NO_RESULT for index in tools))
        self._claim(tools)

    def joined(self, index: int, tool: ToolCall) -> ToolCall:
        """The tool of a span with what is known of its call."""
        span = self._members.outlines[index]
        call_id, arguments, result = span.call_id or None, tool.arguments, tool.result
        asked = self._claimed.get(index, call_id)
        if asked is not None and asked in self._asked:
            wanted = self._call(asked).text
            if span.marks & Mark.BARE_CALL or (index in self._claimed and _wraps(arguments, wanted)):
                arguments = wanted or arguments
        # libraries that make up ids send the model none: there the claimed one is answered
        answered = next((item for item in (call_id, asked) if item in self._answered), None)
        if result is None and answered is not None:
            result = as_json(_results(self._members[self._answered[answered]])[answered])
        if (call_id, arguments, result) == (tool.call_id, tool.arguments, tool.result):
            return tool
        return msgspec.structs.replace(tool, call_id=call_id, arguments=arguments, result=result)

    def may_join(self, index: int) -> bool:
        """Whether `joined` may find more than the span itself tells."""
        span = self._members.outlines[index]
        return span.kind == "tool" and (
            index in self._claimed or span.call_id == "" or span.marks & _WANTING != 0
        )

    def _collect(self, *, answers: bool) -> None:
        for index, span in enumerate(self._members):
            for call_id in span.asks:
                if call_id and call_id not in self._asked:
                    self._asked[call_id] = index
            if answers:
                blank = span.marks & Mark.BLANK_RESULT
                self._answered.update(
                    dict.fromkeys(_results(self._members[index]) if blank else span.hears, index)
                )

    def _claim(self, tools: list[int]) -> None:
        """Give each tool span that names no call the first unanswered one of the same tool that fits its arguments."""
        nameless = [index for index in tools if self._members.outlines[index].call_id not in self._asked]
        if not nameless:
            return
        claimed = {span.call_id for span in self._members}
        open_calls: dict[str | None, list[str]] = {}
        for call_id, index in self._asked.items():
            if call_id not in claimed:
                span = self._members.outlines[index]
                open_calls.setdefault(span.wants[span.asks.index(call_id)], []).append(call_id)
        for index in nameless:
            span = self._members.outlines[index]
            calls = open_calls.get(span.tool)
            tool = self._members[index].tool if calls else None
            if not calls or tool is None:
                continue
            fitting = (call_id for call_id in calls if _fits(tool.arguments, self._call(call_id).text))
            found = next(fitting, None)
            if found is not None:
                calls.remove(found)
                self._claimed[index] = found
                span.call_id = span.call_id or found

    def _call(self, call_id: str) -> Part:
        asking = self._members[self._asked[call_id]]
        return next(part for part in asking.requested_calls if part.call_id == call_id)


def _results(span: Span) -> dict[str, str]:
    """What a model call was sent as results, by call id, those with words in them."""
    return {
        part.call_id: part.text
        for message in span.input_messages
        for part in message.parts
        if part.type == "tool_result" and part.call_id and part.text
    }


def _fits(recorded: str | None, asked: str) -> bool:
    """Whether the arguments of a tool span do not contradict those that were asked for."""
    if recorded is None:
        return True
    wanted, given = decode(asked), decode(recorded)
    if wanted == given:
        return True
    if isinstance(given, dict):
        return isinstance(wanted, dict) and wanted in given.values()
    return isinstance(wanted, dict) and recorded in map(str, wanted.values())


def _wraps(recorded: str | None, asked: str) -> bool:
    """Whether the arguments were recorded inside those of the function that was handed them."""
    wanted, given = decode(asked), decode(recorded)
    return (
        isinstance(wanted, dict) and isinstance(given, dict) and wanted != given and wanted in given.values()
    )
