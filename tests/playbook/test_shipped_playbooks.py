"""The files that come with the program keep the promises of the two founding runbooks."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from runbook_tui.playbook import (
    ChecklistEvidence,
    ChoiceStep,
    Playbook,
    Playbooks,
    Thresholds,
    check_playbooks,
    load_all,
    playbook_dirs,
    schema_text,
    shipped_dir,
)
from runbook_tui.trace.words import MODES, PATTERNS, CauseName

ELEVEN = """\
Trace exported and stored
Fault origin named by step
Failure mode decided
Cascade recorded up to the wrong output
Every action reversible or irreversible
Remediation started for irreversible ones
Contributing factors listed, not one cause
Detection gap described
Regression eval case added
Alert or flag set for this signature
Postmortem sent within 48 hours
"""
FILES = sorted(shipped_dir().glob("*.yaml"))


@pytest.fixture(scope="module")
def playbooks() -> Playbooks:
    return load_all(playbook_dirs())


def test_no_problems(playbooks: Playbooks) -> None:
    assert check_playbooks([shipped_dir()]) == []
    assert sorted(playbooks) == sorted(file.stem for file in FILES)
    assert len(playbooks) == 5


def test_the_committed_schema_is_fresh() -> None:
    assert (shipped_dir() / "playbook.schema.json").read_text(encoding="utf-8") == schema_text()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_editors_find_the_schema(file: Path) -> None:
    first = file.read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=./playbook.schema.json"


def test_the_checklist_is_the_eleven_items(playbooks: Playbooks) -> None:
    for playbook in playbooks.values():
        checklist = playbook.postmortem.checklist
        assert [item.text for item in checklist] == ELEVEN.splitlines()
        assert [item.evidence for item in checklist] == list(get_args(ChecklistEvidence))


def test_every_mode_has_a_first_action_and_its_playbook(playbooks: Playbooks) -> None:
    assert tuple(playbooks.default.classification.first_actions) == MODES
    for mode in MODES[:-1]:
        playbook = playbooks.for_mode(mode)
        named = playbooks.default.classification.first_actions[mode]
        assert playbook.mode == mode
        assert (named.text, named.room, named.playbook) == (
            playbook.first_action.text, playbook.first_action.room, playbook.id,
        )  # fmt: skip


def test_every_mode_pattern_and_cause_can_be_proposed(playbooks: Playbooks) -> None:
    rules = playbooks.default.classification.rules
    assert {rule.mode for rule in rules} == set(MODES)
    assert {rule.pattern for rule in rules if rule.pattern} == set(PATTERNS)
    assert {rule.cause for rule in playbooks.default.causes} == set(get_args(CauseName))


def test_containment_comes_first_and_a_misfire_is_audited_before_it_is_traced(playbooks: Playbooks) -> None:
    assert {playbook.order[0] for playbook in playbooks.values()} == {"contain"}
    misfire = playbooks["tool-misfire"].order
    assert misfire.index("blast_radius") < misfire.index("trace_back")
    assert playbooks["hallucination-propagation"].order.index("trace_back") == 2
    kill = playbooks["cost-runaway"].rooms.contain.steps[0]
    assert isinstance(kill, ChoiceStep)
    assert kill.options[0].id == "kill_process"
    assert playbooks["context-poisoning"].step("quarantine_memory") is not None


@pytest.mark.parametrize(
    "stop", ["scale_to_zero", "cancel_consumer", "block_gateway_key", "kill_process", "another_way"]
)
def test_the_default_offers_each_way_to_stop_an_agent(playbooks: Playbooks, stop: str) -> None:
    step = playbooks.default.step("stop_agent")
    assert isinstance(step, ChoiceStep)
    assert stop in [option.id for option in step.options]


def test_scaling_to_zero_is_undone_with_the_earlier_count(playbooks: Playbooks) -> None:
    step = playbooks.default.step("stop_agent")
    assert isinstance(step, ChoiceStep)
    run = next(option.run for option in step.options if option.id == "scale_to_zero")
    assert run is not None
    assert run.undo is not None
    assert "--replicas={{previous_replicas}}" in run.undo


def test_thresholds_are_those_of_the_runbooks(playbooks: Playbooks) -> None:
    stated = playbooks.default.thresholds
    assert stated.model_copy(update={"fallback_tools": ("*fallback*",)}) == Thresholds()
    assert (stated.loop_similarity, stated.loop_repeats, stated.budget_warning) == (0.90, 3, 0.60)
    assert (stated.grounded_min, stated.confidence_min, stated.cost_ratio) == (0.75, 0.70, 5.0)


@pytest.mark.parametrize(
    ("factor", "refused"),
    [
        ("LLM hallucination", True),
        ("Hallucination.", True),
        ("human error", True),
        ("The model made a mistake", True),
        ("model error ", True),
        ("The tool's schema changed without notice", False),
        ("The prompt lets the model hallucinate ids", False),
    ],
)
def test_a_factor_that_names_nothing_is_refused(playbooks: Playbooks, factor: str, refused: bool) -> None:
    assert playbooks.default.postmortem.factors.refuses(factor) is refused


def words_on_screen(playbook: Playbook) -> list[str]:
    words = [playbook.title, playbook.first_action.text]
    words += [rule.because for rule in playbook.classification.rules]
    for room, step in playbook.steps():
        words += [playbook.rooms[room].lead, step.title, step.help or step.title]
    return words


def test_the_words_are_calm(playbooks: Playbooks) -> None:
    for playbook in playbooks.values():
        for text in words_on_screen(playbook):
            assert "!" not in text
            assert text[0].isupper()
