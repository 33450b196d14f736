"""What one span cannot know by itself: its agent, and the arguments and result that a message carries.

Works on the spans of one session; every span keeps its identity, only empty fields are filled. What there is to know
of the others is in their outlines, so that the spans themselves need not be held.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from runbook_tui.intake.calls import Calls
from runbook_tui.intake.members import Members
from runbook_tui.intake.pending import unrecorded_calls
from runbook_tui.intake.spill import SpanList
from runbook_tui.intake.tokens import estimate_tokens
from runbook_tui.intake.twins import join_twins
from runbook_tui.intake.untyped_tools import recognise_untyped_tools
from runbook_tui.trace import (
    Mark,
    Message,
    Outline,
    PackedSpan,
    Span,
    SpanSummary,
    as_read,
    changed,
    pack,
    was_recorded,
    with_agent,
)

__all__ = ["Completed", "complete"]

_ANSWERED: Final = Mark.ANSWERED | Mark.COUNTED | Mark.IDENTIFIED | Mark.ASKED


def complete(spans: Iterable[Span]) -> list[Span]:
    """The spans with agents inherited, wrappers and hand-offs recognised, twins made one, calls joined.

    Completing again what is complete changes nothing: it begins with what each span told by itself.
    """
    held = SpanList(in_memory=True)
    for span in filter(was_recorded, spans):
        held.append(as_read(span))
    return list(Completed(held, range(len(held))))


class Completed:
    """`complete` for spans that need not fit in memory: each is made when it is asked for.

    Args:
        spans: the spans of a file; those of the session are changed where others made them something else.
        chosen: which of them belong to the session, repeats allowed; they cannot be completed again.
    """

    def __init__(self, spans: SpanList, chosen: Iterable[int]) -> None:
        members = self._members = Members(spans, chosen)
        _recognise(members)
        join_twins(members)
        _inherit_agents(members)
        self._calls = Calls(members)
        self._recorded = len(members)
        members.add(unrecorded_calls(members, self.__getitem__))

    @property
    def outlines(self) -> list[Outline]:
        """Those of the spans, in order."""
        return self._members.outlines

    @property
    def above(self) -> Sequence[int]:
        """The index of each one's parent, -1 where it is not here."""
        return self._members.above

    @property
    def repeated(self) -> int:
        """How many spans came more than once."""
        return self._members.repeated

    def __len__(self) -> int:
        return len(self._members)

    def __iter__(self) -> Iterator[Span]:
        return map(self.__getitem__, range(len(self)))

    def __getitem__(self, index: int) -> Span:
        span = self._members[index]
        if index >= self._recorded:
            return span
        found: dict[str, Any] = {}
        agent = self.outlines[index].agent
        if agent != span.agent:
            found["agent"] = agent
        if span.kind == "llm":
            found |= _estimated(span)
        elif span.kind == "tool" and span.tool is not None:
            tool = self._calls.joined(index, span.tool)
            if tool is not span.tool:
                found["tool"] = tool
        return changed(span, **found) if found else span

    def packed(self, index: int) -> PackedSpan:
        """One of them, as it is stored; most are nothing but what was read, with the agent they belong to."""
        found = self._members.packed(index)
        if index >= self._recorded:
            return found
        if _may_be_estimated(found.row) or self._calls.may_join(index):
            return pack(self[index])
        agent = self.outlines[index].agent
        if agent is None or agent == found.row.agent:
            return found
        return pack(self[index]) if index in self._members.changed else with_agent(found, agent)


def _recognise(members: Members) -> None:
    """Correct kinds that only the company of other spans gives away."""
    agents = {span.agent or span.name for span in members if span.kind == "agent"}
    tells = any(span.kind == "llm" and span.says for span in members)
    asked = {name for span in members for name in span.wants}
    for index, span in enumerate(members):
        if span.kind == "llm":
            if tells and not span.marks & (_ANSWERED | Mark.FAILED):
                members.change(index, kind="other")
        elif span.tool is None:
            continue
        elif span.kind == "retrieval" and span.tool in asked:
            # the model called it: a tool that retrieves
            members.change(index, kind="tool")
        elif agents and span.kind == "tool" and span.call_id is None and not span.marks & Mark.TOOL_NAMED:
            tool = members[index].tool
            if tool is not None and tool.arguments in agents and tool.result in agents:
                members.change(index, kind="handoff")
    recognise_untyped_tools(members, asked)


def _inherit_agents(members: Members) -> None:
    """Give each span without an agent that of the nearest span around it that has one."""
    outlines, above = members.outlines, members.above
    for index, span in enumerate(outlines):
        if span.agent is None and above[index] >= 0:
            span.agent = outlines[above[index]].agent
            if span.agent is None:
                agents = (outlines[around].agent for around in members.around(index))
                span.agent = next((agent for agent in agents if agent is not None), None)


def _may_be_estimated(row: SpanSummary) -> bool:
    return row.kind == "llm" and row.input_tokens is None and row.output_tokens is None


def _estimated(span: Span) -> dict[str, Any]:
    """What a model call used, by estimate, where nothing was recorded but its messages."""
    is_told = span.input_tokens is not None or span.output_tokens is not None
    if is_told or not span.output_messages or span.status == "error":
        return {}
    return {
        "input_tokens": _tokens(span.input_messages, span.model) if span.input_messages else None,
        "output_tokens": _tokens(span.output_messages, span.model),
        "tokens_estimated": True,
    }


def _tokens(messages: Iterable[Message], model: str | None) -> int:
    return sum(estimate_tokens(part.text, model) for message in messages for part in message.parts)
