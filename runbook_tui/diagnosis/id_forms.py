"""Names under which ids stand, and the forms that ids have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from runbook_tui.trace.jsontext import flat_values

__all__ = [
    "COINED",
    "FEWEST",
    "FEWEST_DIGITS",
    "INDEX",
    "LONGEST",
    "MADE_ANEW",
    "PIECES",
    "form_of",
    "is_id_name",
    "is_its_own",
    "makes",
    "named_ids",
]

MADE_ANEW: Final = re.compile(r"(?i)idempot|request_?id|correlation|trace_?id|nonce")
"""Names of what is made anew for each call, and tells none from another."""
COINED: Final = re.compile(f"{MADE_ANEW.pattern}|password|token|note|comment")
"""Names of what an agent makes up rightly."""

_ID_NAME: Final = re.compile(
    r"(?i)(?:^|[_.\- ])(?:id|ids|uuid|guid|sha|iban|isbn|sku|email|mail|to|cc|bcc|recipient|recipients|number|no|nr|key|code"
    r"|account|customer|order|invoice|ticket|user|case|contract|lead|volume|booking)$|(?<=[a-z])(?:Id|Ids|ID|Uuid|Number|No|Email)$"
)
INDEX: Final = re.compile(r"\[\d+\]")
"""The place in a list, in a dotted name."""
_UUID: Final = re.compile(r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HEX: Final = re.compile(r"(?=.*\d)(?=.*[a-f])[0-9a-f]{7,}")
_MADE: Final = re.compile(
    r"(?i)(?:^|_)(?:create|new|add|register|generate|insert|make|open|draft|allocate)(?:_|$)"
)
_ID_WORD: Final = re.compile(r"(?:ids?|uuid|guid|e?mail|number|no|nr|key|code|sku)$")
PIECES: Final = re.compile(r"[A-Za-z0-9]+")
"""What stands between the separators of an id."""
FEWEST: Final = 3
"""Characters of an id, and parts of one that is put together."""
FEWEST_DIGITS: Final = 4
"""Shorter numbers are counts as often as ids."""
LONGEST: Final = 80
"""Characters of an id at most."""


def is_its_own(tool: str, path: str) -> bool:
    """Whether an argument is the id that what a tool makes is to have: `invoice_no` of `create_invoice`."""
    name = path.rsplit(".", 1)[-1].lower().replace("_", "").replace("-", "")
    return makes(tool) and bool(_ID_WORD.search(name)) and _ID_WORD.sub("", name) in tool.lower()


@lru_cache(maxsize=4096)  # the same few names over and over
def makes(tool: str) -> bool:
    """Whether a tool, by its name, makes something, and may be told its id."""
    return _MADE.search(tool) is not None


def named_ids(value: Any) -> Iterator[tuple[str, str, str]]:
    """The ids of a JSON tree, one word with a digit in it or an address: (name it stands under, id, name above that)."""
    if not isinstance(value, dict | list):
        return
    for path, leaf in flat_values(value):
        if isinstance(leaf, bool) or not isinstance(leaf, str | int):
            continue
        *above, name = INDEX.sub("", path).split(".")
        text = str(leaf).strip()
        if not FEWEST <= len(text) <= LONGEST or not is_id_name(name) or any(map(str.isspace, text)):
            continue
        if "@" in text or any(map(str.isdigit, text)):
            yield name.lower().replace("_", "").replace("-", ""), text, above[-1] if above else ""


@lru_cache(maxsize=4096)  # the same few names over and over
def is_id_name(name: str) -> bool:
    """Whether an id stands under that name: `order_id`, `sha`, `to`."""
    return _ID_NAME.search(name) is not None


def form_of(value: str) -> str:
    """The kind of an id: its separators, and whether there are digits, letters, both or hex between them.

    Of plain digits the length belongs to it, and short ones are of no kind but their own.
    """
    if value.isdigit():
        return f"{len(value)} digits" if len(value) >= FEWEST_DIGITS else value
    return "uuid" if _UUID.fullmatch(value) else PIECES.sub(_kind, value)


def _kind(piece: re.Match[str]) -> str:
    text = piece[0]
    if _HEX.fullmatch(text):
        return "h"
    return "9" if text.isdigit() else "a" if text.isalpha() else "w"
