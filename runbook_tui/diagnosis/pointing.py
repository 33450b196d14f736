"""What in a line of text can be pointed at: quoted texts, numbers, dates, ids, addresses, the leaves of JSON."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["values_in"]

_LONGEST: Final = 60
"""Characters up to which a quoted text is one value; in a longer one its parts are."""
_QUOTED: Final = re.compile(r'(?<!\\)"((?:[^"\\]|\\.){1,400}?)"(?!\s*:)')
_KEY: Final = re.compile(r'"(?:[^"\\]|\\.){1,200}"\s*:')
_WORD: Final = re.compile(
    r"https?://[^\s\"'<>]+"
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?)?"
    r"|-?\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\w])"
    r"|-?\d+(?:\.\d+)?(?![\w.-]*[A-Za-z])"
    r"|(?=[\w.:#-]*\d)[A-Za-z0-9#][\w#]*(?:[-.:][A-Za-z0-9_]+)*"
    r"|(?<=: )(?:null|true|false)(?=,?$)"
)


def values_in(text: str) -> tuple[tuple[int, int], ...]:
    """Where values stand in a text: first and one past the last character of each, in order.

    The names of JSON fields are none; what they hold is.
    """
    found: list[tuple[int, int]] = []
    taken = [match.span() for match in _KEY.finditer(text)]
    for match in _QUOTED.finditer(text):
        start, end = match.span(1)
        if end - start <= _LONGEST and not _overlaps(match.span(), taken):
            found.append((start, end))
            taken.append(match.span())
    words = (match for match in _WORD.finditer(text) if not _overlaps(match.span(), taken))
    found += ((match.start(), match.start() + len(match[0].rstrip(".:"))) for match in words)
    return tuple(sorted(found))


def _overlaps(span: tuple[int, int], others: list[tuple[int, int]]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in others)
