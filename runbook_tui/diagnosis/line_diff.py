"""Two texts line by line: which lines both have, and which only one of them."""

from __future__ import annotations

from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Final, Literal, NamedTuple

__all__ = ["LinePair", "line_diff"]

_MOST: Final = 600
"""Lines of each text that are compared; the time grows with their product."""


class LinePair(NamedTuple):
    """A line of each text, side by side; None where one has nothing to answer the other."""

    sign: Literal["=", "~", "+", "-"]
    """Both have it, it was changed, only ours, only theirs."""
    ours: str | None
    theirs: str | None


def line_diff(ours: str, theirs: str) -> list[LinePair]:
    """Both texts aligned; lines past the first 600 are left out."""
    left, right = ours.split("\n")[:_MOST], theirs.split("\n")[:_MOST]
    pairs: list[LinePair] = []
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    for tag, start, end, good_start, good_end in matcher.get_opcodes():
        for mine, good in zip_longest(left[start:end], right[good_start:good_end]):
            if tag == "equal":
                pairs.append(LinePair("=", mine, good))
            elif mine is None:
                pairs.append(LinePair("-", None, good))
            else:
                pairs.append(LinePair("+" if good is None else "~", mine, good))
    return pairs
