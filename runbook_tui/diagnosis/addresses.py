"""Web addresses in a text: what a step reaches for outside, and whether anybody had named it before."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

__all__ = ["Addresses", "addresses"]

_ADDRESS: Final = re.compile(r"https?://[^\s\"'<>()\[\]{}`\\]+")
_ENDING: Final = ".,;:!?/"
_LONGEST: Final = 400_000


def addresses(text: str) -> list[str]:
    """The addresses in a text, in order, without the punctuation that ends a sentence."""
    if "http" not in text:
        return []
    return [found.rstrip(_ENDING) for found in _ADDRESS.findall(text[:_LONGEST])]


class Addresses:
    """The addresses a session has named so far."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._named: set[str] = set()
        for text in texts:
            self._named.update(addresses(text))

    def first_named_in(self, found: list[str]) -> str | None:
        """The first of these that nothing had named before; all of them count as named from now on."""
        new = next((address for address in found if address not in self._named), None)
        self._named.update(found)
        return new
