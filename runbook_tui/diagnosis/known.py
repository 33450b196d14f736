"""The ids and numbers in a text, whichever way they are written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Final, NamedTuple

__all__ = ["entities", "numbers", "shape", "tokens", "values"]

_ENTITY: Final = re.compile(
    r"(?<![\w.@/-])(?:"
    r"[A-Za-z]{1,12}[-_#]?[A-Za-z]{0,8}[-_]?\d[\w-]{0,40}"  # PO-7781, inv_20391, C771, POL-AML-12
    r"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r")(?![\w@])",
    re.ASCII,  # an id ends where a script without spaces goes on
)
_NUMBER: Final = re.compile(
    r"(?<![\w.,-])[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\w])|(?<![\w.-])[-+]?\d+(?:\.\d+)?(?![\w-])",
    re.ASCII,
)
_DIGIT: Final = re.compile(r"\d")
_WORD: Final = re.compile(r"[A-Za-z][a-z]{3,}")
_NOT_IDS: Final = re.compile(
    r"(?i)^(?:utf-?8|iso-?\d+|sha-?\d+|md5|base64|gpt-?.*|claude-?.*|gemini-?.*|o\d|h\d|q[1-4]|v\d+|step[-_ ]?\d+|"
    r"python\d?|http\d?|ipv\d|mp\d|covid-?19|section\d+|[a-z]+_?\d{1,2}(?:st|nd|rd|th)?|"
    r"(?:fc_)?(?:call|toolu|tooluse|fc|resp|msg|rs|chatcmpl)[-_]\w{12,})$"
)
"""Names of standards and models, ordinals, and what a model's interface calls its calls and answers."""
_EUROPEAN: Final = re.compile(r"(?<![\w.,])\d{1,3}(?:\.\d{3})+(?:,\d{1,2})?(?![\w.])", re.ASCII)
_MAX_TEXT: Final = 400_000
_QUOTING: Final = '"{}[]()'
"""What stands around words in JSON and prose; an id or a number has none of it inside."""
_ENDING: Final = ",.:;!?"


class _Taken(NamedTuple):
    """What a text holds, taken out of it once: rules look at the same texts again and again."""

    entities: tuple[str, ...]
    numbers: tuple[Decimal, ...]
    values: tuple[str, ...]
    """Both, as text: numbers in one notation, ids in lower case."""


def entities(text: str) -> tuple[str, ...]:
    """The entity ids in a text: letters and digits joined as ids are, UUIDs included."""
    return _taken_from(text).entities


def numbers(text: str) -> tuple[Decimal, ...]:
    """The numbers in a text, separators of both kinds read; digits inside ids and dates are left out."""
    return _taken_from(text).numbers


def values(text: str) -> tuple[str, ...]:
    """The ids and numbers of a text, each in the one form in which it can be looked up."""
    return _taken_from(text).values


def _taken_from(text: str) -> _Taken:
    key = hash(text)
    found = _TAKEN.get(key)
    if found is None:
        if len(_TAKEN) >= _MOST_TAKEN:
            _TAKEN.clear()
        found = _TAKEN[key] = _take(text[:_MAX_TEXT])
    return found


def _take(text: str) -> _Taken:
    """What a text holds, word by word: ids and numbers have no space inside, and the same words come again."""
    if _DIGIT.search(text) is None:
        return _NOTHING
    for mark in _QUOTING:
        text = text.replace(mark, " ")
    found_entities: list[str] = []
    found_numbers: list[Decimal] = []
    found_values: list[str] = []
    for word in [word for word in text.split() if not word.isalpha()]:
        held = _WORDS.get(word) or _in_word(word)
        if held is not _NOTHING:
            found_entities += held.entities
            found_numbers += held.numbers
            found_values += held.values
    return _Taken(tuple(found_entities), tuple(found_numbers), tuple(found_values))


def _in_word(word: str) -> _Taken:
    if len(_WORDS) >= _MOST_WORDS:
        _WORDS.clear()
    bare = word.rstrip(_ENDING)
    inside: list[str] = []
    stated: list[Decimal] = []
    if bare.isascii() and bare.isdigit():
        stated = [Decimal(bare).normalize()]
    elif _DIGIT.search(word) is not None:
        inside, stated = list(_entities(word)), list(_numbers(word))
    held = _NOTHING
    if inside or stated:
        named = (*(f"{number:f}" for number in stated), *(entity.lower() for entity in inside))
        held = _Taken(tuple(inside), tuple(stated), named)
    if len(word) <= _LONGEST_WORD:
        _WORDS[word] = held
    return held


def _entities(word: str) -> Iterator[str]:
    for match in _ENTITY.finditer(word):
        token = match[0].rstrip("-_")
        if not _NOT_IDS.match(token):
            yield token


def _numbers(word: str) -> Iterator[Decimal]:
    for match in _NUMBER.finditer(word):
        try:
            yield Decimal(match[0].replace(",", "")).normalize()
        except InvalidOperation:  # pragma: no cover - the pattern admits numbers only
            continue
    for match in _EUROPEAN.finditer(word):
        yield Decimal(match[0].replace(".", "").replace(",", ".")).normalize()


_NOTHING: Final = _Taken((), (), ())
_TAKEN: Final[dict[int, _Taken]] = {}
_MOST_TAKEN: Final = 200_000
_WORDS: Final[dict[str, _Taken]] = {}
_MOST_WORDS: Final = 50_000
_LONGEST_WORD: Final = 80


def shape(entity: str) -> str:
    """The format of an id: its letters, each run of digits as one `9`."""
    return re.sub(r"\d+", "9", entity)


def tokens(text: str) -> Iterator[str]:
    """The content words of a text, lower-case, of four letters or more."""
    for match in _WORD.finditer(text[:_MAX_TEXT]):
        yield match[0].lower()
