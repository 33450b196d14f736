"""Whatever happens to a file, reading it ends soon, in sessions or in a CaptureError."""

from __future__ import annotations

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
from tests.intake.damage import cut_and_flipped, damaged_bytes, damaged_values

SEED = 20261120


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
    _survives(name, (cut_and_flipped(whole, chance) for _ in range(80)), tmp_path)


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
