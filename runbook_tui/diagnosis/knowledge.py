"""What a session knew and when: the ids and numbers of prompts, definitions and results, each with its first step.

A model's own words ground nothing, nor does the result of a call that ran an agent: that is a model's word too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import islice
from typing import Any, Final

from runbook_tui.diagnosis.arithmetic import as_number, follows, totals
from runbook_tui.diagnosis.known import entities, numbers, shape
from runbook_tui.diagnosis.number_words import worded_numbers
from runbook_tui.diagnosis.presence import delegated_calls
from runbook_tui.diagnosis.text_tables import rows_of
from runbook_tui.trace import Message, SessionTrace, ToolCall
from runbook_tui.trace.jsontext import decode

__all__ = ["Knowledge"]

_NEVER: Final = 1 << 62
_PERCENT: Final = re.compile(
    r"(?i)(\d{1,3}(?:[.,]\d{1,4})?)\s?(?:%|percent|per cent)"
    r"|(?:pct|percent|rate|tax|vat|discount)\w{0,20}\W{1,4}(\d{1,3}(?:\.\d{1,4})?)\b"
)
_MAY_ADD_UP: Final = re.compile(r"[\[{\n]")
_BEGINNING: Final = 500
_SHORT: Final = 4_000
_FIELDS: Final = 12
_MOST_CALLS: Final = 100
"""Fields and calls over which sums are made."""
_POOL: Final = 200
"""Of more known numbers nearly any other is a sum or a product."""


class Knowledge:
    """Made once a session; asking is a lookup. `at` is the index of the step that asks: what it was given counts."""

    def __init__(self, session: SessionTrace) -> None:
        self._entities: dict[str, int] = {}
        self._shapes: dict[str, int] = {}
        self._numbers: dict[Decimal, int] = {}
        self._read: list[tuple[int, str]] = []
        self._percents: dict[Decimal, int] | None = None
        self._tables: list[tuple[int, ToolCall]] = []
        self._series: dict[tuple[str, str], dict[str | None, Decimal]] = {}
        self._sums: dict[Decimal, int] = {}
        self._summed = 0
        self._asked: dict[str, int] = {}
        self._in_words: dict[Decimal, int] | None = None
        self._at_hand: tuple[int, tuple[Decimal, ...], frozenset[Decimal], frozenset[Decimal]] | None = None
        self._taken: set[str] = set()
        self._texts: set[int] = set()
        delegated = delegated_calls(session)
        for span in session.spans:
            if span.kind in ("agent", "other"):
                told = (message for message in span.input_messages if message.role in ("system", "user"))
                self._add_messages(0, told, frozenset())
        for step in session.steps:
            span = step.span
            if step.kind in ("user", "llm"):
                self._add_messages(step.index, span.input_messages, delegated)
            if span.tool is not None and span.tool.call_id not in delegated:
                for text in (span.tool.result, *(span.tool.output_fields or ())):
                    self._add_text(step.index + 1, text)
                if span.tool.result and len(span.tool.result) <= _SHORT:
                    self._asked.setdefault(span.tool.result, step.index + 1)
                if span.tool.result and _MAY_ADD_UP.search(span.tool.result[:_BEGINNING]):
                    self._tables.append((step.index + 1, span.tool))

    def _add_messages(self, at: int, messages: Iterable[Message], but_not: frozenset[str | None]) -> None:
        """Take in what a model was shown, but not its own earlier words, nor the results of these calls."""
        for message in messages:
            for part in message.parts:
                if part.type == "tool_result" and part.call_id in but_not:
                    continue
                if message.role != "assistant" or part.type == "tool_result":
                    self._add_text(at, part.text)
                if message.role == "user" and part.type == "text":
                    self._asked.setdefault(part.text, at)

    def _add_text(self, at: int, text: str | None) -> None:
        """Take in a text; the same text again costs a hash."""
        if not text or hash(text) in self._texts:
            return
        self._texts.add(hash(text))
        for entity in entities(text):
            if entity not in self._taken:
                self._taken.add(entity)
                self._entities.setdefault(entity.lower(), at)
                self._shapes.setdefault(shape(entity), at)
        self._read.append((at, text))
        for number in numbers(text):
            if number not in self._numbers:
                self._numbers[number] = at

    def has_entity(self, entity: str, at: int) -> bool:
        """Whether the id was known, in any case."""
        return self._entities.get(entity.lower(), _NEVER) <= at

    def has_shape(self, entity: str, at: int) -> bool:
        """Whether an id of this format was known."""
        return self._shapes.get(shape(entity), _NEVER) <= at

    def has_numbers(self, at: int) -> bool:
        """Whether any number was known."""
        return next(iter(self._numbers.values()), _NEVER) <= at

    def has_number(self, number: Decimal, at: int, *, in_cents: bool = False) -> bool:
        """Whether the number was known as it is, or in cents; with `in_cents`, whether it is the cents of one."""
        forms = [number, (number * 100).normalize()]
        if in_cents:
            forms.append((number / 100).normalize())
        return any(self._numbers.get(form, _NEVER) <= at for form in forms)

    def derives(self, number: Decimal, at: int, beside: frozenset[Decimal] = frozenset()) -> bool:
        """Whether the number follows from known ones, and from those `beside`; of very many any number does."""
        if self._at_hand is None or self._at_hand[0] != at:
            self._at_hand = (at, *self._gathered(at))
        _, pool, sums, percents = self._at_hand
        if len(pool) + len(sums) + len(beside) > _POOL:
            return True
        return number in sums or follows(
            number,
            (*beside, *pool, *sums),
            lambda item: item in beside or item in sums or self._knows(item, at),
            percents,
        )

    def _gathered(self, at: int) -> tuple[tuple[Decimal, ...], frozenset[Decimal], frozenset[Decimal]]:
        """(numbers, sums and numbers in words, percentages) known to a step; of too many numbers nothing else is read."""
        pool: list[Decimal] = []
        for item, since in self._numbers.items():  # in the order in which they came to be known
            if since > at:
                break
            pool.append(item)
            if len(pool) > _POOL:
                return tuple(pool), frozenset(), frozenset()
        sums = {total for total, since in self._sums_by(at).items() if since <= at}
        if len(pool) + len(sums) <= _POOL:
            sums |= {item for item, since in self._known_in_words().items() if since <= at}
        percents = frozenset(item for item, since in self._known_percents().items() if since <= at)
        return tuple(pool), frozenset(sums), percents

    def _known_in_words(self) -> dict[Decimal, int]:
        if self._in_words is None:
            self._in_words = {}
            for text, at in self._asked.items():
                for number in worded_numbers(text):
                    self._in_words.setdefault(number, at)
        return self._in_words

    def numbers_by(self, at: int) -> tuple[Decimal, ...]:
        """The numbers known to a step, as many as arithmetic is tried with."""
        return tuple(item for item, since in islice(self._numbers.items(), _POOL) if since <= at)

    def _known_percents(self) -> dict[Decimal, int]:
        if self._percents is None:
            self._percents = {}
            for at, text in self._read:
                for match in _PERCENT.finditer(text):
                    found = Decimal((match[1] or match[2]).replace(",", ".")).normalize()
                    self._percents.setdefault(found, at)
        return self._percents

    def _sums_by(self, at: int) -> dict[Decimal, int]:
        """The sums of the tables returned by then, and from when each is known; each table is summed up once."""
        while self._summed < len(self._tables) and self._tables[self._summed][0] <= at:
            since, tool = self._tables[self._summed]
            self._summed += 1
            value = decode(tool.result)
            table = value if isinstance(value, dict | list) else rows_of(tool.result)
            for total in (*totals(table), *self._totals_so_far(tool, value)):
                self._sums.setdefault(total, since)
        return self._sums

    def _totals_so_far(self, tool: ToolCall, value: Any) -> Iterator[Decimal]:
        """The sums of each number that a tool returns, over the calls it answered: the folders of box after box."""
        for name, item in list(value.items())[:_FIELDS] if isinstance(value, dict) else ():
            number = as_number(item)
            if number is not None:
                series = self._series.setdefault((tool.name, name), {})
                series[tool.arguments] = number
                if 1 < len(series) <= _MOST_CALLS:
                    yield sum(series.values(), Decimal(0)).normalize()

    def _knows(self, number: Decimal, at: int) -> bool:
        return self._numbers.get(number, _NEVER) <= at
