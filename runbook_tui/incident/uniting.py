"""Spans of a file and what is stored of the same runs, made one: which sessions they are is asked anew, with both.

A file may hold a part of a run: the span that names its session may be in another one.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Collection, Iterable, Iterator

import msgspec

from runbook_tui.evidence import IncidentTable, Store, find_row, sessions_of_traces, stored_spans
from runbook_tui.intake import Scan, SpanList, placed, sessions_of
from runbook_tui.trace import PlacedSession, Span, as_read, was_recorded

__all__ = ["Kin", "Union", "kin_of"]

_APART = "~"
"""In the id of a session that was kept apart from others of its id."""


class Kin(msgspec.Struct, frozen=True):
    """What belongs together of a file and the store."""

    stored: tuple[str, ...]
    """Ids of stored sessions."""
    given: frozenset[str]
    """Ids of sessions of the file, as it names them."""


def kin_of(store: Store, scan: Scan, alone: Collection[str], *, good: bool) -> Kin:
    """The sessions of a file that are part of stored ones, by id or by trace.

    Args:
        store: where to look.
        scan: the file.
        alone: ids of sessions, of the file or stored, that join no other.
        good: the file holds good runs, which join nothing but themselves.
    """
    stored: dict[str, None] = {}
    given = set()
    for session_id in scan.session_ids:
        if session_id in alone:
            continue
        found = set() if good else sessions_of_traces(store, scan.traces_of(session_id))
        found = {name for name in found if name not in alone and _APART not in name}
        if find_row(store, session_id) is not None:
            found.add(session_id)
        if found:
            given.add(session_id)
            stored |= dict.fromkeys(sorted(found))
    return Kin(tuple(stored), frozenset(given))


class Union:
    """The spans of both.

    Args:
        store: where what is stored is.
        spans: where to put them.
        stored: ids of the stored sessions.
    """

    def __init__(self, store: Store, spans: SpanList, stored: Iterable[str]) -> None:
        self._spans = spans
        self._home = array("i")
        self.stored = tuple(stored)
        incidents = IncidentTable(store)
        self.pinned = frozenset(filter(incidents.has_any, self.stored))
        """Ids of those of which an incident was opened; they stay, whatever comes."""
        self.formats: dict[str, str] = {}
        self.before: Counter[str] = Counter()
        """How many spans were read of each stored session."""
        self.now_in: dict[str, str] = {}
        """Id of each session, as the file or the store had it, to the one that most of it is in now."""
        self.spread: dict[str, frozenset[str]] = {}
        """Id of each session, as the store had it, to all that hold any of it now."""
        self.brought: set[str] = set()
        """Ids of all that hold any of what the file brought."""
        self.given: list[str] = []
        """Ids of the sessions of the file, as it names them."""
        self._begin: dict[str, range] = {}
        self._brought: dict[str, range] = {}
        self._links: dict[int, tuple[str, ...]] = {}
        """Ids of the spans that a span links to, for those that do."""
        for number, name in enumerate(self.stored):
            row = find_row(store, name)
            self.formats[name] = row.format if row is not None else ""
            begin = len(spans)
            for span, size in stored_spans(store, name):
                self._put(span, size)
                self._home.append(number)
            self._begin[name] = range(begin, len(spans))
            self.before[name] = len(self._begin[name])

    def add(self, session: PlacedSession, size: int) -> None:
        """Take a session of the file in; what was inferred of it alone is inferred anew."""
        self.given.append(session.id)
        begin = len(self._spans)
        for span in session:
            if was_recorded(span):
                self._put(as_read(span), size)
        self._brought[session.id] = range(begin, len(self._spans))
        self._begin.setdefault(session.id, self._brought[session.id])
        self.formats.setdefault(session.id, session.format)

    def _put(self, span: Span, size: int) -> None:
        if span.links:
            self._links[len(self._spans)] = span.links
        self._spans.append(span, size)

    def sessions(self) -> Iterator[tuple[PlacedSession, set[str], set[str]]]:
        """Each session there is now, the traces it has, and ids of the spans it links to."""
        groups = self._pinned(sessions_of(self._spans))
        at = {index: name for name, members in groups.items() for index in members}
        for name, indices in self._begin.items():
            counted = Counter(at[index] for index in indices)
            self.now_in[name] = max(counted, key=lambda other: (counted[other], other), default=name)
            if name in self.before:
                self.spread[name] = frozenset(counted)
        self.brought = {at[index] for indices in self._brought.values() for index in indices}
        outlines = self._spans.outlines
        forms = self._forms()
        default = next(iter(self.formats.values()))
        for name, members in groups.items():
            traces = {outlines[index].trace_id for index in members}
            linked = {link for index in members for link in self._links.get(index, ())}
            yield placed(name, forms.get(name, default), self._spans, members), traces, linked

    def _forms(self) -> dict[str, str]:
        """The form of each session there is now: that of the first one that is in it."""
        forms: dict[str, str] = {}
        for was, form in self.formats.items():
            forms.setdefault(was, form)
            forms.setdefault(self.now_in.get(was, was), form)
        return forms

    def _pinned(self, groups: dict[str, array[int]]) -> dict[str, array[int]]:
        """The groups; one that holds most of a session of which an incident was opened keeps its name."""
        for name in sorted(self.pinned - groups.keys()):
            number = self.stored.index(name)
            counted = Counter(
                other
                for other, members in groups.items()
                for index in members
                if index < len(self._home) and self._home[index] == number
            )
            heir = next((other for other, _ in counted.most_common() if other not in self.pinned), None)
            if heir is not None:
                groups[name] = groups.pop(heir)
        return groups
