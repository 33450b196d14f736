"""The wheel: everything the program needs at run time is in it and is found there."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    options = ["--disable-pip-version-check", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run([*command, *options], check=True, capture_output=True, timeout=120)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "unpacked")
    return folder / "unpacked"


def _names(folder: Path, *patterns: str) -> set[str]:
    return {str(path.relative_to(folder)) for pattern in patterns for path in folder.rglob(pattern)}


def test_playbooks_and_samples_are_inside(unpacked: Path) -> None:
    shipped = unpacked / "runbook_tui" / "_shipped"
    assert _names(shipped / "playbooks", "*.yaml") == _names(ROOT / "playbooks", "*.yaml") != set()
    samples = {path.name for path in (ROOT / "sample_sessions").glob("*.*l")}
    assert samples <= _names(shipped / "sample_sessions", "*.jsonl", "*.yaml")
    assert len(samples) >= 24


def test_every_file_of_the_package_is_inside(unpacked: Path) -> None:
    """Style sheets, templates and the marker of a typed package go with the code."""
    kept = {
        name
        for name in _names(ROOT / "runbook_tui", "*.*")
        if "__pycache__" not in name and (ROOT / "runbook_tui" / name).is_file()
    }
    assert kept <= _names(unpacked / "runbook_tui", "*.*")
    assert "py.typed" in kept


def test_an_installed_program_finds_what_it_ships(unpacked: Path) -> None:
    script = (
        "import runbook_tui, sys\n"
        "from runbook_tui.playbook import load_all, playbook_dirs\n"
        "assert runbook_tui.__file__.startswith(sys.argv[1]), runbook_tui.__file__\n"
        "found = load_all(playbook_dirs())\n"
        "assert not found.problems, found.problems\n"
        "print(*sorted(found))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, unpacked],
        cwd=unpacked,
        env={"PYTHONPATH": str(unpacked)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == sorted(path.stem for path in (ROOT / "playbooks").glob("*.yaml"))
