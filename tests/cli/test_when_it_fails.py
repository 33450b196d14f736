"""What is said where a database, a disk or a file fails, and where somebody stops a command."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_commands import SAMPLES, run


@pytest.fixture
def db(tmp_path: Path) -> Path:
    folder = tmp_path / "store"
    folder.mkdir()
    return folder / "rb.db"


def overwritten(db: Path) -> Path:
    """A store of which a part in the middle was overwritten."""
    run("import", SAMPLES / "loan.jsonl", db=db)
    run("incident", "list", db=db)
    with db.open("r+b") as file:
        size = file.seek(0, 2)
        file.seek(size // 4)
        file.write(b"\xa5" * (size // 2))
    return db


def test_a_damaged_database_is_one_line_and_doctor_finds_it(db: Path) -> None:
    name = json.loads(run("import", SAMPLES / "loan.jsonl", "--json", db=db).stdout)["imported"][0][
        "sessions"
    ][0]
    overwritten(db)
    done = run("inspect", name, db=db, status=2)
    assert done.stderr.startswith(f"runbook-tui: the database is damaged: {db}: ")
    assert len(done.stderr.splitlines()) == 1
    checked = run("doctor", db=db, status=1).stdout
    assert f"no  database    the database is damaged: {db}: " in checked
    run("inspect", SAMPLES / "loan.jsonl", db=db)


def test_a_full_disk_names_the_file_and_stops(tmp_path: Path, db: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    files = [folder / f"{number}.jsonl" for number in range(4)]
    for number, path in enumerate(files):
        text = (SAMPLES / "loan.jsonl").read_text(encoding="utf-8")
        path.write_text(text.replace("loan", f"loan{number}"), encoding="utf-8")
    run("import", files[0], db=db)
    size = db.stat().st_size // 1024 + 600
    command = f'ulimit -f {size}; exec "{sys.executable}" -m runbook_tui --db "{db}" import "{folder}"'
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    told = done.stderr.splitlines()
    assert sum("cannot write the database" in line for line in told) == 1
    (stopped,) = (line for line in told if line.startswith("runbook-tui: stopped at "))
    stored = len(json.loads(run("sessions", "--json", db=db).stdout))
    at = int(stopped.removeprefix(f"runbook-tui: stopped at {folder}/")[0])
    assert stored == at
    run("import", folder, db=db)


def test_an_import_that_is_stopped_says_how_far_it_came(tmp_path: Path, db: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(3):
        text = (SAMPLES / "loan.jsonl").read_text(encoding="utf-8")
        (folder / f"{number}.jsonl").write_text(text.replace("loan", f"loan{number}"), encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "runbook_tui", "--db", str(db), "import", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith(str(folder / "0.jsonl"))
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    if process.returncode == 0:
        pytest.skip("it was through before the signal came")
    assert process.returncode == 130
    assert told.startswith("runbook-tui: stopped at "), told
    assert told.rstrip().endswith("the same command goes on from here")


def test_a_file_that_is_cut_off_is_told_wherever_it_is_read(tmp_path: Path, db: Path) -> None:
    text = (SAMPLES / "loan.jsonl").read_bytes()
    half = tmp_path / "half.jsonl"
    half.write_bytes(text[: len(text) // 2])
    line = half.read_bytes().count(b"\n") + 1
    commands: list[list[str | Path]] = [["inspect", half], ["compare", half, SAMPLES / "loan-clean.jsonl"]]
    for command in commands:
        done = run(*command, db=db)
        assert f"runbook-tui: left out: {half}:{line}: not JSON" in done.stderr
        found = json.loads(run(*command, "--json", db=db).stdout)
        assert [(item["file"], item["line"]) for item in found["left_out"]] == [(str(half), line)]
    assert "not read whole" in run("compare", SAMPLES / "loan.jsonl", half, db=db).stdout
    assert f"not read: {half}:{line}: not JSON" in run("doctor", half, db=db, status=1).stdout
    packed = tmp_path / "half.gz"
    packed.write_bytes(gzip.compress(text)[:-2000])
    assert f"left out: {packed}: the compressed file ends early" in run("inspect", packed, db=db).stderr


def test_a_file_is_held_against_the_stored_good_runs_of_its_agent(db: Path) -> None:
    run("baseline", "add", SAMPLES / "loan-clean.jsonl", db=db)
    bad = SAMPLES / "loan.jsonl"
    found = json.loads(run("inspect", bad, "--json", db=db).stdout)
    assert len(found["baseline"]) == 1
    given = json.loads(
        run("inspect", bad, "--baseline", SAMPLES / "loan-clean.jsonl", "--json", db=db).stdout
    )
    assert [found[key] for key in ("flags", "suspects")] == [given[key] for key in ("flags", "suspects")]
    alone = json.loads(run("inspect", bad, "--no-baseline", "--json", db=db).stdout)
    assert alone["baseline"] == []
    assert alone["readiness"]["cannot_conclude"] != found["readiness"]["cannot_conclude"]
    run("inspect", bad, "--no-baseline", "--baseline", bad, db=db, status=2)
