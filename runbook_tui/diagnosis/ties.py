"""What of a text can tie two steps together: ids, codes, telling numbers, and common numbers with what they count.

A number below a hundred, a round one or a year stands in any trace and means nothing by itself: "50" is a page size
here and a quantity there. It ties only together with its JSON key or the word after it (`seats = 40`, "40 seats").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from runbook_tui.diagnosis.known import entities, numbers
from runbook_tui.trace.jsontext import decode, flat_values

__all__ = ["is_common", "is_money", "key_before", "piece_of", "telling", "ties", "unit_after"]

_LEAST: Final = 10
"""Smaller numbers are everywhere and tie nothing together, whatever they count."""
_SHORT: Final = 100
_ROUND_BELOW: Final = 10_000
_YEARS: Final = range(1900, 2101)
_CONSTANT: Final = re.compile(r"\b[A-Z]{2,}(?:_[A-Z]+)+\b")
"""A code such as NO_INCOME, which agents hand on as they are."""
_COUNTED: Final = re.compile(r"(?<![\w.,-])(\d{2,4})(?:\.0+)?\s?(%|[A-Za-z]{2,20})(?![\w-])")
_KEYED: Final = re.compile(
    r"(?<!\w)([A-Za-z_]\w{0,79})[\"'\\]*\s*[:=]\s*[\"'\\]*(\d{2,4})(?:\.0+)?(?![\w.,-]*\d)"
)
_KEY_BEFORE: Final = re.compile(r"(?<!\w)([A-Za-z_]\w{0,79})[\"'\\]*\s*[:=]\s*[\"'\\]*\Z")
_UNIT_AFTER: Final = re.compile(r"(?:\.0+)?\s?(%|[A-Za-z]{2,20})(?![\w-])")
_NO_UNIT: Final = frozenset(
    {
        *(
            "and",
            "are",
            "as",
            "at",
            "but",
            "by",
            "each",
            "for",
            "from",
            "had",
            "has",
            "have",
            "in",
            "is",
            "more",
        ),
        *(
            "not",
            "of",
            "off",
            "on",
            "or",
            "other",
            "out",
            "per",
            "such",
            "than",
            "that",
            "the",
            "then",
            "there",
        ),
        *("these", "they", "this", "to", "was", "were", "when", "which", "will", "with"),
    }
)
"""Words after a number that do not say what it counts."""
_MONEY_NAME: Final = re.compile(
    r"(?i)(amount|price|total|cost|balance|fee|paid|refund|credit|charge|usd|eur|gbp|chf|jpy|dollars?|euros?)"
)
_ASCII: Final = re.compile(r"[A-Za-z0-9]+")
_NUMERIC: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_CURRENCY: Final = "$€£¥"


def is_common(number: Decimal) -> bool:
    """Whether a number is found in any trace: below a hundred, round, or a year; one with a fraction is not."""
    size = abs(number)
    if size >= _ROUND_BELOW or size != size.to_integral_value():
        return False
    digits = str(int(size))
    return size < _SHORT or not digits[1:].strip("0") or int(size) in _YEARS


def ties(text: str) -> frozenset[str]:
    """Everything in a text that another text can share with it, other than by chance; lower-case."""
    found = {entity.lower() for entity in entities(text)}
    if "_" in text:
        found |= {constant.lower() for constant in _CONSTANT.findall(text)}
    common = False
    for number in numbers(text):
        if not is_common(number):
            found.add(f"{number:f}")
        elif abs(number) >= _LEAST:
            common = True
    return frozenset(found | set(_counted(text))) if common else frozenset(found)


def _counted(text: str) -> Iterator[str]:
    """The common numbers of a text with what they count, as `word = number`."""
    value = decode(text)
    if isinstance(value, dict | list):
        for path, leaf in flat_values(value):
            if isinstance(leaf, int | float) and not isinstance(leaf, bool):
                yield from _tie(_last(path), Decimal(str(leaf)))
            elif isinstance(leaf, str) and len(leaf) < len(text):
                yield from _counted_in_prose(leaf)
    else:
        yield from _counted_in_prose(text)


def _counted_in_prose(text: str) -> Iterator[str]:
    for number, word in _COUNTED.findall(text):
        yield from _tie(word, Decimal(number))
    for word, number in _KEYED.findall(text):
        yield from _tie(word, Decimal(number))


def _tie(word: str, number: Decimal) -> Iterator[str]:
    if word.lower() not in _NO_UNIT and abs(number) >= _LEAST and is_common(number):
        yield f"{word.lower()} = {int(number)}"


def _last(path: str) -> str:
    return re.sub(r"\[\d+\]", "", path).rsplit(".", 1)[-1]


def piece_of(tie: str) -> str:
    """What is in every text with this tie or call id in it, see `SessionTrace.holding`; "" where nothing need be."""
    number = tie.rpartition(" = ")[2]
    if _NUMERIC.fullmatch(number):
        return number.partition(".")[0].lstrip("-")[-3:]
    return " ".join(_ASCII.findall(tie))


def telling(value: str) -> tuple[bool, int, str]:
    """How much a tie says, to order by: a bare common number least, then by length."""
    return " = " not in value, len(value), value


def key_before(text: str, start: int) -> tuple[int, str] | None:
    """The key that stands before a value at `start`, lower-case, and where it begins."""
    found = _KEY_BEFORE.search(text, max(0, start - 80), start)
    return (found.start(1), found[1].lower()) if found else None


def unit_after(text: str, end: int) -> tuple[int, str] | None:
    """What a number that ends at `end` counts, lower-case, and where that word ends."""
    found = _UNIT_AFTER.match(text, end)
    return (found.end(1), found[1].lower()) if found and found[1].lower() not in _NO_UNIT else None


def is_money(text: str, start: int, end: int) -> bool:
    """Whether a number is written as an amount: with two decimals, beside a currency, or under a key that says so."""
    key, unit = key_before(text, start), unit_after(text, end)
    return (
        re.search(r"[.,]\d\d\Z", text[start:end]) is not None
        or text[max(0, start - 2) : start].strip()[-1:] in tuple(_CURRENCY)
        or text[end : end + 2].strip()[:1] in tuple(_CURRENCY)
        or any(found is not None and _MONEY_NAME.search(found[1]) for found in (key, unit))
    )
