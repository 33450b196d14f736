"""Answers held against all results so far."""

from __future__ import annotations

from typing import Any

import pytest

from runbook_tui.diagnosis.answers import Answers
from runbook_tui.diagnosis.case import Case
from runbook_tui.playbook import Playbook
from tests.factories import make_session, make_tool

KETTLE = {
    "order_id": "PO-7781",
    "items": ["kettle"],
    "fulfilments": [{"tracking_id": "44556677"}],
    "note": "",
}


def wrong(
    playbook: Playbook, asked: str, result: dict[str, Any], answer: str, instructions: str = ""
) -> str | None:
    (step,) = Case(make_session(make_tool(1, "get_order", {}, result)), playbook).session.steps
    answers = Answers(instructions)
    answers.user_says(asked)
    answers.result(step)
    return answers.wrong_in(answer)


@pytest.mark.parametrize(
    ("asked", "answer", "instructions", "said"),
    [
        (
            "Where is my tablet?",
            "The number for the tablet is 44556677.",
            "",
            "gives 44556677 for the tablet",
        ),
        ("Where is my kettle?", "The number for the kettle is 44556677.", "", None),
        ("Where is my tablet?", "I have no number for the tablet yet.", "", None),
        ("Where is my order?", "The number for the tablet is 44556677.", "", None),
        ("Where is my refund?", "The number for the refund is 44556677.", "You may grant refunds.", None),
    ],
)
def test_a_value_is_given_for_what_some_result_names(
    playbook: Playbook, asked: str, answer: str, instructions: str, said: str | None
) -> None:
    found = wrong(playbook, asked, KETTLE, answer, instructions)
    assert found is None if said is None else found is not None and found.startswith(said)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            "Order PO-7781 does not have a tracking number.",
            'says "does not have a tracking number"; of step 1, fulfilments[0].tracking_id = 44556677',
        ),
        ("Order PO-7781 has no note.", None),
        ("Order PO-9999 does not have a tracking number.", None),
        ("Order PO-7781 has a tracking number.", None),
    ],
)
def test_what_is_denied_is_not_in_the_result_about_it(
    playbook: Playbook, answer: str, said: str | None
) -> None:
    assert wrong(playbook, "Where is my order?", KETTLE, answer) == said
