"""What follows from known numbers, and what does not."""

from __future__ import annotations

from decimal import Decimal

import pytest

from runbook_tui.diagnosis import diagnose
from runbook_tui.diagnosis.arithmetic import follows, totals
from runbook_tui.playbook import Playbook
from tests.factories import make_llm, make_session, make_tool

KNOWN = frozenset(map(Decimal, ("63000", "120", "8.5", "1020", "3", "0.8912")))


@pytest.mark.parametrize(
    ("number", "how"),
    [
        ("1140", "a sum"),
        ("17.15", "a seventh of 120, by a cent too much"),
        ("900", "a difference"),
        ("360", "a product"),
        ("106.94", "a product rounded to cents"),
        ("14.12", "a quotient rounded to cents"),
        ("5040", "eight percent"),
        ("68040", "eight percent more"),
        ("57960", "eight percent less"),
        ("81.6", "eight percent of a sum of money"),
    ],
)
def test_it_follows(number: str, how: str) -> None:
    assert follows(Decimal(number), KNOWN, KNOWN.__contains__, frozenset((Decimal(8),))), how


@pytest.mark.parametrize("number", ["630000", "6300", "5041", "50000", "106.97", "14.13", "1020000"])
def test_it_follows_from_nothing(number: str) -> None:
    assert not follows(Decimal(number), KNOWN, KNOWN.__contains__, frozenset((Decimal(8),)))


def test_a_table_has_sums_of_columns_and_of_products() -> None:
    rows = [{"sku": "S-1", "qty": 3, "price": "2.50"}, {"sku": "S-2", "qty": 4, "price": "1.25"}]
    assert set(totals({"order": {"rows": rows}})) == {Decimal(7), Decimal("3.75"), Decimal("12.5")}
    assert list(totals({"rows": rows[:1], "note": "x"})) == []
    assert list(totals([1, 2])) == []


def test_a_quote_may_be_computed_and_not_be_made_up(playbook: Playbook) -> None:
    rows = [{"sku": "S-1", "qty": 120, "price": 8.5}, {"sku": "S-2", "qty": 40, "price": 83.76}]

    def flagged(**quote: float) -> list[str]:
        session = make_session(
            make_llm(1, task="Quote order Q-1; VAT is 19 %."),
            make_tool(2, "get_positions", {"id": "Q-1"}, {"rows": rows}),
            make_tool(3, "create_quote", {"id": "Q-1", **quote}, {"ok": True}),
        )
        return [flag.detail for flag in diagnose(session, playbook).flags if flag.flag == "UNGROUNDED_VALUE"]

    assert flagged(net=4370.4, vat=830.38, gross=5200.78) == []
    (detail,) = flagged(net=4370.4, vat=830.83, gross=5201.23)
    assert "vat = 830.83, gross = 5201.23" in detail
    assert "net" not in detail
