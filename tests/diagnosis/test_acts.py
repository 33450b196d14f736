"""What a step does rather than says, also where no call is asked for by id."""

from __future__ import annotations

import pytest

from runbook_tui.diagnosis.case import Case
from runbook_tui.diagnosis.content import Content, read_content
from runbook_tui.diagnosis.naming import sounds_like_reading
from runbook_tui.playbook import Playbook
from runbook_tui.trace import Span
from tests.factories import make_llm, make_session, make_tool

DELETES = "Thought: it is full.\n<code>\nr = delete_volume(volume='vol-a')\nprint(r)\n</code>"


def content(playbook: Playbook, *spans: Span) -> list[Content]:
    return read_content(Case(make_session(*spans), playbook))


def test_code_that_names_the_tool_that_runs_next_calls_it(playbook: Playbook) -> None:
    ran = make_tool(2, "delete_volume", {"volume": "vol-a"}, {"ok": True})
    found = content(playbook, make_llm(1, DELETES), ran)[0].traits
    assert found["calls"] == "acts: its code calls delete_volume"
    assert found["code"] == "acts: writes code"
    assert found["changes"] == "changes something outside: delete_volume"


def test_code_calls_no_tool_that_does_not_run_or_that_it_does_not_name(playbook: Playbook) -> None:
    assert "calls" not in content(playbook, make_llm(1, DELETES))[0].traits
    other = make_tool(2, "volume", {}, {"ok": True})
    assert "calls" not in content(playbook, make_llm(1, DELETES), other)[0].traits


def test_a_call_that_hands_back_what_it_was_given_is_an_answer(playbook: Playbook) -> None:
    asked = make_llm(1, "That should do.", calls=[("c", "final_answer", {"answer": "done"})])
    ran = make_tool(2, "final_answer", {"answer": "done"}, "done", call_id="c")
    assert "calls" not in content(playbook, asked, ran)[0].traits
    other = make_tool(2, "final_answer", {"answer": "done"}, "refused", call_id="c")
    assert "calls" in content(playbook, asked, other)[0].traits


def test_trouble_in_any_of_the_calls_made_at_once_is_seen(playbook: Playbook) -> None:
    calls = [("c1", "get_order", {"order": "a"}), ("c2", "get_order", {"order": "b"})]
    found = content(
        playbook,
        make_llm(1, "", calls=calls),
        make_tool(2, "get_order", {"order": "a"}, {"total": 1}, call_id="c1"),
        make_tool(3, "get_order", {"order": "b"}, "Error: not found", call_id="c2"),
    )
    assert found[0].traits["trouble"] == "right before an error or an empty result at step 3"


@pytest.mark.parametrize(
    ("name", "reads"),
    [
        ("order_status", True),
        ("match_stats", True),
        ("crm_lookup", True),
        ("chercher_tarif", True),
        ("share_report", False),
        ("ticket_update_status", False),
        ("reduce_balance", False),
        ("checkout", False),
        ("clear_history", False),
    ],
)
def test_what_a_tools_name_says(name: str, reads: bool) -> None:
    assert sounds_like_reading(name) is reads
