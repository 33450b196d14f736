"""Damaged files of every form, brought in as a user would: no traceback, no hang, and the store holds whole sessions.

    python -m tests.incident.test_damage 10000 [FOLDER]

damages that many files: of the forms the tests know and, with a folder, of the recordings in it.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import zstandard

from runbook_tui.evidence import SpanTable, Store, list_sessions, read_findings, read_session
from runbook_tui.incident import add_capture
from runbook_tui.playbook import Playbook, Playbooks, load_all, playbook_dirs
from runbook_tui.trace import RunbookError
from tests.factories import SAMPLES
from tests.intake import samples
from tests.intake.damage import cut_and_flipped, damaged_bytes, damaged_values, spliced

_SEED: Final = 20261121
_LONGEST_S: Final = 5.0
_TOGETHER: Final = 25
"""Files that go into one store: later ones meet the sessions of earlier ones."""


def sources(folder: Path | None = None) -> list[bytes]:
    """Whole files: each known form and container, short samples, and those of a folder."""
    forms = {**{name: [item] for name, item in samples.DOCUMENTS.items()}, **samples.LINES}
    found = [samples.as_lines(documents) for documents in forms.values()]
    found += [
        samples.clickhouse_csv(),
        *samples.protobuf_messages(),
        samples.protobuf_file(),
        samples.inspect_archive(),
        zstandard.compress(samples.protobuf_file()),
        *(
            (SAMPLES / f"{name}.jsonl").read_bytes()
            for name in ("invoice", "pricing", "retry-loop", "delegation")
        ),
    ]
    for path in sorted(folder.rglob("*")) if folder is not None else ():
        if (
            path.is_file()
            and path.name not in ("truth.json", "meta.json")
            and 0 < path.stat().st_size < 300_000
        ):
            found.append(path.read_bytes())
    return found


def damaged(whole: list[bytes], chance: random.Random) -> bytes:
    """One of the files, damaged one way or another."""
    content = chance.choice(whole)
    if chance.random() < 0.1:
        return spliced(content, chance.choice(whole), chance)
    try:
        documents = [json.loads(line) for line in content.splitlines() if line.strip()]
    except ValueError:
        documents = []
    if not documents or chance.random() < 0.2:
        return cut_and_flipped(content, chance)
    damage: Callable[[Any, random.Random], bytes] = chance.choice((damaged_bytes, damaged_values))
    at = chance.randrange(len(documents))
    return b"\n".join(
        damage(item, chance) if number == at else json.dumps(item).encode()
        for number, item in enumerate(documents)
    )


def bring_in(count: int, whole: list[bytes], playbook: Playbook, folder: Path, begin: int = 0) -> int:
    """Damage and import so many files; how many of them could be read."""
    read = 0
    path = folder / "damaged.jsonl"
    for first in range(begin, begin + count, _TOGETHER):
        for old in folder.glob("store.db*"):
            old.unlink()
        with Store(folder / "store.db") as store:
            for number in range(first, min(first + _TOGETHER, begin + count)):
                path.write_bytes(damaged(whole, random.Random(f"{_SEED} {number}")))
                try:
                    read += _brought_in(store, path, playbook)
                except BaseException as error:
                    error.add_note(f"file {number}, seed {_SEED}: {path}")
                    raise
    return read


def _brought_in(store: Store, path: Path, playbook: Playbook) -> bool:
    before = _held(store)
    begun = time.perf_counter()
    refused: RunbookError | None = None
    sessions: tuple[str, ...] = ()
    try:
        sessions = add_capture(store, path, playbook).sessions
    except RunbookError as error:
        refused = error
    assert time.perf_counter() - begun < _LONGEST_S
    if refused is not None:
        assert "\n" not in str(refused)
        assert _held(store) == before, "what was refused left something behind"
    for session_id in sessions:
        session = read_session(store, session_id)
        assert session is not None
        assert len(session.spans) == SpanTable(store, session_id).count
        assert read_findings(store, session_id) is not None
    return refused is None


def _held(store: Store) -> list[tuple[str, int, int]]:
    return [(row.id, row.spans, row.steps) for row in list_sessions(store)]


def test_damaged_files_of_every_form(tmp_path: Path, playbooks: Playbooks) -> None:
    read = bring_in(500, sources(), playbooks.default, tmp_path)
    assert 100 < read < 500


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="damage-") as scratch:
        given = sources(Path(sys.argv[2]) if len(sys.argv) > 2 else None)
        done = bring_in(int(sys.argv[1]), given, load_all(playbook_dirs()).default, Path(scratch))
        print(f"{done} of {sys.argv[1]} damaged files could be read")  # noqa: T201
