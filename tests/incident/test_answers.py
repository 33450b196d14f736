"""A true answer may be short, and what is asked for is said before it is given."""

from __future__ import annotations

from runbook_tui.incident import Response, answer_hint
from runbook_tui.incident.answers import answer_problem
from runbook_tui.playbook import Playbooks
from tests.incident import walk


def test_counts_names_and_none_are_answers(response: Response) -> None:
    for name, said in (("people_affected", "none"), ("people_affected", "1"), ("first_seen", "Mira Sam")):
        response.answer(walk.step_of(response, name), said)
        assert response.state.answers[name] == said


def test_a_least_length_is_announced(playbooks: Playbooks) -> None:
    """In every question of every playbook that has one."""
    for playbook in playbooks.values():
        for _, step in playbook.steps():
            if step.kind == "ask" and step.type == "text" and answer_problem(step, "none"):
                assert f"{step.min_length} characters or more" in answer_hint(step)
    asked = playbooks.default.step("inverse_question")
    assert asked is not None
    assert answer_hint(asked) == "15 characters or more"
    helped = asked.model_copy(update={"help": "As it saw the task."})
    assert answer_hint(helped) == "As it saw the task. (15 characters or more)"
