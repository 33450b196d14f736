"""Claims about many results at once: that all are so, and what they sum up to."""

from __future__ import annotations

from typing import Any

import pytest

from runbook_tui.diagnosis import Case
from runbook_tui.diagnosis.claims import contradicted_claims
from runbook_tui.playbook import Playbook
from tests.factories import make_llm, make_session, make_tool

CHECKED = [
    {"vat_id": "DE81", "valid": True},
    {"vat_id": "ES28", "valid": False},
    {"vat_id": "NL00", "valid": True},
]
ITEMS = [
    {"kind": "train", "amount": "89,00"},
    {"kind": "hotel", "amount": "214,50"},
    {"kind": "taxi", "amount": "31,20"},
]
ORDERS = [{"order": "A-1", "total": 120.5}, {"order": "A-2", "total": 79.5}]


def told(playbook: Playbook, results: list[Any], says: str) -> list[tuple[str, int, str]]:
    tools = [make_tool(n, "get_one", {"n": n}, result) for n, result in enumerate(results, 1)]
    session = make_session(*tools, make_llm(len(tools) + 1, says))
    found = contradicted_claims(Case(session, playbook))
    return [(claim.about, claim.result.number, claim.detail) for claim in found]


@pytest.mark.parametrize(
    ("results", "says", "claim"),
    [
        (CHECKED, "All 3 VAT ids are valid.", ("all", 2, "valid is false")),
        ([CHECKED], "All of the VAT ids are valid.", ("all", 1, "valid is false")),
        (
            [{"items": ITEMS}],
            "The sum is 344.70, below the limit.",
            ("sum", 1, "its amount sums up to 334.70"),
        ),
        (ORDERS, "Altogether that is 210.00 EUR.", ("sum", 2, "its total sums up to 200.0")),
    ],
)
def test_it_is_contradicted(
    results: list[Any], says: str, claim: tuple[str, int, str], playbook: Playbook
) -> None:
    assert told(playbook, results, says) == [claim]


@pytest.mark.parametrize(
    ("results", "says"),
    [
        (CHECKED, "All but ES28 are valid."),
        (CHECKED, "Not all VAT ids are valid."),
        (CHECKED, "All 3 VAT ids were checked."),
        ([{**item, "valid": False} for item in CHECKED], "All of the records are valid."),
        ([{"items": ITEMS}], "The sum is 334.70."),
        ([{"items": ITEMS, "total": 340.0}], "The total of 340.00 includes the fee."),
        ([{"items": ITEMS}], "The total budget is 5000.00."),
        ([{"items": ITEMS}], "The total is 344.70 of 600.00."),
        (ORDERS, "The total of A-1 is 120.50."),
    ],
)
def test_it_is_left_alone(results: list[Any], says: str, playbook: Playbook) -> None:
    assert told(playbook, results, says) == []
