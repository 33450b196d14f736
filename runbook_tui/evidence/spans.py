"""What the span browser reads: windows of rows by position, flags, search hits, one payload at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Final

import msgspec

from runbook_tui.evidence.payloads import payload_of, payload_size, search_payloads, shortened_payload
from runbook_tui.evidence.store import Store
from runbook_tui.trace import TOLD, Span

__all__ = ["FlagRow", "SpanRow", "SpanTable"]

_COLUMNS: Final = (
    "position, parent, depth, last, span_id, kind, name, label, agent, tool, step, start_ns, end_ns, status,"
    " input_tokens, output_tokens, cost_usd, orphan"
)


class SpanRow(msgspec.Struct, frozen=True):
    """One row of the browser."""

    position: int
    parent: int
    depth: int
    last: int
    span_id: str
    kind: str
    name: str
    label: str
    """What to show of it: the tool, what an LLM call asked for or said, else its name."""
    agent: str | None
    tool: str | None
    step: int | None
    start_ns: int | None
    end_ns: int | None
    status: str
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    orphan: int

    @property
    def has_children(self) -> bool:
        """Whether anything is below it."""
        return self.last > self.position

    @property
    def duration_ms(self) -> float | None:
        """Milliseconds, None when a time is missing or they are reversed."""
        if self.start_ns is None or self.end_ns is None or self.end_ns < self.start_ns:
            return None
        return (self.end_ns - self.start_ns) / 1e6


class FlagRow(msgspec.Struct, frozen=True):
    """A flag and the row it is on."""

    position: int
    step: int | None
    span_id: str
    flag: str
    severity: str
    detail: str
    source: str


class SpanTable:
    """The spans of one session, by position."""

    def __init__(self, store: Store, session_id: str) -> None:
        self._db: sqlite3.Connection = store.connection
        row = self._db.execute(
            "select sid, spans, revision from session where id = ?", (session_id,)
        ).fetchone()
        self._sid: int = row["sid"] if row else -1
        self.count: int = row["spans"] if row else 0
        """Rows in all, folded or not."""
        self.revision: tuple[int, int] = (self._sid, row["revision"] if row else 0)
        """Another one whenever the spans of the session are written anew."""

    def window(self, first: int, last: int) -> list[SpanRow]:
        """Rows `first` to `last`, both included."""
        rows = self._db.execute(
            f"select {_COLUMNS} from span where sid = ? and position between ? and ? order by position",
            (self._sid, first, last),
        )
        return [SpanRow(*row) for row in rows]

    def row(self, position: int) -> SpanRow | None:
        """One row."""
        found = self.window(position, position)
        return found[0] if found else None

    def payload(self, position: int) -> Span | None:
        """The whole span, decoded now."""
        return payload_of(self._db, self._sid, position)

    def payload_size(self, position: int) -> int:
        """Bytes of the whole span as it is stored."""
        return payload_size(self._db, self._sid, position)

    def shortened(self, position: int, limit: int) -> Span | None:
        """The span with its long texts cut, each saying how long it is; quick at any size."""
        return shortened_payload(self._db, self._sid, position, limit)

    def flags(self) -> list[FlagRow]:
        """All flags in tree order."""
        rows = self._db.execute(
            "select position, step, span_id, flag, severity, detail, source from flag where sid = ?"
            " order by position, flag",
            (self._sid,),
        )
        return [FlagRow(*row) for row in rows]

    def repeats(self, least: int) -> dict[int, int]:
        """Runs of at least `least` alike leaves side by side, none flagged or failed: first row to last row."""
        flagged = {flag.position for flag in self.flags()}
        leaves = self._db.cursor()
        leaves.row_factory = None  # plain tuples: a session has a hundred thousand
        leaves.execute(
            "select position, parent, kind, label from span where sid = ? and last = position and status <> 'error'"
            " order by position",
            (self._sid,),
        )
        found: dict[int, int] = {}
        first = before = -2
        parent = kind = label = None
        for position, its_parent, its_kind, its_label in leaves:
            alike = its_label == label and its_parent == parent and its_kind == kind
            if alike and position == before + 1 and position not in flagged:
                if position - first + 1 >= least:
                    found[first] = position
            else:
                first, parent, kind = position, its_parent, its_kind
                label = its_label if position not in flagged else None
            before = position
        return found

    def parents(self, depth: int | None = None) -> dict[int, int]:
        """The rows that have others below them, of one depth or of all but 0, each with its last descendant."""
        where, values = ("depth = ?", (depth,)) if depth is not None else ("depth > 0", ())
        rows = self._db.execute(
            f"select position, last from span where sid = ? and last > position and {where}",
            (self._sid, *values),
        )
        return dict(row[:2] for row in rows)

    def sibling(self, row: SpanRow, by: int) -> int | None:
        """Position of the next or previous row with the same parent; None where there is none."""
        if by > 0:
            found = self.row(row.last + 1)
            return found.position if found is not None and found.parent == row.parent else None
        before = self.row(row.position - 1)
        while before is not None and before.position > row.parent and before.parent != row.parent:
            before = self.row(before.parent)
        return before.position if before is not None and before.parent == row.parent else None

    def wrappers(self) -> list[int]:
        """Positions of the rows that do nothing but hold one other of their own name: framework plumbing."""
        rows = self._db.execute(
            "select outer.position from span as outer join span as inner"
            " on inner.sid = outer.sid and inner.position = outer.position + 1 and inner.last = outer.last"
            " where outer.sid = ? and outer.step is null and outer.status <> 'error' and inner.name = outer.name",
            (self._sid,),
        )
        flagged = {flag.position for flag in self.flags()}
        return [position for (position,) in rows if position not in flagged]

    def row_of_span(self, span_id: str) -> SpanRow | None:
        """The row of that span, whole."""
        position = self.position_of_span(span_id)
        return None if position is None else self.row(position)

    def causal_place(self, span_id: str) -> tuple[int, int]:
        """What sorts spans as their steps are numbered, and those of one number by their start."""
        row = self.row_of_span(span_id)
        return (-1, 0) if row is None else (row.step or 0, row.start_ns or 0)

    def last_step(self) -> int:
        """The highest step number; 0 where there is no step."""
        return self._one("select max(step) from span where sid = ? and position >= ?", 0) or 0

    def longest_step_ms(self) -> float:
        """Milliseconds of the longest step; 0 where none has both times."""
        found = self._db.execute(
            "select max(end_ns - start_ns) from span where sid = ? and step is not null", (self._sid,)
        ).fetchone()
        return max(found[0] or 0, 0) / 1e6

    def first_agent(self) -> str | None:
        """The agent of the first span that has one."""
        found = self._db.execute(
            "select agent from span where sid = ? and agent is not null order by position limit 1",
            (self._sid,),
        ).fetchone()
        return None if found is None else str(found["agent"])

    def position_of_step(self, number: int) -> int | None:
        """The first row shown with that step number."""
        return self._one("select min(position) from span where sid = ? and step = ?", number)

    def position_of_span(self, span_id: str) -> int | None:
        """The row of that span; of a call that only a message told of, that of its record where it came since."""
        found = self._one("select min(position) from span where sid = ? and span_id = ?", span_id)
        asking, told, number = span_id.rpartition(TOLD)
        return self._recorded(asking, number) if found is None and told and number.isdecimal() else found

    def _recorded(self, asking: str, number: str) -> int | None:
        """The row of a call that is a span by now, else of the model call that asked for it."""
        asker = self.position_of_span(asking)
        span = None if asker is None else self.payload(asker)
        calls = span.requested_calls if span is not None else ()
        if not 0 < int(number) <= len(calls):
            return asker
        call = calls[int(number) - 1]
        rows = self._db.execute(
            "select position from span where sid = ? and tool = ? and step is not null order by position",
            (self._sid, call.name),
        )
        for (position,) in rows:
            made = self.payload(position)
            if made is not None and made.tool is not None and made.tool.call_id == call.call_id:
                return int(position)
        return asker

    def search(self, text: str) -> list[int]:
        """Positions of the spans whose names, attributes, messages, arguments or results contain `text`."""
        return sorted(search_payloads(self._db, self._sid, text))

    def hits(self, text: str, start: int = 0) -> Iterator[int]:
        """`search`, each position as it is found, from `start` on and then from the top.

        Raises:
            re.error: `/text/` is no regular expression.
        """
        return search_payloads(self._db, self._sid, text, start)

    def _one(self, query: str, value: int | str) -> int | None:
        row = self._db.execute(query, (self._sid, value)).fetchone()
        return None if row is None or row[0] is None else int(row[0])
