"""The user's decisions, and an agent's acts with and without consent."""

from __future__ import annotations

import pytest

from runbook_tui.diagnosis.dialogue import Dialogue


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Actually, there is no need to replace it.", "Actually"),
        ("Let\u2019s cancel order 17 then.", "Let\u2019s"),
        ("Could you cancel it instead?", None),
        ("My name is Ada Example, and my zip code is 12345.", None),
    ],
)
def test_a_turn_decides_when_it_neither_asks_nor_only_answers(text: str, words: str | None) -> None:
    assert Dialogue().user_says(text) == words


@pytest.mark.parametrize(
    ("proposal", "answer", "agreed"),
    [
        ("I would cancel order 17. Please confirm.", "Yes, please.", True),
        ("I would cancel order 17. Please confirm.", "Which order is that?", False),
        ("Order 17 is still pending.", "Yes, I know that.", False),
    ],
)
def test_an_act_is_agreed_when_it_was_proposed_and_consented_to(
    proposal: str, answer: str, agreed: bool
) -> None:
    talk = Dialogue()
    talk.agent_says(proposal)
    talk.user_says(answer)
    assert talk.is_agreed is agreed


def test_nothing_is_agreed_before_anybody_spoke() -> None:
    assert not Dialogue().is_agreed
