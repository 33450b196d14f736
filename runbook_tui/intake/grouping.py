"""Which spans belong to one session: by recorded session id, within a trace by ancestry, else by trace.

A delegated agent often records a conversation id of its own; it still belongs to the run that spawned it,
so the outermost id on the way to the root decides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from runbook_tui.intake.joining import joined
from runbook_tui.trace import Span

__all__ = ["by_session"]


def by_session(spans: Iterable[Span]) -> dict[str, list[Span]]:
    """Spans a session, sessions in order of first appearance.

    A span belongs to the session that its outermost ancestor with an id names, else to the one most spans
    of its trace name, else the trace itself is the session, unless it carries evidence of another's.
    """
    traces: dict[str, list[Span]] = {}
    for span in spans:
        traces.setdefault(span.trace_id, []).append(span)
    sessions: dict[str, list[Span]] = {}
    for trace_id, members in traces.items():
        named = Counter(span.session_id for span in members if span.session_id)
        fallback = named.most_common(1)[0][0] if named else trace_id
        by_id = {span.span_id: span for span in members}
        for span in members:
            session_id = _outermost(span, by_id) if len(named) > 1 else fallback
            owner = session_id or fallback
            sessions.setdefault(owner, []).append(span)
    return joined(sessions)


def _outermost(span: Span, by_id: dict[str, Span]) -> str | None:
    seen: set[str] = set()
    found: str | None = None
    node: Span | None = span
    while node is not None and node.span_id not in seen:
        found = node.session_id or found
        seen.add(node.span_id)
        node = by_id.get(node.parent_id) if node.parent_id else None
    return found
