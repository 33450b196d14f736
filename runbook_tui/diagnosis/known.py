"""What a session has seen so far: its ids and numbers, whichever way they were written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Final, NamedTuple

from runbook_tui.trace import Message, Span

__all__ = ["Known", "entities", "numbers", "shape", "tokens"]

_ENTITY: Final = re.compile(
    r"(?<![\w.@/-])(?:"
    r"[A-Za-z]{1,12}[-_#]?[A-Za-z]{0,8}[-_]?\d[\w-]{0,40}"  # PO-7781, inv_20391, C771, POL-AML-12
    r"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r")(?![\w@])"
)
_NUMBER: Final = re.compile(
    r"(?<![\w.,-])[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\w])|(?<![\w.-])[-+]?\d+(?:\.\d+)?(?![\w-])"
)
_WORD: Final = re.compile(r"[A-Za-z][a-z]{3,}")
_NOT_IDS: Final = re.compile(
    r"(?i)^(?:utf-?8|iso-?\d+|sha-?\d+|md5|base64|gpt-?.*|claude-?.*|gemini-?.*|o\d|h\d|q[1-4]|v\d+|step[-_ ]?\d+|"
    r"python\d?|http\d?|ipv\d|mp\d|covid-?19|section\d+|[a-z]+_?\d{1,2}(?:st|nd|rd|th)?)$"
)
_EUROPEAN: Final = re.compile(r"(?<![\w.,])\d{1,3}(?:\.\d{3})+(?:,\d{1,2})?(?![\w.])")
_ROUND: Final = frozenset(map(Decimal, (0, 1, 10, 100, 1000)))
"""Factors that explain nothing: a slip of the decimal point is what is looked for."""
_MAX_TEXT: Final = 400_000
_QUOTING: Final = '"{}[]()'
"""What stands around words in JSON and prose; an id or a number has none of it inside."""
_ENDING: Final = ",.:;!?"


class _Taken(NamedTuple):
    """What a text holds, taken out of it once: rules look at the same texts again and again."""

    entities: tuple[str, ...]
    numbers: tuple[Decimal, ...]


def entities(text: str) -> tuple[str, ...]:
    """The entity ids in a text: letters and digits joined as ids are, UUIDs included."""
    return _taken_from(text).entities


def numbers(text: str) -> tuple[Decimal, ...]:
    """The numbers in a text, separators of both kinds read; digits inside ids and dates are left out."""
    return _taken_from(text).numbers


def _taken_from(text: str) -> _Taken:
    key = hash(text)
    found = _TAKEN.get(key)
    if found is None:
        if len(_TAKEN) >= _MOST_TAKEN:
            _TAKEN.clear()
        dense = _with_digits(text)
        found = _Taken(tuple(_entities(dense)), tuple(_numbers(dense))) if dense else _NOTHING
        _TAKEN[key] = found
    return found


def _entities(dense: str) -> Iterator[str]:
    for match in _ENTITY.finditer(dense):
        token = match[0].rstrip("-_")
        if sum(char.isdigit() for char in token) >= 1 and not _NOT_IDS.match(token):
            yield token


def _numbers(dense: str) -> Iterator[Decimal]:
    for match in _NUMBER.finditer(dense):
        try:
            yield Decimal(match[0].replace(",", "")).normalize()
        except InvalidOperation:  # pragma: no cover - the pattern admits numbers only
            continue
    for match in _EUROPEAN.finditer(dense):
        yield Decimal(match[0].replace(".", "").replace(",", ".")).normalize()


_NOTHING: Final = _Taken((), ())
_TAKEN: Final[dict[int, _Taken]] = {}
_MOST_TAKEN: Final = 200_000


def _with_digits(text: str) -> str:
    """The words of a text that are not letters alone: neither ids nor numbers are lost, and most text is."""
    dense = text[:_MAX_TEXT]
    for mark in _QUOTING:
        dense = dense.replace(mark, " ")
    return " ".join(
        [word for word in dense.split() if not (word.isalpha() or word.rstrip(_ENDING).isalpha())]
    )


def shape(entity: str) -> str:
    """The format of an id: its letters, each run of digits as one `9`."""
    return re.sub(r"\d+", "9", entity)


def tokens(text: str) -> Iterator[str]:
    """The content words of a text, lower-case, of four letters or more."""
    for match in _WORD.finditer(text[:_MAX_TEXT]):
        yield match[0].lower()


class Known:
    """The ids and numbers seen so far. Grows with the session; asking is a set lookup."""

    def __init__(self) -> None:
        self.entities: set[str] = set()
        self.shapes: set[str] = set()
        self.numbers: set[Decimal] = set()
        self._seen_texts: set[int] = set()

    def add_text(self, text: str | None) -> None:
        """Take in a text; the same text again costs a hash."""
        if not text or hash(text) in self._seen_texts:
            return
        self._seen_texts.add(hash(text))
        for entity in entities(text):
            self.entities.add(entity.lower())
            self.shapes.add(shape(entity))
        self.numbers.update(numbers(text))

    def add_messages(self, messages: Iterable[Message], but_not: frozenset[str | None] = frozenset()) -> None:
        """Take in what a model was shown, but not its own earlier words, nor the results of these calls."""
        for message in messages:
            for part in message.parts:
                if part.type == "tool_result" and part.call_id in but_not:
                    continue
                if message.role != "assistant" or part.type == "tool_result":
                    self.add_text(part.text)

    def add_prompts(self, messages: Iterable[Message]) -> None:
        """Take in the system and user messages only."""
        self.add_messages(message for message in messages if message.role in ("system", "user"))

    def add_span(self, span: Span) -> None:
        """Take in what a finished step brought back from the world."""
        if span.tool is not None:
            self.add_text(span.tool.result)
            for name in span.tool.output_fields or ():
                self.add_text(name)

    def has_number(self, number: Decimal, *, in_cents: bool = False) -> bool:
        """Whether the number was seen as it is, or in cents; with `in_cents`, whether it is the cents of one."""
        forms = [number, (number * 100).normalize()]
        if in_cents:
            forms.append((number / 100).normalize())
        return any(form in self.numbers for form in forms)

    def derives(self, number: Decimal) -> bool:
        """Whether the number is a sum, difference or product of two that were seen."""
        pool = [item for item in self.numbers if item not in _ROUND]
        if len(pool) > 200:
            return True
        seen = self.numbers
        return any(
            (number - item).normalize() in seen
            or (number + item).normalize() in seen
            or ((number / item).normalize() in seen and number / item not in _ROUND)
            for item in pool
        )
