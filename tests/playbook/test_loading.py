"""What is loaded: everything the file says, what it inherits, and which file wins."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from pydantic import ValidationError

from runbook_tui.playbook import (
    ChoiceStep,
    PlaybookError,
    check_playbooks,
    load_all,
    load_playbook,
    new_playbook,
    playbook_dirs,
    shipped_dir,
)

GOOD = Path(__file__).parent / "good"

CHILD = """\
schema: runbook_tui/playbook/v1
id: {id}
title: "A child"
version: "1.0.0"
extends: {extends}
"""


def write(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_good_files_have_no_problems() -> None:
    assert check_playbooks([GOOD]) == []


def test_everything_that_is_stated_is_loaded() -> None:
    playbook = load_playbook(GOOD / "everything.yaml")
    stop = playbook.step("stop_agent")
    assert isinstance(stop, ChoiceStep)
    assert stop.options[0].run is not None
    assert stop.options[0].run.argv[2] == "{{ namespace }}"
    assert [step.kind for _, step in playbook.steps()] == [
        "choice", "manual", "ask", "ask", "ask", "ask", "checklist",
    ]  # fmt: skip
    assert playbook.rooms["blast_radius"] is playbook.rooms.blast_radius
    assert playbook.classification.rules[0].when.min_flag_count == {"TOOL_ERROR": 2}
    assert playbook.thresholds.token_budget == 100_000
    assert playbook.thresholds.loop_repeats == 3
    assert playbook.step("no_such_step") is None


def test_unquoted_no_stays_text() -> None:
    pick = load_playbook(GOOD / "everything.yaml").step("pick")
    assert pick is not None
    assert pick.kind == "ask"
    assert pick.options == ("yes", "no")


def test_a_playbook_cannot_be_changed() -> None:
    playbook = load_playbook(GOOD / "everything.yaml")
    with pytest.raises(ValidationError):
        playbook.title = "Another"  # type: ignore[misc]


def test_the_digest_of_a_single_file_is_that_of_its_bytes() -> None:
    playbook = load_playbook(GOOD / "everything.yaml")
    assert playbook.sha256 == hashlib.sha256((GOOD / "everything.yaml").read_bytes()).hexdigest()
    assert playbook.path == GOOD / "everything.yaml"


def test_a_child_inherits_what_it_does_not_state() -> None:
    parent, child = load_playbook(GOOD / "everything.yaml"), load_playbook(GOOD / "child.yaml")
    assert child.owner == parent.owner
    assert child.order == parent.order
    assert child.rooms.capture.lead == "Restated."
    assert child.rooms.capture.steps == ()
    assert child.rooms.contain == parent.rooms.contain
    assert [entry.match for entry in child.tools] == ["*"]
    assert (child.thresholds.loop_repeats, child.thresholds.token_budget) == (5, 100_000)
    assert child.mode is None


def test_the_digest_of_a_child_changes_with_its_parent(tmp_path: Path) -> None:
    parent = write(tmp_path, "p.yaml", (GOOD / "everything.yaml").read_text())
    file = write(tmp_path, "c.yaml", CHILD.format(id="c", extends="everything"))
    before = load_playbook(file)
    parent.write_text(parent.read_text() + "# a comment\n")
    after = load_playbook(file)
    assert [source.path for source in after.sources] == [file, parent]
    assert before.sources[0] == after.sources[0]
    assert before.sha256 != after.sha256


def test_what_is_wrong_in_a_parent_is_reported_there(tmp_path: Path) -> None:
    text = (GOOD / "everything.yaml").read_text().replace("gap_min_length: 10", "gap_min_lenght: 10")
    parent = write(tmp_path, "p.yaml", text)
    file = write(tmp_path, "c.yaml", CHILD.format(id="c", extends="everything") + "titel: x\n")
    line = text.splitlines().index("  gap_min_lenght: 10") + 1
    said = [(p.path, p.line, p.where) for p in check_playbooks([file])]
    assert said == [(file, 5, "extends"), (file, 6, "titel"), (parent, line, "postmortem.gap_min_lenght")]


def test_what_does_not_fit_the_parent_is_reported_in_the_child(tmp_path: Path) -> None:
    text = CHILD.format(id="c", extends="everything") + (
        'rooms:\n  capture:\n    lead: "x"\n    steps:\n'
        '      - {id: tick, title: "Taken in another room", kind: manual, text: "x"}\n'
    )
    (problem,) = check_playbooks([write(tmp_path, "c.yaml", text), write(
        tmp_path, "p.yaml", (GOOD / "everything.yaml").read_text())])  # fmt: skip
    assert (problem.path.name, problem.line) == ("c.yaml", 5)
    assert problem.where == "rooms.blast_radius.steps.0.id"
    assert problem.message.startswith("inherited from everything, does not fit here: another step has the id")


def test_a_later_folder_replaces_a_playbook_and_may_extend_the_one_it_replaces(tmp_path: Path) -> None:
    text = CHILD.format(id="agent-incident", extends="agent-incident") + "thresholds: {token_budget: 9000}\n"
    write(tmp_path, "ours.yaml", text)
    playbooks = load_all(playbook_dirs([tmp_path]))
    assert playbooks.problems == ()
    assert playbooks.default.title == "A child"
    assert playbooks.default.thresholds.token_budget == 9000
    assert playbooks["cost-runaway"].thresholds.token_budget == 9000, "shipped playbooks inherit the change"


def test_a_bad_file_stops_no_other(tmp_path: Path) -> None:
    text = CHILD.format(id="agent-incident", extends="agent-incident")
    write(tmp_path, "a.yaml", text + "thresholds: {token_budget: many}\n")
    write(tmp_path, "b.yaml", CHILD.format(id="mine", extends="cost-runaway"))
    write(tmp_path, "c.yaml", "[")
    playbooks = load_all([*playbook_dirs([tmp_path]), tmp_path / "absent"])
    assert [problem.path.name for problem in playbooks.problems] == ["absent", "a.yaml", "c.yaml"]
    assert playbooks.default.path == shipped_dir() / "agent-incident.yaml"
    assert "mine" in playbooks


def test_a_mode_is_served_by_the_last_folder_that_has_it(tmp_path: Path) -> None:
    shipped = load_all(playbook_dirs())
    assert shipped.for_mode("cost_runaway").id == "cost-runaway"
    assert shipped.for_mode("unclear") is shipped.default
    write(tmp_path, "mine.yaml", CHILD.format(id="mine", extends="cost-runaway") + "mode: cost_runaway\n")
    both = load_all(playbook_dirs([tmp_path]))
    assert both.for_mode("cost_runaway").id == "mine"
    assert both.for_mode("tool_misfire").id == "tool-misfire"


def test_without_any_playbook_there_is_no_default(tmp_path: Path) -> None:
    playbooks = load_all([tmp_path])
    assert len(playbooks) == 0
    with pytest.raises(PlaybookError):
        _ = playbooks.default


def test_a_new_playbook_is_valid_as_it_is(tmp_path: Path) -> None:
    playbook = load_playbook(write(tmp_path, "fresh.yaml", new_playbook("our-refund-agent")))
    assert (playbook.id, playbook.title) == ("our-refund-agent", "Our refund agent")


@pytest.mark.parametrize("odd", ["", "Upper", "a b", "-x", "x\ny", "x" * 65, "../x"])
def test_a_new_playbook_needs_a_proper_id(odd: str) -> None:
    with pytest.raises(ValueError, match="lower-case"):
        new_playbook(odd)
