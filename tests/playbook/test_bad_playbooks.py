"""Every way a file can be wrong, with the lines the user reads beside it (`bad/x.yaml`, `bad/x.txt`)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from runbook_tui.playbook import PlaybookError, check_playbooks, load_playbook

BAD = Path(__file__).parent / "bad"


@pytest.mark.parametrize("file", sorted(BAD.glob("*.yaml")), ids=lambda file: file.stem)
def test_every_problem_is_reported_with_its_line(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BAD)
    said = [str(problem) for problem in check_playbooks([Path(file.name)])]
    assert said == file.with_suffix(".txt").read_text(encoding="utf-8").splitlines()
    assert said


@pytest.mark.parametrize("file", sorted(BAD.glob("*.yaml")), ids=lambda file: file.stem)
def test_a_bad_file_is_never_loaded(file: Path) -> None:
    with pytest.raises(PlaybookError) as caught:
        load_playbook(file)
    assert caught.value.problems == tuple(check_playbooks([file]))
    assert str(caught.value).count("\n") == len(caught.value.problems) - 1


def test_all_files_are_checked_at_once() -> None:
    problems = check_playbooks([BAD / "empty.yaml", BAD / "not_yaml.yaml", BAD / "absent.yaml"])
    assert [problem.path.name for problem in problems] == ["absent.yaml", "empty.yaml", "not_yaml.yaml"]


def test_a_folder_stands_for_the_files_in_it() -> None:
    assert {problem.path.name for problem in check_playbooks([BAD])} == {
        file.name for file in BAD.glob("*.yaml")
    }


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "large.yaml"
    file.write_bytes(b"id: x\n" + b"#" * (1024 * 1024))
    assert [problem.message for problem in check_playbooks([file])] == [
        "larger than 1 MiB; a playbook is a few hundred lines"
    ]


def test_a_pipe_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    assert [problem.message for problem in check_playbooks([tmp_path / "pipe.yaml"])] == [
        "not a regular file"
    ]


def test_a_missing_file_and_a_broken_link_are_problems(tmp_path: Path) -> None:
    (tmp_path / "link.yaml").symlink_to(tmp_path / "nowhere")
    for name in ("link.yaml", "absent.yaml", "nul\0.yaml"):
        (problem,) = check_playbooks([tmp_path / name])
        assert problem.message.startswith("cannot be read: ")


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read everything")
def test_an_unreadable_file_is_a_problem(tmp_path: Path) -> None:
    file = tmp_path / "secret.yaml"
    file.write_text("id: x")
    file.chmod(0)
    assert [problem.message for problem in check_playbooks([file])] == ["cannot be read: Permission denied"]


def test_two_files_of_a_folder_cannot_have_one_id(tmp_path: Path) -> None:
    text = (
        'schema: runbook_tui/playbook/v1\nid: twin\ntitle: "T"\nversion: "1.0.0"\nextends: agent-incident\n'
    )
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(text)
    (problem,) = check_playbooks([tmp_path])
    assert (problem.path.name, problem.line, problem.where) == ("b.yaml", 2, "id")
    assert "a.yaml has the id 'twin' too" in problem.message


def test_what_is_said_is_harmless_to_a_terminal(tmp_path: Path) -> None:
    file = tmp_path / "\x1b[2J.yaml"
    file.write_text('"\\e]0;title\\a": {"b": "\\x9b", "b": 1}\n' + "k" * 1000 + ": 1\n")
    said = [str(problem) for problem in check_playbooks([file])]
    assert len(said) == 3
    assert all(text.isprintable() and len(text) < 300 for text in said)


@pytest.mark.parametrize(
    "body", ["tools: [" + "1," * 400_000 + "]", "".join(f"k{i}: 1\n" for i in range(80_000))]
)
def test_a_file_with_too_many_values_is_not_read_to_its_end(tmp_path: Path, body: str) -> None:
    file = tmp_path / "wide.yaml"
    file.write_text(body)
    assert [problem.message for problem in check_playbooks([file])] == ["more than 20,000 values"]
