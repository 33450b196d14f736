"""Tables that tools return as text, CSV or Markdown, as rows with named columns."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import Final

__all__ = ["rows_of"]

_HEADING: Final = re.compile(r"[^\W\d][\w .%/#()-]{0,40}")
_DIGIT: Final = re.compile(r"\d")
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
    text = text.strip("\r\n")
    head = text.partition("\n")[0]
    delimiter = next((mark for mark in _DELIMITERS if head.count(mark) >= _FEWEST - 1), None)
    if delimiter is None:
        return []
    first, *rows = _cells(text, delimiter)
    if not _FEWEST <= len(first) <= len(_LETTERS) or not all(map(_HEADING.fullmatch, first)):
        return []
    if not rows or any(len(row) != len(first) for row in rows):
        return []
    if not any(all(map(_DIGIT.search, column)) for column in zip(*rows, strict=True)):
        return []  # names in the first line alone tell no header from a list, or a letter
    names = [f"{heading} (column {_LETTERS[at]})" for at, heading in enumerate(first)]
    return [dict(zip(names, row, strict=True)) for row in rows]


def _cells(text: str, delimiter: str) -> Iterator[list[str]]:
    if delimiter == "|":
        for line in filter(str.strip, text.splitlines()):
            if not _RULE.fullmatch(line):
                yield [cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|")]
        return
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if any(map(str.strip, row)):
                yield [cell.strip() for cell in row]
    except csv.Error:
        yield []
