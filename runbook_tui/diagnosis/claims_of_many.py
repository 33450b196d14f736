"""What a step says of many results at once, held against all of them: that all are so, and what they sum up to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from runbook_tui.diagnosis.arithmetic import as_number
from runbook_tui.diagnosis.known import numbers
from runbook_tui.diagnosis.result_rows import tables_of
from runbook_tui.trace import Step
from runbook_tui.trace.jsontext import decode

__all__ = ["all_so", "sum_of_all"]

_ALL: Final = re.compile(
    r"(?i)\b(?:all|each|every one)(?: of)?(?: the| these| them)?(?: \w+)?(?: [\w-]+){0,3} (?:are|were|is|was|have been)"
    r"(?: now)? (?P<so>[a-z]{3,})\b"
)
_BUT: Final = re.compile(
    r"(?i)\b(?:but|except|other than|apart from|not all|unless|if|once|when|should|must|will)\b"
)
_SUM: Final = re.compile(r"(?i)\b(?:sums?(?: up to)?|total(?:s|ling)?|altogether|adds? up to|in all)\b")
_FEWEST: Final = 2
_NEAR: Final = Decimal("0.25")
"""A wrong sum that is further off than this share of the right one is likely of something else."""


def all_so(sentence: str, results: list[Step]) -> tuple[Step, str] | None:
    """The result that is not as all are said to be (`"valid": false`), where most others are."""
    match = _ALL.search(sentence)
    if match is None or _BUT.search(sentence):
        return None
    word = match["so"].lower()
    told: dict[str, list[tuple[Step, bool]]] = {}
    for step in results:
        name = step.span.tool.name if step.span.tool else ""
        for row in _rows(step):
            if isinstance(row.get(word), bool):
                told.setdefault(name, []).append((step, row[word]))
    for found in told.values():
        against = [step for step, so in found if not so]
        if against and len(against) * 2 <= len(found):
            return against[0], f"{word} is false"
    return None


def sum_of_all(sentence: str, results: list[Step]) -> tuple[Step, str] | None:
    """The rows, of one result or of the same tool's, that sum up to something near what is said, but not to that."""
    if not _SUM.search(sentence) or _BUT.search(sentence):
        return None
    said = [number for number in numbers(sentence) if number != number.to_integral_value() or number >= 100]
    if len(said) != 1:
        return None
    (number,) = said
    near: tuple[Step, str] | None = None
    for step, name, column in _columns(results):
        if number in column or number == sum(column, Decimal(0)):
            return None  # it is one of them, or right of something
        total = sum(column, Decimal(0))
        if total > 0 and abs(total - number) <= _NEAR * total and len(column) >= _FEWEST:
            near = near or (step, f"its {name} sums up to {total:f}")
    return near


def _columns(results: list[Step]) -> Iterator[tuple[Step, str, list[Decimal]]]:
    """The columns of numbers of each table, and of the same tool's results, with the last step they are of."""
    calls: dict[tuple[str, str], list[Decimal]] = {}
    last: dict[tuple[str, str], Step] = {}
    for step in results:
        for _, rows in tables_of(step):
            for name in rows[0]:
                column = [number for row in rows if (number := as_number(row.get(name))) is not None]
                if len(column) == len(rows):
                    yield step, name, column
        tool = step.span.tool
        value = decode(tool.result) if tool else None
        if tool is None or not isinstance(value, dict):
            continue
        for name, item in value.items():
            if (number := as_number(item)) is not None:
                calls.setdefault((tool.name, name), []).append(number)
                last[tool.name, name] = step
    for key, column in calls.items():
        yield last[key], key[1], column


def _rows(step: Step) -> Iterator[dict[str, Any]]:
    value = decode(step.span.tool.result) if step.span.tool else None
    if isinstance(value, dict):
        yield value
    for _, rows in tables_of(step):
        yield from rows
