"""The first steps of a reading order, kept from all being of one kind.

Two steps of one agent that show the same are worth reading before anything else; a third tells little that they did not.
So it is read right after the first few, and what shows something else moves up. Over the annotated sessions of the
study in `content` this costs no kind of session anything; in dialogues, where an agent does the same to one order after
another, it brings the annotated step up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import Final, TypeVar

__all__ = ["varied"]

_FIRST: Final = 5
"""How many steps an engineer reads before asking what to read next: as many as the study counts."""
_ALIKE: Final = 2
"""One alone would lose the second of two such steps, which is often the one; so measured."""

Item = TypeVar("Item")


def varied(ordered: Sequence[Item], shows: Callable[[Item], Hashable]) -> list[Item]:
    """The same items, with at most two among the first five that show the same; the others keep their order.

    Args:
        ordered: best first. The first two stay where they are.
        shows: what an item shows; two are alike where it is equal.
    """
    seen: Counter[Hashable] = Counter()
    first: list[int] = []
    for at, item in enumerate(ordered):
        if len(first) == _FIRST:
            break
        told = shows(item)
        if seen[told] < _ALIKE:
            seen[told] += 1
            first.append(at)
    among = set(first)
    return [ordered[at] for at in first] + [item for at, item in enumerate(ordered) if at not in among]
