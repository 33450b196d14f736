"""What an agent may rightly compute of the numbers it knows: a step or two of arithmetic, rounded as money is."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, DecimalException
from itertools import combinations, product
from typing import Any, Final

__all__ = ["as_number", "follows", "is_rounded", "totals", "worked_out"]

_ROUND: Final = frozenset(map(Decimal, (0, 1, 10, 100, 1000)))
"""Factors that explain nothing: a slip of the decimal point is what is looked for."""
_PLACES: Final = tuple(map(Decimal, ("0.001", "0.01", "0.05", "1")))
"""Quantities are rounded to thousandths, amounts to cents, to five of them, or to whole ones."""
_CENT: Final = Decimal("0.01")
_FEW: Final = range(2, 13)
_NOTATIONS: Final = tuple(Decimal(1).scaleb(-digits) for digits in range(5))
"""Rates and factors have four decimals at most."""
_HUNDRED: Final = Decimal(100)
_EUROPEAN: Final = re.compile(r"-?\d{1,3}(?:\.?\d{3})*,\d{1,2}")
_ROWS: Final = range(2, 1001)
_AMOUNTS: Final = range(3, 5)
_HIGHEST: Final = 1e15
_COLUMNS: Final = 8
"""Of a wider table only sums of its first columns are looked at."""

_UNITS: Final = tuple(map(Decimal, (60, 3600, 24, 7, 12, 52)))
"""Seconds, minutes, hours, days and weeks, months in their year."""

_Knows = Callable[[Decimal], bool]
_Follows = Callable[[Decimal, frozenset[Decimal]], bool]


def follows(number: Decimal, pool: Iterable[Decimal], knows: _Knows, percents: frozenset[Decimal]) -> bool:
    """Whether a number is a sum, difference, product, quotient or percentage of known ones.

    Args:
        number: the number in question.
        pool: known numbers, to begin from.
        knows: whether a number is known.
        percents: known numbers that stand for percentages.
    """
    try:
        return _is_share(number, knows) or any(
            knows((number - item).normalize())
            or knows((number + item).normalize())
            or _is_product(number, item, knows)
            or _is_percentage(number, item, percents)
            for item in pool
            if item not in _ROUND
        )
    except DecimalException:
        return False


def worked_out(
    stated: Iterable[Decimal], follow: _Follows, convertible: Collection[Decimal]
) -> frozenset[Decimal]:
    """Of the numbers that were stated on the way to a result, those that follow from known ones, one from another.

    Hours of minutes and the like count here, where the working is shown.

    Args:
        stated: the numbers in the order in which they stand in the text.
        follow: whether a number follows from what is known and from these.
        convertible: what is known and may be told in another unit of time; none where no unit is.
    """
    stones: set[Decimal] = set()
    for number in stated:
        is_converted = bool(convertible) and any(
            _is_converted(number, item) for item in (*convertible, *stones)
        )
        if is_converted or follow(number, frozenset(stones)):
            stones.add(number)
    return frozenset(stones)


def is_rounded(number: Decimal, stones: Iterable[Decimal]) -> bool:
    """Whether a number is one of these, rounded."""
    return any(_rounds_to(stone, number) for stone in stones)


def _is_converted(number: Decimal, item: Decimal) -> bool:
    return bool(item) and any(number * unit == item or item * unit == number for unit in _UNITS)


def _is_share(number: Decimal, knows: _Knows) -> bool:
    """Whether an amount with cents is a known one divided among a few."""
    return number != number.to_integral_value() and any(
        knows(whole) and abs(whole / count - number) < _CENT  # the remainder goes to one of them
        for count in map(Decimal, _FEW)
        for whole in _written(number * count)
    )


def _is_product(number: Decimal, item: Decimal, knows: _Knows) -> bool:
    exact = number / item
    is_rate = item != item.quantize(_CENT)
    if (exact not in _ROUND or is_rate) and knows(exact.normalize()):
        return True
    is_round = number == number.to_integral_value() and number % 10 == 0
    exactness = (
        _PLACES[:-1] if is_round else _PLACES
    )  # rounded to whole ones, nearly anything is a round number
    return any(
        factor not in _ROUND and knows(factor) and _rounds_to(item * factor, number, exactness)
        for factor in _written(exact)
    ) or any(
        whole not in _ROUND and knows(whole) and _rounds_to(whole / item, number, exactness)
        for whole in _written(number * item)
    )


def _is_percentage(number: Decimal, item: Decimal, percents: frozenset[Decimal]) -> bool:
    ratio = number / item * _HUNDRED
    shares = ((ratio, Decimal(0)), (ratio - _HUNDRED, _HUNDRED), (_HUNDRED - ratio, _HUNDRED))
    for share, beside in shares:
        sign = -1 if beside and ratio < _HUNDRED else 1
        for percent in _written(share):
            if percent in percents and _rounds_to(item * (beside + sign * percent) / _HUNDRED, number):
                return True
    return False


def _written(number: Decimal) -> Iterator[Decimal]:
    """The ways in which a number that was rounded may have been written down."""
    for places in _NOTATIONS:
        yield number.quantize(places).normalize()


def _rounds_to(exact: Decimal, number: Decimal, to: tuple[Decimal, ...] = _PLACES) -> bool:
    return any(
        (exact / step).quantize(Decimal(1), rounding=way) * step == number
        for step in to
        for way in (ROUND_HALF_UP, ROUND_HALF_EVEN)
    )


def totals(value: Any) -> Iterator[Decimal]:
    """The sums of the columns of every table in a result, of the products of two of them, and of small records."""
    if isinstance(value, dict):
        yield from _signed(value)
        for item in value.values():
            yield from totals(item)
    elif isinstance(value, list) and len(value) in _ROWS:
        rows = [item for item in value if isinstance(item, dict)]
        if len(rows) == len(value):
            yield from _of_table(rows)
        for item in value:
            yield from totals(item)


def _signed(record: dict[str, Any]) -> Iterator[Decimal]:
    """The sums of all amounts of a small record, each added or taken off: tax and contributions less what was deducted."""
    amounts = [
        Decimal(str(item))
        for item in record.values()
        if isinstance(item, int | float) and not isinstance(item, bool) and abs(item) < _HIGHEST
    ]
    if len(amounts) in _AMOUNTS:
        first, *others = amounts
        for signs in product((1, -1), repeat=len(others)):
            yield sum((sign * item for sign, item in zip(signs, others, strict=True)), first).normalize()


def _of_table(rows: list[dict[str, Any]]) -> Iterator[Decimal]:
    columns: list[list[Decimal]] = []
    for name in list(rows[0])[: _COLUMNS * 2]:
        numbers = [as_number(row.get(name)) for row in rows]
        whole = [number for number in numbers if number is not None]
        if len(whole) == len(rows):
            columns.append(whole)
    columns = columns[:_COLUMNS]
    for column in columns:
        yield sum(column, Decimal(0)).normalize()
    for left, right in combinations(columns, 2):
        yield sum((a * b for a, b in zip(left, right, strict=True)), Decimal(0)).normalize()


def as_number(value: Any) -> Decimal | None:
    """The number that a field of a result holds, be it a text like `214,50`; None where it holds none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        text = str(value)
        number = Decimal(text.replace(".", "").replace(",", ".") if _EUROPEAN.fullmatch(text) else text)
    except DecimalException:
        return None
    return number if number.is_finite() and abs(number) < Decimal(10) ** 15 else None
