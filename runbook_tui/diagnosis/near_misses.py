"""Ids a slip away from one that was given out: a digit changed, two swapped, whatever stands between them.

An account number read with spaces and handed on without is the same number; one that differs from it in one place is
another's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

__all__ = ["NearMisses", "compact", "could_be_id"]

_BETWEEN: Final = re.compile(r"\(0\)|[\s().:/_+-]")
_WORD: Final = re.compile(r"[^\s,;|\"'<>=\[\]{}`]+")
_PART: Final = re.compile(r"(?:.*\d.*|\(?[A-Z]{1,3}\)?)")
"""A word that an id written in groups may be made of."""
_LENGTHS: Final = range(5, 41)
_FEWEST_DIGITS: Final = 3
_GROUPS: Final = 7
_MOST: Final = 5_000
"""Of more candidates every value is near to one."""
_MOST_READ: Final = 400_000
"""Characters that are taken apart; what is said after so many is compared no more."""
_NO_ID: Final = re.compile(
    r"\d{4}-\d{2}(?!\d)|(?<!\d)\d{1,2}(?::|\.)\d{2}(?:\D|$)|^v?\d{1,3}(?:\.\d+)+$|^(?:19|20)\d\d(?:[./]\d\d){1,2}$"
    r"|^[-+]?\d+(?:[.,]\d{3})*[.,]\d{1,2}$|\.[a-z]\w{1,3}$|://|@"
)
"""Dates, times, versions, amounts, file names and addresses."""


class NearMisses:
    """What texts gave out, made comparable.

    Args:
        texts: each with the index of the step from which it is known.
    """

    def __init__(self, texts: Iterable[tuple[int, str]]) -> None:
        self._given: dict[tuple[int, str], dict[str, int]] = {}
        self._count = 0
        left = _MOST_READ
        for since, text in texts:
            left -= len(text)
            for known in _ids_in(text) if left >= 0 else ():
                alike = self._given.setdefault((len(known), known[0]), {})
                self._count += known not in alike
                alike.setdefault(known, since)
            if self._count > _MOST:
                break

    def is_slip(self, value: str, at: int) -> bool:
        """Whether something given out by then differs from it in one place, or in two that were swapped."""
        if not could_be_id(value) or self._count > _MOST:
            return False
        wanted = compact(value)
        given = self._given.get((len(wanted), wanted[0]), {})
        if given.get(wanted, at + 1) <= at:
            return False
        return any(since <= at and _is_slip(one, wanted) for one, since in given.items())


def could_be_id(value: str) -> bool:
    """Whether a value has the length and the digits of an id, and is nothing else that has."""
    if len(value) > 2 * _LENGTHS.stop or _NO_ID.search(value):
        return False
    return _is_id(compact(value))


def compact(text: str) -> str:
    """A text without what is put between the parts of an id, in lower case."""
    return _BETWEEN.sub("", text).lower()


def _is_id(text: str) -> bool:
    return len(text) in _LENGTHS and sum(map(str.isdigit, text)) >= _FEWEST_DIGITS and text.isalnum()


def _ids_in(text: str) -> Iterator[str]:
    groups: list[str] = []
    for match in _WORD.finditer(text):
        word = match[0].rstrip(".!?:")
        if len(word) >= _LENGTHS.stop or not _PART.fullmatch(word) or _NO_ID.search(word):
            groups = []
            continue
        groups = [*groups[-_GROUPS + 1 :], word]
        for first in range(len(groups)):
            known = compact("".join(groups[first:]))
            if _is_id(known):
                yield known


def _is_slip(one: str, other: str) -> bool:
    places = [at for at, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    if len(places) == 1:
        a, b = one[places[0]], other[places[0]]
        return places[0] > 0 and a.isdigit() == b.isdigit()
    return len(places) == 2 and one[places[0]] == other[places[1]] and one[places[1]] == other[places[0]]
