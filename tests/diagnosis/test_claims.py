"""Sentences are held against the results at hand; what these do not settle is left alone."""

from typing import Any

import pytest

from runbook_tui.diagnosis import Case, find_flags
from runbook_tui.diagnosis.claims import contradicted_claims
from runbook_tui.playbook import load_all, playbook_dirs
from tests.factories import make_llm, make_session, make_tool

SHIRTS = {
    "name": "T-Shirt",
    "variants": {
        "1": {"color": "blue", "available": True, "price": 50.88},
        "2": {"color": "red", "available": True, "price": 46.85},
        "3": {"color": "red", "available": False, "price": 40.0},
        "4": {"color": "black", "available": True, "price": 52.0},
    },
}
FLIGHTS = [
    {"no": "A1", "price": 300, "departs": "2026-11-20"},
    {"no": "B2", "price": 250, "departs": "2026-11-22"},
]
ORDER = {"order_id": "C-771", "status": "pending"}


def _about(text: str, result: Any, **fields: Any) -> list[str]:
    playbook = load_all(playbook_dirs()).default
    session = make_session(make_tool(1, "lookup", {}, result, **fields), make_llm(2, text))
    return [claim.about for claim in contradicted_claims(Case(session, playbook))]


@pytest.mark.parametrize(
    ("text", "result", "about"),
    [
        ("There are 4 available T-shirt options.", SHIRTS, "count"),
        ("I found three flights. Shall I book?", {"flights": FLIGHTS}, "count"),
        ("No results were found for that route.", FLIGHTS, "none"),
        ("The cheapest flight is $300.", FLIGHTS, "extreme"),
        ("The lowest price for an available red shirt is 40.", SHIRTS, None),
        ("The cheapest shirt is 46.85.", SHIRTS, "extreme"),
        ("The latest departure is 2026-11-20.", FLIGHTS, "latest"),
        ("Your order is delivered.", ORDER, "status"),
        ("Your refund has been processed.", {"success": False, "reason": "limit"}, "success"),
        ("The booking was made successfully.", {"error": "seat taken"}, "success"),
    ],
)
def test_what_the_result_contradicts(text: str, result: Any, about: str | None) -> None:
    assert _about(text, result) == ([about] if about else [])


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("There are 3 available T-shirt options.", SHIRTS),
        ("There are two red variants, one of them available.", SHIRTS),
        ("I found 40 flights in all.", {"total": 40, "flights": FLIGHTS}),
        ("I found two hotels near there.", {"flights": FLIGHTS}),
        ("The cheapest flight is $250.", FLIGHTS),
        ("The latest departure is 2026-11-22.", FLIGHTS),
        ("Your order is pending.", ORDER),
        ("Is it delivered?", ORDER),
        ("Once it is delivered you can return it.", ORDER),
        ("The refund could not be processed successfully.", {"success": False}),
        ("Sorry, that failed: the seat has been booked by someone else.", {"error": "seat taken"}),
        ("No results were found.", []),
        ("The cheapest available red variant is 46.85.", SHIRTS),
    ],
)
def test_what_the_result_bears_out_or_leaves_open(text: str, result: Any) -> None:
    assert _about(text, result) == []


def test_an_earlier_agents_results_are_not_at_hand() -> None:
    playbook = load_all(playbook_dirs()).default
    session = make_session(
        make_tool(1, "lookup", {}, FLIGHTS, agent="a"),
        make_llm(2, "Two flights.", agent="a"),
        make_llm(3, "The cheapest flight is $300.", agent="a"),
    )
    assert list(contradicted_claims(Case(session, playbook))) == []


def test_the_flag_names_both_sides() -> None:
    playbook = load_all(playbook_dirs()).default
    session = make_session(make_tool(1, "lookup", {}, FLIGHTS), make_llm(2, "The cheapest flight is $300."))
    (flag,) = (flag for flag in find_flags(Case(session, playbook)) if flag.flag == "UNGROUNDED_VALUE")
    assert flag.detail == 'says "The cheapest flight is $300."; of step 1, its lowest price is 250'
