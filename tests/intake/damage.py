"""Ways to damage a file, each drawn from a seeded generator: the same seed damages in the same way."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any, Final

__all__ = ["cut_and_flipped", "damaged_bytes", "damaged_values", "spliced"]

ODD_BYTES: Final = [
    b"null",
    b"[]",
    b'"',
    b"-1",
    b"1e999",
    b"9" * 30,
    b'"\\ud800"',
    b"\x00",
    b"\xff",
    b"\n",
    b"[" * 2000,
]
ODD_VALUES: Final[list[Any]] = [
    None,
    True,
    -1,
    0.5,
    10**25,
    float("nan"),
    "",
    "\ud800",
    "\x1b[2J",
    "x" * 70_000,
    "9" * 25,
    [],
    {},
    [[None]],
    {"stringValue": 4},
    {"intValue": "x"},
    {"key": "k"},
    {"values": [7]},
]


def damaged_bytes(document: Any, chance: random.Random) -> bytes:
    """The text of it with a few cuts, swaps and insertions, sometimes ending early."""
    found = bytearray(json.dumps(document).encode())
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(found))
        match chance.randrange(4):
            case 0:
                del found[at : at + chance.randint(1, 40)]
            case 1:
                found[at:at] = chance.choice(ODD_BYTES)
            case 2:
                found[at : at + 1] = bytes([chance.randrange(256)])
            case _:
                found[at:at] = found[at : at + chance.randint(1, 300)]
    return _ends_early(found, chance)


def damaged_values(document: Any, chance: random.Random) -> bytes:
    """Still JSON, but some values are of another type, missing or absurd."""
    changed = copy.deepcopy(document)
    for _ in range(chance.randint(1, 12)):
        places = list(_places(changed))
        if not places:
            break
        holder, key = chance.choice(places)
        if isinstance(holder, dict) and chance.random() < 0.2:
            del holder[key]
        else:
            holder[key] = copy.deepcopy(chance.choice(ODD_VALUES))
    return json.dumps(changed).encode()


def cut_and_flipped(content: bytes, chance: random.Random) -> bytes:
    """A file of any kind with a few bytes changed, missing or too many, sometimes ending early."""
    found = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(found))
        match chance.randrange(3):
            case 0:
                found[at] = chance.randrange(256)
            case 1:
                del found[at : at + chance.randint(1, 30)]
            case _:
                found[at:at] = chance.choice(ODD_BYTES)
        if not found:
            break
    return _ends_early(found, chance)


def spliced(content: bytes, other: bytes, chance: random.Random) -> bytes:
    """The beginning of one file with the end of another behind it."""
    return content[: chance.randrange(len(content) + 1)] + other[chance.randrange(len(other) + 1) :]


def _ends_early(found: bytearray, chance: random.Random) -> bytes:
    return (
        bytes(found) if not found or chance.random() < 0.8 else bytes(found[: chance.randrange(len(found))])
    )


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a JSON tree, as (the object or array it is in, key or index)."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield value, key
        yield from _places(item)
