"""Traces without a session id that are one run: joined on what they carry, never on time.

Evidence is, in order: an answer that another recorded too or that a call says it carries on from, or a link from a
trace's root; a message history that continues another call's; a call id that only one other session asked for; and,
for a trace that only says how an agent was made, the agent that then ran. Time breaks ties only between calls that
said exactly the same.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from runbook_tui.intake.spill import SpanList
from runbook_tui.trace import Mark, Message, Outline, Span
from runbook_tui.trace.jsontext import decode

__all__ = ["joined"]

Sessions = dict[str, "array[int]"]

_NEVER: Final = 2**64
_EVIDENCE: Final = Mark.ANSWERED | Mark.COUNTED | Mark.IDENTIFIED | Mark.ASKED | Mark.FAILED


def joined(sessions: Sessions, spans: SpanList) -> Sessions:
    """The same spans, by index, in as many sessions as there is evidence for; a recorded id is never overruled.

    Sessions that hold only how an agent was made, or no step, come last where nothing tells whose they are.
    """
    if len(sessions) < 2:
        return sessions
    outlines = spans.outlines
    unnamed = [
        key for key, members in sessions.items() if not any(outlines[at].session_id == key for at in members)
    ]
    if not unnamed:
        return sessions
    owner = {key: key for key in sessions}
    past = _Past(sessions, spans)
    starts = {
        key: min((outlines[at].start_ns or 0 for at in members), default=0)
        for key, members in sessions.items()
    }
    for key in sorted(unnamed, key=lambda key: (starts[key], key)):
        own = _Members(spans, sessions[key])
        target = past.named_by(key) or past.continued_by(key, own) or past.asked_for(key, own)
        if target is not None and _top(owner, target) != key:
            owner[key] = _top(owner, target)
    idle = {
        key
        for key in unnamed
        if owner[key] == key and all(_tells_nothing(outlines[at]) for at in sessions[key])
    }
    makers = {
        key for key in unnamed if owner[key] == key and _only_makes_agents(_Members(spans, sessions[key]))
    }
    if makers:
        others = {key: _Members(spans, members) for key, members in sessions.items() if key not in makers}
        ran = _ran(others, starts)
        for key in makers:
            owner[key] = _run_of(_Members(spans, sessions[key]), ran, starts[key]) or key
    merged: Sessions = {}
    for key in sorted(sessions, key=(makers | idle).__contains__):
        merged.setdefault(_top(owner, key), array("i")).extend(sessions[key])
    return merged


def _tells_nothing(span: Outline) -> bool:
    """Whether a span is no step, or a call of a model of which nothing was recorded."""
    return span.kind == "other" or (span.kind == "llm" and not span.marks & _EVIDENCE)


class _Members:
    """The spans of one session, fetched each time they are gone through."""

    def __init__(self, spans: SpanList, members: Sequence[int]) -> None:
        self._spans = spans
        self._members = members

    def __iter__(self) -> Iterator[Span]:
        return map(self._spans.__getitem__, self._members)


def _top(owner: dict[str, str], key: str) -> str:
    while owner[key] != key:
        key = owner[key]
    return key


class _Past:
    """What was said and asked for, by session."""

    def __init__(self, sessions: Sessions, spans: SpanList) -> None:
        self.said: dict[int, list[tuple[int, str]]] = {}
        """A conversation up to and with an answer: when it was given, and in which session."""
        self.asked: dict[str, set[str]] = {}
        linked: dict[str, set[str]] = {}
        for key, members in sessions.items():
            for span in _Members(spans, members):
                for part in span.requested_calls:
                    if part.call_id:
                        self.asked.setdefault(part.call_id, set()).add(key)
                if span.kind == "llm" and span.input_messages and span.output_messages:
                    *_, whole = _prefixes((*span.input_messages, *span.output_messages))
                    self.said.setdefault(whole, []).append((span.end_ns or 0, key))
                if span.links and span.parent_id is None:
                    linked.setdefault(key, set()).update(span.links)
        self.before = _sources(sessions, spans, linked)
        """By session: those whose answer it has too or says it carries on from, or whose span its root links to."""

    def named_by(self, key: str) -> str | None:
        """The only other session that this one names as the one before it."""
        others = self.before.get(key, set()) - {key}
        return next(iter(others)) if len(others) == 1 else None

    def continued_by(self, key: str, spans: Iterable[Span]) -> str | None:
        """The session whose answer the first call of this one carries on from."""
        calls = (span for span in spans if span.kind == "llm" and span.input_messages)
        first = min(calls, key=lambda span: span.start_ns or 0, default=None)
        if first is None:
            return None
        for prefix in reversed(list(_prefixes(first.input_messages))):
            before = [
                said
                for said in self.said.get(prefix, ())
                if said[1] != key and said[0] <= (first.start_ns or _NEVER)
            ]
            if before:
                latest = max(before)
                self.said[prefix].remove(latest)  # an answer is carried on once; the next twin has its own
                return latest[1]
        return None

    def asked_for(self, key: str, spans: Iterable[Span]) -> str | None:
        """The only session that asked for a call which is made or answered in this one."""
        own = {part.call_id for span in spans for part in span.requested_calls}
        for call_id in _used(spans):
            sessions = self.asked.get(call_id, set())
            if call_id not in own and len(sessions - {key}) == 1:
                return next(iter(sessions - {key}))
        return None


def _sources(sessions: Sessions, spans: SpanList, linked: dict[str, set[str]]) -> dict[str, set[str]]:
    outlines = spans.outlines
    named: dict[str, set[str]] = {}
    answered: dict[str, tuple[str, Outline]] = {}
    found: dict[str, set[str]] = {}
    for key, members in sessions.items():
        ids = {outlines[at].session_id for at in members} - {key, None}
        if marks := {session_id for session_id in ids if session_id is not None} | linked.get(key, set()):
            named[key] = marks
        for span in (outlines[at] for at in members):
            if span.response_id is None:
                continue
            other, twin = answered.setdefault(span.response_id, (key, span))
            if other != key and span.overlaps(
                twin
            ):  # one recorder did not see the other's span around its own
                bare, whole = (key, other) if _only_calls(outlines, members) else (other, key)
                found.setdefault(bare, set()).add(whole)
    wanted = frozenset().union(*named.values())
    home: dict[str, str] = {}
    for key, members in sessions.items() if wanted else ():
        for at in members:
            for mark in (outlines[at].response_id, outlines[at].span_id):
                if mark in wanted:
                    home[mark] = key
    for key, marks in named.items():
        found.setdefault(key, set()).update(home[mark] for mark in marks if mark in home)
    return found


def _only_calls(outlines: Sequence[Outline], members: Iterable[int]) -> bool:
    return all(outlines[at].kind in ("llm", "other") for at in members)


def _used(spans: Iterable[Span]) -> Iterator[str]:
    for span in spans:
        if span.tool is not None and span.tool.call_id:
            yield span.tool.call_id
        for message in span.input_messages:
            yield from (part.call_id for part in message.parts if part.type == "tool_result" and part.call_id)


def _prefixes(messages: tuple[Message, ...]) -> Iterator[int]:
    """One number for each beginning of a conversation; equal beginnings, equal numbers."""
    state = 0
    for message in messages:
        state = hash((state, message.role, *_essence(message)))
        yield state


def _essence(message: Message) -> Iterator[object]:
    """What stays of a message when it is sent back: its words, and its calls by id or by content."""
    for part in message.parts:
        if part.type == "tool_call":
            yield (part.name, part.call_id or repr(decode(part.text) or part.text))
        elif part.text.strip():
            yield part.text.strip()


def _only_makes_agents(spans: Iterable[Span]) -> bool:
    return all(span.attributes.get("gen_ai.operation.name") == "create_agent" for span in spans)


def _ran(
    sessions: Mapping[str, Iterable[Span]], starts: Mapping[str, int]
) -> dict[str, list[tuple[int, str]]]:
    """By an agent's name and by its instructions: the sessions it ran in, by their starts."""
    found: dict[str, set[tuple[int, str]]] = {}
    for key, spans in sessions.items():
        for span in spans:
            told = [message.text for message in span.input_messages[:2] if message.role == "system"]
            for mark in (span.agent, *told):
                if mark:
                    found.setdefault(mark, set()).add((starts[key], key))
    return {mark: sorted(places) for mark, places in found.items()}


def _run_of(making: Iterable[Span], ran: dict[str, list[tuple[int, str]]], start: int) -> str | None:
    """The first session after it in which an agent of that name, or of those instructions, ran."""
    marks = [
        mark
        for span in making
        for mark in (span.agent, str(span.attributes.get("gen_ai.system_instructions") or ""))
        if mark
    ]
    since = (start, "")
    later = [places[bisect_left(places, since) :][:1] for mark in marks if (places := ran.get(mark))]
    return min((place for places in later for place in places), default=(0, None))[1]
