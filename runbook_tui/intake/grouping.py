"""Which spans belong to one session: by recorded session id, within a trace by ancestry, else by trace.

A delegated agent often records a conversation id of its own; it still belongs to the run that spawned it,
so the outermost id on the way to the root decides.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from runbook_tui.intake.joining import joined
from runbook_tui.intake.spill import SpanList
from runbook_tui.trace import Outline

__all__ = ["by_session"]


class _Trace(msgspec.Struct):
    """What a pass over the spans keeps of one trace: few bytes a span, so that any number fits."""

    members: array[int]
    named: Counter[str]


def by_session(spans: SpanList) -> dict[str, array[int]]:
    """Indices of spans a session, sessions in order of first appearance.

    A span belongs to the session that its outermost ancestor with an id names, else to the one most spans
    of its trace name, else the trace itself is the session, unless it carries evidence of another's.
    """
    traces: dict[str, _Trace] = {}
    answers = _answers(spans.outlines)
    for index, span in enumerate(spans.outlines):
        trace = traces.get(span.trace_id)
        if trace is None:
            trace = traces[span.trace_id] = _Trace(array("i"), Counter())
        trace.members.append(index)
        if span.session_id and span.session_id not in answers:
            trace.named[span.session_id] += 1
    sessions: dict[str, array[int]] = {}
    for trace_id, trace in traces.items():
        fallback = _most_named(trace, spans.outlines, answers) or trace_id
        if len(trace.named) > 1:
            for index, owner in _owners(spans.outlines, trace.members, answers):
                sessions.setdefault(owner or fallback, array("i")).append(index)
        else:
            sessions.setdefault(fallback, array("i")).extend(trace.members)
    return joined(sessions, spans)


def _most_named(trace: _Trace, outlines: Sequence[Outline], answers: frozenset[str]) -> str | None:
    """The session that most spans of a trace name, whatever order they came in and however often each of them did."""
    named = trace.named
    if len(named) > 1:
        once = {(outlines[at].code, outlines[at].session_id) for at in trace.members}
        named = Counter(name for _, name in once if name and name not in answers)
    return min(named, key=lambda name: (-named[name], name), default=None)


def _answers(outlines: Sequence[Outline]) -> frozenset[str]:
    """Recorded session ids that are ids of answers: what a call carries on from, another one each time."""
    named = {span.session_id for span in outlines if span.session_id}
    return frozenset(span.response_id for span in outlines if span.response_id and span.response_id in named)


def _owners(
    outlines: Sequence[Outline], members: Iterable[int], answers: frozenset[str]
) -> Iterator[tuple[int, str | None]]:
    """Each span of a trace with the session id of its outermost ancestor that has one."""
    known = {outlines[index].span_id: outlines[index] for index in members}
    for index in members:
        seen: set[str] = set()
        found: str | None = None
        node: str | None = outlines[index].span_id
        while node is not None and node in known and node not in seen:
            seen.add(node)
            named = known[node].session_id
            found = named if named and named not in answers else found
            node = known[node].parent_id
        yield index, found
