"""A value, followed through a session: the step that first states it, and every step that carries it.

A value is the same in another notation: a number with other separators, beside a currency or a unit, as text or in
JSON; a date written another way; a word in another case. A hundredfold integer may be the same amount in cents: that is
offered apart, never assumed. A common number (see `ties`) is the same only under the same key or before the same word,
or where both are amounts of money: 50 of one thing is not 50 of another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final, Literal

import msgspec

from runbook_tui.diagnosis.presence import Where, presences
from runbook_tui.diagnosis.ties import is_common, is_money, key_before, unit_after
from runbook_tui.trace import SessionTrace

__all__ = ["Follow", "Sighting", "Via", "first_sightings", "follow"]

Via = Literal["same", "number", "date", "case", "cents"]

_FROM_OUTSIDE: Final = ("prompt", "user", "result")
_LONGEST: Final = 400
_NUMBER: Final = re.compile(r"(?<![\w.,])[-+]?\d+(?:[.,'\u00a0\u202f ]\d{3})*(?:[.,]\d+)?(?![\w]|[.,]\d)")
_WITH_UNIT: Final = re.compile(
    r"(?i)(?:[a-z]{1,4}\s+|[^\w\s+-]{1,3}\s*)?"
    r"([-+]?\d[\d.,'\u00a0\u202f ]*)"
    r"(?:\s+[a-z]{1,20}|\s*[^\w\s]{1,3}|(?:ms|min|[shgmk]|[ck]m|mm|kg|[kmgt]b|usd|eur|gbp|px))?"
)
_UNDER_KEY: Final = re.compile(r"[\"']?([A-Za-z_]\w*)[\"']?\s*[:=]\s*[\"']?([-+]?\d[\d.,]*)[\"']?")
_ISO: Final = re.compile(r"(?<!\d)(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_SLASHED: Final = re.compile(r"(?<![\d/.-])(\d{1,2})[/.](\d{1,2})[/.](\d{4})(?!\d)")
_NAMED: Final = re.compile(
    r"(?i)(?:(?P<day>\d{1,2})(?:st|nd|rd|th)?\.?\s+)?(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
    r"(?:\s+(?P<late>\d{1,2})(?:st|nd|rd|th)?)?,?\s+(?P<year>\d{4})"
)
_MONTHS: Final = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_ASCII: Final = re.compile(r"[a-z0-9]+")
_ESCAPE: Final = re.compile(r"\\u([0-9a-fA-F]{4})")


class Sighting(msgspec.Struct, frozen=True):
    """A place where the value stands."""

    step: int
    span_id: str
    where: Where
    written: str
    """As it is written there."""
    via: Via

    @property
    def is_outside(self) -> bool:
        """Whether it stands in what the agent was given: a prompt, a user's turn or a result."""
        return self.where in _FROM_OUTSIDE


class Follow(msgspec.Struct, frozen=True):
    """A value's way through a session."""

    value: str
    first: Sighting | None
    """None where no step has it."""
    sightings: tuple[Sighting, ...]
    """In the order in which they came to be, the first one included; a step once a place."""
    from_nowhere: bool
    """A model states it before any prompt, user or result does."""
    in_cents: tuple[Sighting, ...] = ()
    """Where a hundredth or the hundredfold of it stands: perhaps the same amount."""


def follow(session: SessionTrace, value: str) -> Follow:
    """Where `value` comes from and where it goes.

    Args:
        session: the session.
        value: as written anywhere in it; of more than 400 characters the beginning counts. A number may have its
            key before it (`"quantity": 50`) or its unit behind it (`50 units`), as `values_in` points at it.
    """
    wanted = _Wanted(value.strip()[:_LONGEST])
    seen: list[Sighting] = []
    cents: list[Sighting] = []
    among = session.holding(wanted.pieces) if wanted.pieces else None
    for step, where, text in presences(session, among) if wanted.folded else ():
        found = wanted.found_in(text)
        if found is not None:
            written, via = found
            (cents if via == "cents" else seen).append(
                Sighting(step.number, step.span.span_id, where, written, via)
            )
    first = seen[0] if seen else None
    nowhere = first is not None and not first.is_outside
    return Follow(value, first, tuple(seen), nowhere, tuple(cents))


def first_sightings(session: SessionTrace, values: Sequence[str]) -> dict[str, Sighting]:
    """Where each value first stands, as `follow` finds it, in one pass; values that no step has are left out."""
    wanted = {value: _Wanted(value) for value in values}
    found: dict[str, Sighting] = {}
    for step, where, text in presences(session) if wanted else ():
        for value, notations in list(wanted.items()):
            if (at := notations.found_in(text)) is not None and at[1] != "cents":
                found[value] = Sighting(step.number, step.span.span_id, where, *at)
                del wanted[value]
        if not wanted:
            break
    return found


class _Wanted:
    """A value in all its notations."""

    def __init__(self, value: str) -> None:
        self.value = value
        self.folded = _folded(value)
        self.date = next((day for day, _ in _dates(value)), None) if len(value) <= 40 else None
        keyed = _UNDER_KEY.fullmatch(value) if self.date is None else None
        alone = _WITH_UNIT.fullmatch(value) if self.date is None and keyed is None else None
        at = keyed.span(2) if keyed else alone.span(1) if alone else None
        self.number = _number(value[slice(*at)]) if at else None
        self.hundred = [] if self.number is None else _cents(self.number)
        if at is None or self.number is None or not is_common(self.number):
            self.counts: frozenset[str] | None = None
            self.is_money = False
            return
        end = at[0] + len(value[slice(*at)].rstrip(" "))
        self.counts = _counted_at(value, at[0], end)
        self.is_money = is_money(value, at[0], end)

    @property
    def pieces(self) -> list[str]:
        """Of which one is in whatever has the value in any notation, see `SessionTrace.holding`; [] where none need be."""
        if self.date is not None:
            return [str(self.date.year)]
        if self.number is not None:
            return [_tail(number) for number in (self.number, *self.hundred)]
        words = " ".join(_ASCII.findall(self.folded))
        return [words] if words else []

    def found_in(self, text: str) -> tuple[str, Via] | None:
        """How the value is written in the text, and by which notation it was known; the plainest first."""
        if not text:
            return None
        if self.date is not None:
            at = next((written for day, written in _dates(text) if day == self.date), None)
            return (at, "same" if at == self.value else "date") if at else None
        if self.number is not None:
            return self._as_number(text)
        return self._as_text(text)

    def _as_text(self, text: str) -> tuple[str, Via] | None:
        plain = text if "\\" not in text else _unescaped(text)
        for hay, needle, via in ((plain, self.value, "same"), (_folded(plain), self.folded, "case")):
            at = hay.find(needle)
            while at >= 0:
                if _stands_alone(hay, at, at + len(needle)):
                    return hay[at : at + len(needle)], "same" if via == "same" else "case"
                at = hay.find(needle, at + 1)
        return None

    def _as_number(self, text: str) -> tuple[str, Via] | None:
        if not any(_tail(number) in text for number in (self.number, *self.hundred) if number is not None):
            return None
        maybe: str | None = None
        for match in _NUMBER.finditer(text):
            found = _number(match[0])
            if found == self.number and self._is_meant(text, *match.span()):
                return match[0], "same" if match[0] in self.value else "number"
            if maybe is None and found in self.hundred and self._is_meant(text, *match.span()):
                maybe = match[0]
        return (maybe, "cents") if maybe else None

    def _is_meant(self, text: str, start: int, end: int) -> bool:
        """Whether a number stands for the same thing; of a telling one that is certain enough."""
        if self.counts is None or not (self.counts or self.is_money):
            return True
        return bool(self.counts & _counted_at(text, start, end)) or (
            self.is_money and is_money(text, start, end)
        )


def _counted_at(text: str, start: int, end: int) -> frozenset[str]:
    """The key before a number and the word behind it."""
    return frozenset(found[1] for found in (key_before(text, start), unit_after(text, end)) if found)


def _tail(number: Decimal) -> str:
    """Digits that stand together in every notation of a number: the last three before its point."""
    return str(abs(int(number)))[-3:]


def _cents(number: Decimal) -> list[Decimal]:
    hundredfold = number * 100
    found = [hundredfold.normalize()] if hundredfold == hundredfold.to_integral_value() else []
    return [*found, (number / 100).normalize()] if number and abs(number) >= 1 else []


def _number(text: str) -> Decimal | None:
    """A number in any notation: of two separators the last is the point; one before three digits groups."""
    digits = re.sub(r"['\u00a0\u202f ]", "", text.strip())
    comma, point = digits.rfind(","), digits.rfind(".")
    if comma >= 0 and point >= 0:
        digits = digits.replace(",", "") if point > comma else digits.replace(".", "").replace(",", ".")
    elif comma >= 0:
        grouped = re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+", digits)
        digits = digits.replace(",", "") if grouped else digits.replace(",", ".")
    elif digits.count(".") > 1:
        digits = digits.replace(".", "")
    try:
        return Decimal(digits.rstrip(".")).normalize()
    except InvalidOperation:
        return None


def _dates(text: str) -> Iterator[tuple[date, str]]:
    for match in _ISO.finditer(text):
        yield from _dated(match[0], int(match[1]), int(match[2]), int(match[3]))
    for match in _SLASHED.finditer(text):
        one, two, year = int(match[1]), int(match[2]), int(match[3])
        yield from _dated(match[0], year, one, two)
        yield from _dated(match[0], year, two, one)
    for match in _NAMED.finditer(text):
        day = match["day"] or match["late"]
        if day:
            yield from _dated(
                match[0], int(match["year"]), _MONTHS.index(match["month"].lower()) + 1, int(day)
            )


def _dated(written: str, year: int, month: int, day: int) -> Iterator[tuple[date, str]]:
    try:
        yield date(year, month, day), written
    except ValueError:
        return


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _unescaped(text: str) -> str:
    text = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    return (
        text.replace("\\n", "\n")
        .replace("\\t", "\t")
        .replace('\\"', '"')
        .replace("\\/", "/")
        .replace("\\\\", "\\")
    )


def _stands_alone(text: str, start: int, end: int) -> bool:
    before, after = text[start - 1 : start], text[end : end + 1]
    joined_before = before.isalnum() and text[start].isalnum()
    joined_after = after.isalnum() and text[end - 1].isalnum()
    return not joined_before and not joined_after
