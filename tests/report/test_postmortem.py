"""The postmortem of a sample incident."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from runbook_tui.incident import Response
from runbook_tui.incident.execution import Ended
from runbook_tui.report import postmortem_markdown
from tests.evals.conftest import Opener
from tests.incident import walk


@pytest.fixture(scope="module")
def invoice(opened: Opener) -> Response:
    response = opened("invoice")
    response.mark_origin(response.findings.suspects[0].span_id)
    response.classify("tool_misfire", "an approval with made-up amounts")
    return response


def front_matter(markdown: str) -> dict[str, Any]:
    head = markdown.split("---\n")[1]
    data: dict[str, Any] = yaml.safe_load(head)
    return data


def test_front_matter_is_data(invoice: Response) -> None:
    head = front_matter(postmortem_markdown(invoice))
    assert head["incident"] == invoice.id
    assert head["failure_mode"] == "tool_misfire"
    assert head["proposed_mode"] == "tool_misfire"
    assert head["fault_origin_step"] == 6
    assert head["external_actions"] == {
        "total": 2,
        "reversible": 1,
        "irreversible": 1,
        "unknown": 0,
        "not_recorded": 0,
        "before_origin": {"total": 0, "reversible": 0, "irreversible": 0, "unknown": 0},
    }


def test_many_actions_stand_behind_the_factors(opened: Opener) -> None:
    few, many = (postmortem_markdown(opened(sample)) for sample in ("invoice", "loan"))
    table = "| # | Step | Tool | Arguments | Effect | Owner | Reversal plan | Status |\n|---|---|---|"
    assert few.index(table) < few.index("## 5. Contributing factors")
    assert "Appendix D" not in few
    assert many.index("## Appendix D. External actions\n\n| # | Step |") > many.index("## 10. Checklist")
    assert many.count(table) == 1
    assert "one by one.\n\n" in many


def test_what_was_run_stands_beside_what_was_done_by_hand(opened: Opener) -> None:
    response = opened("invoice")
    scale = walk.stop_option(response, "scale_to_zero")
    run = response.begin_command(scale, "stop", {"namespace": "agents"})
    response.end_command(run, Ended("exited", 1, "forbidden,\ntoken=AbCdEfGhIjKlMnOp", 0, 0.3))
    response.stop_done(walk.stop_option(response), (), "revoked its key")
    response.begin_command(scale, "check", {"namespace": "agents"})
    lines = postmortem_markdown(response).partition("## Appendix A. Commands run")[2].splitlines()[4:7]
    assert "kubectl -n agents scale" in lines[0]
    assert "exit status 1 after 0.3 s; it said: forbidden" in lines[0]
    assert "AbCdEfGh" not in lines[0]
    assert "by hand | revoked its key" in lines[1]
    assert "Check of: Kubernetes" in lines[2]
    assert "not known" in lines[2]


def test_evidence_of_many_steps_names_the_first_and_the_last(opened: Opener) -> None:
    text = postmortem_markdown(opened("loan"))
    assert "- 847 external actions (steps 4 to " in text
    assert " to 4 |" not in text


def test_what_happened_to_people_and_rules_stands_in_impact(opened: Opener) -> None:
    response = opened("pricing")
    for name, said in (
        ("people_affected", "none"),
        ("safety_or_compliance", "yes"),
        ("first_seen", "Mira Sam"),
    ):
        response.answer(walk.step_of(response, name), said)
    response.classify("cost_runaway")
    text = postmortem_markdown(response)
    impact = text.partition("## 4. Impact")[2].partition("## 5.")[0]
    assert "- How many people or records were affected, and who tells them? none\n" in impact
    assert "- Did this break a safety rule, a law or a contract? yes\n" in impact
    answers = text.partition("## Appendix C. Answers")[2]
    assert "noticed it first, and when (UTC)? Mira Sam" in answers
    assert "safety rule" not in answers
    assert "A safety rule, a law or a contract was broken." in text.partition("## 1.")[0]
