"""Cost: recorded, else by the price table, else unknown; never a part passed off as the whole."""

from __future__ import annotations

import pytest

from runbook_tui.diagnosis import diagnose
from runbook_tui.playbook import ModelPrice, Playbook, Prices
from tests.factories import make_llm, make_session, make_tool

PRICES = Prices(as_of="2026-01-01", models=(ModelPrice(match="small-*", input=1.0, output=10.0),))


@pytest.fixture
def priced(playbook: Playbook) -> Playbook:
    return playbook.model_copy(update={"prices": PRICES})


@pytest.mark.parametrize("model", ["small-1", "small-1-2026-01-31", "acme/small-1", "Small-1-20260131"])
def test_a_name_is_found_with_date_and_provider(model: str) -> None:
    assert PRICES.cost(model, 1_000_000, 100_000) == 2.0


@pytest.mark.parametrize(
    ("model", "asked", "said"), [("large", 1, 1), (None, 1, 1), ("small-1", None, 1), ("small-1", 1, None)]
)
def test_what_is_unknown_costs_an_unknown_amount(
    model: str | None, asked: int | None, said: int | None
) -> None:
    assert PRICES.cost(model, asked, said) is None


def test_a_recorded_cost_wins(priced: Playbook) -> None:
    session = make_session(make_llm(1, "a", model="small-1", input_tokens=10, output_tokens=1, cost_usd=0.5))
    findings = diagnose(session, priced)
    assert findings.session.cost_usd == 0.5
    assert findings.steps[0].cost_usd == 0.5


def test_one_unknown_call_makes_the_sum_unknown_but_not_its_own_agent(priced: Playbook) -> None:
    session = make_session(
        make_llm(1, "a", model="small-1", agent="lead", input_tokens=1_000_000, output_tokens=0),
        make_llm(2, "b", model="large", agent="helper", input_tokens=10, output_tokens=1),
    )
    findings = diagnose(session, priced)
    assert findings.session.cost_usd is None
    assert {agent.name: agent.cost_usd for agent in findings.agents} == {"lead": 1.0, "helper": None}
    assert [step.cost_usd for step in findings.steps] == [1.0, None]


def test_a_failed_call_without_usage_costs_nothing(priced: Playbook) -> None:
    session = make_session(
        make_llm(1, "a", model="small-1", input_tokens=1_000_000, output_tokens=0),
        make_llm(2, "", model="small-1", status="error", input_tokens=None, output_tokens=None),
    )
    assert diagnose(session, priced).session.cost_usd == 1.0


def test_a_tool_costs_its_share_of_the_calls_that_asked_for_it(priced: Playbook) -> None:
    session = make_session(
        make_llm(
            1,
            calls=[("a", "look", {}), ("b", "pay", {})],
            model="small-1",
            input_tokens=1000,
            output_tokens=100,
        ),
        make_tool(2, "look", call_id="a"),
        make_tool(3, "pay", call_id="b", status="error"),
        make_llm(4, calls=[("c", "look", {})], model="small-1", input_tokens=2000, output_tokens=0),
        make_tool(5, "look", call_id="c"),
        make_tool(6, "audit"),
    )
    found = [(use.tool, use.calls, use.errors, use.cost_usd) for use in diagnose(session, priced).tools]
    assert found == [("look", 2, 0, 0.003), ("pay", 1, 1, 0.001), ("audit", 1, 0, None)]
