"""Playbooks of one's own on the command line: checked where they are opened from, and used by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_commands import SAMPLES, run


@pytest.fixture
def db(tmp_path: Path) -> Path:
    return tmp_path / "rb.db"


@pytest.fixture
def own(tmp_path: Path, db: Path) -> Path:
    """A folder with a fresh playbook of one's own."""
    folder = tmp_path / "pb"
    folder.mkdir()
    text = run("playbook", "new", "my-pb", db=db).stdout
    (folder / "my-pb.yaml").write_text(text, encoding="utf-8")
    return folder


def test_check_looks_where_open_does(own: Path, db: Path) -> None:
    assert "No problem found." in run("--playbooks", own, "playbook", "check", db=db).stdout
    file = own / "my-pb.yaml"
    file.write_text(file.read_text().replace("owner:", "ownre:"), encoding="utf-8")
    done = run("--playbooks", own, "playbook", "check", db=db, status=1)
    assert f"{file}:" in done.stdout
    assert "ownre" in done.stdout
    assert "No problem found." in run("playbook", "check", db=db).stdout


def test_a_folder_without_playbooks_is_told_by_either_way(tmp_path: Path, db: Path) -> None:
    for arguments in (("--playbooks", tmp_path, "playbook", "check"), ("playbook", "check", tmp_path)):
        assert "no playbook in the folder" in run(*arguments, db=db, status=2).stderr


def test_a_playbook_that_is_not_there_cannot_be_opened_with(own: Path, db: Path) -> None:
    sample = SAMPLES / "invoice.jsonl"
    done = run("--playbooks", own, "open", "--playbook", "my-pd", sample, db=db, status=2)
    assert "no such playbook: my-pd: choose one of: agent-incident" in done.stderr
    assert "my-pb" in done.stderr
    assert not db.exists()
    done = run("--playbooks", own, "open", "--playbook", "my-pb", sample, db=db, status=2)
    assert "no terminal" in done.stderr
    assert json.loads(run("incident", "list", "--json", db=db).stdout) == [], "nothing was begun unseen"
