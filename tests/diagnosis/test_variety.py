"""The first steps of a reading order are not all of one kind."""

from __future__ import annotations

import pytest

from runbook_tui.diagnosis.case import Case
from runbook_tui.diagnosis.suspects import rank_suspects
from runbook_tui.diagnosis.variety import varied
from runbook_tui.playbook import Playbook
from tests.factories import make_llm, make_session, make_tool, span_id


@pytest.mark.parametrize(
    ("ordered", "order"),
    [
        ("", ""),
        ("a1 a2", "a1 a2"),
        ("a1 a2 a3 b1 c1", "a1 a2 b1 c1 a3"),
        ("a1 a2 a3 a4 b1 b2 b3 c1 c2", "a1 a2 b1 b2 c1 a3 a4 b3 c2"),
        ("a1 a2 a3 a4", "a1 a2 a3 a4"),
    ],
)
def test_a_third_that_shows_the_same_is_read_after_the_first_five(ordered: str, order: str) -> None:
    assert varied(ordered.split(), lambda item: item[0]) == order.split()


def test_after_two_alike_what_shows_something_else_is_read(playbook: Playbook) -> None:
    spans = [make_llm(number, "", calls=[(f"c{number}", "delete_volume", {})]) for number in (1, 3, 5)]
    ran = [
        make_tool(number + 1, "delete_volume", {}, {"ok": 1}, call_id=f"c{number}") for number in (1, 3, 5)
    ]
    says = make_llm(7, "I assume that this was all that was to be done.")
    session = make_session(*(span for pair in zip(spans, ran, strict=True) for span in pair), says)
    order = [item.span_id for item in rank_suspects(Case(session, playbook), ())]
    assert order == [span_id(1), span_id(3), span_id(7), span_id(5)]


def test_where_many_results_are_bad_what_was_made_of_them_is_read_too(playbook: Playbook) -> None:
    bad = [
        make_tool(number, "look", {"page": number}, "Error: not found", status="error")
        for number in (1, 2, 3)
    ]
    says = make_llm(4, "I assume that there are 4711 of them.")
    case = Case(make_session(*bad, says), playbook)
    flags = tuple(case.flag("TOOL_ERROR", "P1", step, "not found") for step in case.tool_steps)
    order = [item.span_id for item in rank_suspects(case, flags)]
    assert order == [span_id(1), span_id(2), span_id(4), span_id(3)]
