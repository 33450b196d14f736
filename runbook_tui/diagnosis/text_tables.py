"""Tables that tools return as text, CSV or Markdown, as rows with named columns."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from typing import Final

__all__ = ["rows_of"]

_HEADING: Final = re.compile(r"[^\W\d][\w .%/#()-]{0,40}")
_RULE: Final = re.compile(r"[\s|:-]+")
_DELIMITERS: Final = (";", "\t", ",", "|")
_FEWEST: Final = 3
"""Columns; lines of prose have two clauses more often."""
_LONGEST: Final = 200_000
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def rows_of(text: str | None) -> list[dict[str, str]]:
    """The rows of a table that is all of a text; [] where it is none.

    A column is named with its place, `hours (column D)`: who reads such a table goes by the one as much as by the other.
    """
    if not text or "\n" not in text.strip() or len(text) > _LONGEST:
        return []
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    delimiter = next((mark for mark in _DELIMITERS if lines[0].count(mark) >= _FEWEST - 1), None)
    if delimiter is None:
        return []
    first, *rows = _cells(lines, delimiter)
    if not _FEWEST <= len(first) <= len(_LETTERS) or not all(map(_HEADING.fullmatch, first)):
        return []
    if not rows or any(len(row) != len(first) for row in rows):
        return []
    names = [f"{heading} (column {_LETTERS[at]})" for at, heading in enumerate(first)]
    return [dict(zip(names, row, strict=True)) for row in rows]


def _cells(lines: list[str], delimiter: str) -> Iterator[list[str]]:
    if delimiter == "|":
        for line in lines:
            if not _RULE.fullmatch(line):
                yield [cell.strip() for cell in line.strip("|").split("|")]
        return
    try:
        for row in csv.reader(lines, delimiter=delimiter):
            yield [cell.strip() for cell in row]
    except csv.Error:
        yield []
