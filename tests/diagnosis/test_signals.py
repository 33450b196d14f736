"""Signals are derived from what the trace has, and stay unknown where it has nothing."""

import json
from typing import Any

import pytest

from runbook_tui.diagnosis import Case, find_flags, find_signals
from runbook_tui.diagnosis.answer_schema import breaks
from runbook_tui.playbook import Playbook
from tests.factories import make_llm, make_session, make_tool

SCHEMA = {
    "type": "object",
    "properties": {
        "amount": {"type": "number"},
        "state": {"enum": ["open", "paid"]},
        "lines": {"type": "array", "items": {"type": "object", "required": ["id"]}},
    },
    "required": ["amount"],
}


def _signal(playbook: Playbook, name: str, text: str, **attributes: Any) -> float | bool | None:
    session = make_session(make_llm(1, text, attributes=attributes))
    case = Case(session, playbook)
    return find_signals(case, find_flags(case))[name].value  # type: ignore[index]


@pytest.mark.parametrize(
    ("attributes", "value"),
    [
        ({"gen_ai.response.logprobs": [-0.1, -0.2]}, 0.8618),
        ({"llm.logprobs": '{"content": [{"token": "a", "logprob": -0.1}]}'}, 0.9048),
        ({"llm.logprobs": "not recorded"}, None),
        ({}, None),
    ],
)
def test_confidence_is_the_mean_token_probability(
    playbook: Playbook, attributes: dict[str, Any], value: float | None
) -> None:
    assert _signal(playbook, "confidence", "Paid.", **attributes) == value


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ('{"amount": 5}', True),
        ('{"amount": 5, "state": "paid", "lines": [{"id": 1}]}', True),
        ('{"amount": "5"}', False),
        ('{"state": "paid"}', False),
        ("It was paid.", False),
    ],
)
def test_the_answer_is_held_against_the_form_asked_for(playbook: Playbook, text: str, fits: bool) -> None:
    asked = {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}}
    given = {"gen_ai.request.response_format": json.dumps(asked)}
    assert _signal(playbook, "downstream_ok", text, **given) is fits
    assert _signal(playbook, "downstream_ok", text) is None


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ({"amount": 1, "lines": [{"id": 1}, {}]}, "lines[1].id"),
        ({"amount": True}, "amount"),
        ({"amount": 1, "state": "lost"}, "state"),
        ([], "answer"),
        ({"amount": 1, "more": None}, None),
    ],
)
def test_it_says_where(value: Any, where: str | None) -> None:
    assert breaks(value, SCHEMA) == where


def test_a_figure_an_action_was_given_without_ground_counts_where_the_answer_states_it(
    playbook: Playbook,
) -> None:
    def grounded(amount: int) -> Any:
        session = make_session(
            make_llm(1, task="Refund order A-1042."),
            make_tool(2, "get_order", {"order_id": "A-1042"}, {"order_id": "A-1042", "total": 45.99}),
            make_tool(3, "issue_refund", {"order_id": "A-1042", "amount_cents": amount}, {"amount": amount}),
            make_llm(4, f"Refunded EUR {amount / 100:,.2f} for order A-1042."),
        )
        case = Case(session, playbook)
        return find_signals(case, find_flags(case))["grounded"].value

    assert grounded(4599) == 1.0
    assert grounded(459900) == 0.5
