"""Whatever happens to a file, reading it ends soon, in sessions or in a CaptureError."""

from __future__ import annotations

import copy
import json
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zstandard

from runbook_tui.intake import CaptureError, read_capture
from tests.factories import SAMPLES
from tests.intake import samples

SEED = 20261120
ODD_BYTES = [
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
ODD_VALUES: list[Any] = [
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
    return bytes(found) if chance.random() < 0.8 else bytes(found[: chance.randrange(len(found))])


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


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a JSON tree, as (the object or array it is in, key or index)."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield value, key
        yield from _places(item)


@pytest.mark.parametrize("damage", [damaged_bytes, damaged_values])
@pytest.mark.parametrize("name", ["invoice", "pricing", "retry-loop-clean"])
def test_no_damage_gets_past_the_door(
    name: str, damage: Callable[[Any, random.Random], bytes], tmp_path: Path
) -> None:
    document = json.loads((SAMPLES / f"{name}.jsonl").read_bytes().split(b"\n")[0])
    chance = random.Random(f"{SEED} {name} {damage.__name__}")
    readable = _survives(name, (damage(document, chance) for _ in range(60)), tmp_path)
    assert 3 < readable < 60


FORMS: dict[str, Any] = {**samples.DOCUMENTS, **samples.LINES}


@pytest.mark.parametrize("damage", [damaged_bytes, damaged_values])
@pytest.mark.parametrize("name", FORMS)
def test_no_damage_to_a_form_gets_past_the_door(
    name: str, damage: Callable[[Any, random.Random], bytes], tmp_path: Path
) -> None:
    chance = random.Random(f"{SEED} {name} {damage.__name__}")
    documents = FORMS[name] if name in samples.LINES else [FORMS[name]]
    damaged = (b"\n".join(damage(item, chance) for item in documents) for _ in range(40))
    readable = _survives(name, damaged, tmp_path)
    assert readable > 0 or damage is damaged_bytes


@pytest.mark.parametrize("name", ["csv", "protobuf", "protobuf file", "archive", "zstd", "parquet magic"])
def test_no_damage_to_a_container_gets_past_the_door(name: str, tmp_path: Path) -> None:
    whole = {
        "csv": samples.clickhouse_csv(),
        "protobuf": samples.protobuf_messages()[1],
        "protobuf file": samples.protobuf_file(),
        "archive": samples.inspect_archive(),
        "zstd": zstandard.compress(samples.protobuf_file()),
        "parquet magic": b"PAR1" + samples.protobuf_file() + b"PAR1",
    }[name]
    chance = random.Random(f"{SEED} {name}")
    _survives(name, (_cut_and_flipped(whole, chance) for _ in range(80)), tmp_path)


def _cut_and_flipped(content: bytes, chance: random.Random) -> bytes:
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
    return bytes(found) if chance.random() < 0.8 else bytes(found[: chance.randrange(len(found))])


def _survives(name: str, contents: Iterator[bytes], tmp_path: Path) -> int:
    """How many of the contents could be read; none may raise anything but the one error, or take long."""
    path = tmp_path / "damaged.jsonl"
    readable = 0
    for attempt, content in enumerate(contents):
        path.write_bytes(content)
        begun = time.perf_counter()
        try:
            capture = read_capture(path)
        except CaptureError:
            pass
        except Exception as error:
            error.add_note(f"attempt {attempt} of {name}, seed {SEED}")
            raise
        else:
            readable += 1
            assert capture.spans > 0
            msgspec.msgpack.encode(capture)  # what cannot be stored would be lost
        assert time.perf_counter() - begun < 5, f"attempt {attempt} of {name}"
    return readable
