"""What in a line of text can be pointed at: quoted texts, numbers, dates, ids, addresses, the leaves of JSON.

A common number (see `ties`) is pointed at with its key or the word behind it, which say what it is; one that has
neither is not pointed at, for it could be followed to anything.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from runbook_tui.diagnosis.ties import is_common, key_before, unit_after

__all__ = ["values_in"]

_LONGEST: Final = 60
"""Characters up to which a quoted text is one value; in a longer one its parts are."""
_QUOTED: Final = re.compile(r'(?<!\\)"((?:[^"\\]|\\.){1,400}?)"(?!\s*:)')
_KEY: Final = re.compile(r'"(?:[^"\\]|\\.){1,200}"\s*:')
_WORD: Final = re.compile(
    r"https?://[^\s\"'<>]+"
    r"|[\w.+-]{1,80}@[\w-]+(?:\.[\w-]+)+"
    r"|\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?)?"
    r"|-?\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\w])"
    r"|-?\d+(?:\.\d+)?(?![\w.-]{0,80}[A-Za-z])"
    r"|(?=[\w.:#-]{0,80}\d)[A-Za-z0-9#][\w#]*(?:[-.:][A-Za-z0-9_]+)*"
    r"|(?<=: )(?:null|true|false)(?=,?$)"
)
_PLAIN: Final = re.compile(r"-?\d+(?:\.\d+)?")
_QUOTES: Final = ('"', "'")


def values_in(text: str) -> tuple[tuple[int, int], ...]:
    """Where values stand in a text: first and one past the last character of each, in order.

    The names of JSON fields are none; what they hold is. With a common number its key or its unit is taken in.
    """
    keys = [match.span() for match in _KEY.finditer(text)]
    quoted = [match for match in _QUOTED.finditer(text) if not _overlaps(match.span(), keys)]
    short = [match for match in quoted if match.end(1) - match.start(1) <= _LONGEST]
    taken = sorted([*keys, *(match.span() for match in short)])
    found = [match.span(1) for match in short]
    words = (match for match in _WORD.finditer(text) if not _overlaps(match.span(), taken))
    found += ((match.start(), match.start() + len(match[0].rstrip(".:"))) for match in words)
    return tuple(_with_what_it_counts(text, sorted(found)))


def _with_what_it_counts(text: str, found: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    reached = 0
    for start, end in found:
        if start < reached:
            continue  # the unit of the number before
        first, last = start, end
        if _PLAIN.fullmatch(text, start, end) and is_common(Decimal(text[start:end])):
            if key := key_before(text, start):
                first = key[0] - (text[key[0] - 1 : key[0]] in _QUOTES)
                last = end + (text[start - 1 : start] in _QUOTES)
            elif unit := unit_after(text, end):
                last = unit[0]
            elif "." not in text[start:end]:  # else it is written as a measure
                continue
        reached = last
        yield first, last


def _overlaps(span: tuple[int, int], others: list[tuple[int, int]]) -> bool:
    """Whether a piece overlaps one of others, which are in order and apart."""
    at = bisect_left(others, (span[1], 0)) - 1
    return at >= 0 and others[at][1] > span[0]
