"""A proposed case fails on the captured trace and passes on the corrected one."""

from __future__ import annotations

import pytest

from runbook_tui.evals import grade, propose_case, prove
from runbook_tui.incident import load
from tests.evals.conftest import SAMPLES, Opener

NAMES = ("compliance", "delegation", "goal-drift", "invoice", "legacy-empty", "loan", "pricing", "retry-loop")


@pytest.mark.parametrize("name", NAMES)
def test_red_on_the_failed_run_and_green_on_the_good_one(opened: Opener, name: str) -> None:
    response = opened(name)
    proof = prove(response, propose_case(response))
    assert proof.guards
    assert proof.lets_good_pass is True


@pytest.mark.parametrize("name", NAMES)
def test_proposed_without_a_good_run_it_lets_one_pass_all_the_same(opened: Opener, name: str) -> None:
    response = opened(name, good=False)
    case = propose_case(response)
    proof = prove(response, case)
    assert proof.guards
    assert proof.green is None
    good, *_ = load(None, str(SAMPLES / f"{name}-clean.jsonl"))
    assert grade(case, good, response.playbook).failures == ()


def test_a_case_names_its_factors_one_by_one(opened: Opener) -> None:
    response = opened("invoice")
    said = ("The prompt never says to compare the order's total", "No limit on a payment's amount")
    for statement in said:
        response.add_factor("prompt", statement)
    case = propose_case(response)
    assert case.contributing_factors == said
    assert not any(statement in case.root_cause for statement in said)
