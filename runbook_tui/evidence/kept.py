"""A stored session that is gone through where it lies, a span in memory at a time."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from runbook_tui.evidence.payloads import payload_of, payload_range, payloads_of
from runbook_tui.evidence.sessions import defects_of
from runbook_tui.evidence.store import Store
from runbook_tui.trace import LazyTrace, Outliner, Span, lay_out, lazily, parents_of
from runbook_tui.trace.layout import Layout

__all__ = ["Looked", "StoredLayout", "lazy_session", "stored_layout"]

Looked = Callable[[int, int], None]
"""Told now and then at which span of how many somebody looks; what it raises ends the looking."""

_TOLD_EVERY: Final = 2_000
_AT_ONCE: Final = 20_000
"""Spans that SQLite looks through between two tellings."""


class StoredLayout(msgspec.Struct, frozen=True):
    """The places of a stored session, read once: some 30 bytes a span."""

    session_id: str
    format: str
    layout: Layout


def stored_layout(
    store: Store, session_id: str, looked: Looked = lambda _at, _all: None
) -> StoredLayout | None:
    """Where the spans of a stored session stand; None when there is none of that id."""
    head = store.connection.execute(
        "select sid, spans, format, defects from session where id = ?", (session_id,)
    ).fetchone()
    if head is None:
        return None
    rows = store.connection.cursor()
    rows.row_factory = None
    rows.execute(
        "select parent, depth, last, orphan, step from span where sid = ? order by position", (head["sid"],)
    )
    parent, depth, last, orphan = array("i"), array("i"), array("i"), bytearray()
    numbered: list[tuple[int, int]] = []
    for position, (above, deep, end, alone, number) in enumerate(rows):
        parent.append(above)
        depth.append(deep)
        last.append(end)
        orphan.append(alone)
        if number is not None:
            numbered.append((number, position))
        if position % _AT_ONCE == 0:
            looked(position, head["spans"])
    numbered.sort()
    if any(number != at for at, (number, _) in enumerate(numbered, 1)):
        # Recorded numbers, which steps share: their order is told by the spans alone.
        return StoredLayout(
            session_id, head["format"], _by_spans(store.connection, head["sid"], head["spans"], looked)
        )
    layout = Layout(
        order=range(len(parent)),
        parent=parent,
        depth=depth,
        last=last,
        orphan=bytes(orphan),
        steps=array("i", (position for _, position in numbered)),
        numbers=range(1, len(numbered) + 1),
        numbered=len(numbered),
        defects=defects_of(head),
        recorded=len(parent),
    )
    return StoredLayout(session_id, head["format"], layout)


def _by_spans(connection: sqlite3.Connection, sid: int, spans: int, looked: Looked) -> Layout:
    outline = Outliner().of
    outlines = []
    for at, (span, _) in enumerate(payloads_of(connection, sid)):
        outlines.append(outline(span))
        if at % _TOLD_EVERY == 0:
            looked(at, spans)
    return lay_out(outlines, parents_of(outlines), 0)


def lazy_session(store: Store, found: StoredLayout, looked: Looked = lambda _at, _all: None) -> LazyTrace:
    """The session, whose spans are read when they are looked at; valid while the store is open, in its thread."""
    return lazily(found.session_id, found.format, found.layout, _Kept(store, found, looked))


class _Kept:
    """The spans of one session in the store."""

    def __init__(self, store: Store, found: StoredLayout, looked: Looked) -> None:
        self._db = store.connection
        row = self._db.execute("select sid from session where id = ?", (found.session_id,)).fetchone()
        self._sid: int = row["sid"]
        self._count = len(found.layout.order)
        self._looked = looked
        self._times = 0
        self._latest: tuple[int, Span | None] = (-1, None)
        """What was looked at last: whoever looks at a span asks for more than one thing of it."""

    def span_at(self, position: int) -> Span:
        at, latest = self._latest
        if position == at and latest is not None:
            return latest
        self._times += 1
        if self._times % _TOLD_EVERY == 0:
            self._looked(position, self._count)
        span = payload_of(self._db, self._sid, position)
        assert span is not None
        self._latest = (position, span)
        return span

    def position_of(self, span_id: str) -> int | None:
        row = self._db.execute(
            "select min(position) from span where sid = ? and span_id = ?", (self._sid, span_id)
        ).fetchone()
        return None if row[0] is None else int(row[0])

    def holding(self, pieces: Sequence[str]) -> set[int]:
        first, _ = payload_range(self._sid)
        like = " or ".join(["cast(body as text) like ?"] * len(pieces))
        found: set[int] = set()
        for begin in range(0, self._count, _AT_ONCE):
            self._looked(begin, self._count)
            rows = self._db.execute(
                f"select id from payload where id between ? and ? and ({like})",
                (
                    first + begin,
                    first + begin + _AT_ONCE - 1,
                    *(f"%{piece.replace(' ', '%')}%" for piece in pieces),
                ),
            )
            found.update(key - first for (key,) in rows)
        return found
