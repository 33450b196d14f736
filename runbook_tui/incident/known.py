"""The stored sessions that spans just received may belong to."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Final

from runbook_tui.evidence import IncidentTable, Store, find_row, sessions_of_traces, stored_spans
from runbook_tui.trace import Span

__all__ = ["KnownSessions"]

_NEAR: Final = 2_000
"""Spans of the latest sessions among which a run without a session id is looked for."""


class KnownSessions:
    """What is stored, as far as new spans may change it.

    Args:
        store: of the calling thread.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._near: OrderedDict[str, list[Span]] = OrderedDict()

    def around(self, new: Sequence[Span], named_by_logs: Iterable[str]) -> dict[str, list[Span]]:
        """The sessions that new spans may belong to, with their spans.

        Args:
            new: the spans.
            named_by_logs: ids of the traces that log records are of.
        """
        traces = {span.trace_id for span in new} | set(named_by_logs)
        named = {span.session_id for span in new if span.session_id}
        found: dict[str, list[Span]] = {}
        if traces - {span.trace_id for span in new if span.session_id}:
            found |= self._near  # a run without a session id may go on from one of them
        return found | self.read(sessions_of_traces(self._store, traces) | named)

    def read(self, names: Iterable[str]) -> dict[str, list[Span]]:
        """The spans of those of these sessions that are stored, each as it was read."""
        return {name: [span for span, _ in stored_spans(self._store, name)] for name in self.stored(names)}

    def stored(self, names: Iterable[str]) -> list[str]:
        """Those of these sessions that are stored."""
        return [name for name in names if find_row(self._store, name) is not None]

    def has_incident(self, session_id: str) -> bool:
        """Whether an incident was opened of it."""
        return IncidentTable(self._store).has_any(session_id)

    def remember(self, name: str, spans: Sequence[Span]) -> None:
        """A session was written; the latest ones are kept at hand."""
        self._near.pop(name, None)
        if len(spans) <= _NEAR:
            self._near[name] = list(spans)
        while sum(map(len, self._near.values())) > _NEAR:
            self._near.popitem(last=False)

    def forget(self, name: str) -> None:
        """There is no such session any more."""
        self._near.pop(name, None)
