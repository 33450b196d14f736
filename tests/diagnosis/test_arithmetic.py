"""What follows from known numbers, and what does not."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

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


def _ungrounded(playbook: Playbook, says: str, arguments: Any, *before: Any, task: str = "Post it.") -> bool:
    tools = [make_tool(2 + at, "read_part", {"part": f"P-{at}"}, result) for at, result in enumerate(before)]
    session = make_session(
        make_llm(1, task=task),
        *tools,
        make_llm(50, says, calls=[("c1", "create_note", arguments)]),
        make_tool(51, "create_note", arguments, {"ok": True}, call_id="c1"),
    )
    return [flag.flag for flag in diagnose(session, playbook).flags] == ["UNGROUNDED_VALUE"]


def test_working_that_is_shown_and_follows_grounds_what_comes_of_it(playbook: Playbook) -> None:
    parts = {"parts": 2140.0, "labour": 1315.5}
    said = "2,140.00 + 1,315.50 = 3,455.50; with 10 % margin 3,801.05."
    rule = "Add 10 % to the estimate."
    assert not _ungrounded(playbook, said, {"amount": 3801.05}, parts, task=rule)
    assert _ungrounded(playbook, "", {"amount": 3801.05}, parts, task=rule)
    assert _ungrounded(playbook, said.replace("3,455.50", "3,545.50"), {"amount": 3900.05}, parts, task=rule)


def test_hours_of_minutes_count_where_they_are_shown(playbook: Playbook) -> None:
    rule = "Overtime is paid with 2,000 an hour."
    assert not _ungrounded(playbook, "750 min are 12.5 h.", {"yen": 25000}, {"minutes": 750}, task=rule)
    assert _ungrounded(playbook, "750 min are 13.5 h.", {"yen": 27000}, {"minutes": 750}, task=rule)


def test_what_is_shown_may_be_rounded(playbook: Playbook) -> None:
    task = "Bill 5.443 kg at 7.35, to 5 cents."
    assert not _ungrounded(playbook, "5.443 x 7.35 = 40.006", {"amount": 40.0}, {"ok": 1}, task=task)
    assert _ungrounded(playbook, "5.443 x 7.35 = 42.006", {"amount": 42.0}, {"ok": 1}, task=task)


def test_a_number_that_a_tool_returns_each_time_may_be_added_up(playbook: Playbook) -> None:
    boxes = [{"folders": count, "mould": False} for count in (10, 13, 16, 12)]
    assert not _ungrounded(playbook, "", {"folders": 51}, *boxes)
    assert _ungrounded(playbook, "", {"folders": 58}, *boxes)


def test_a_table_in_text_has_sums_too(playbook: Playbook) -> None:
    table = "ts;mb;charge\n09:12;412;618.00\n21:40;188;282.00\n"
    assert not _ungrounded(playbook, "", {"amount": 900.0}, table)
    assert _ungrounded(playbook, "", {"amount": 907.0}, table)


@pytest.mark.parametrize(
    ("asked", "amount"),
    [
        ("Zwölf Paletten bitte", 12),
        ("ein Dutzend", 12),
        ("insured for 85 T€", 85000),
        ("2.5 million", 2500000),
    ],
)
def test_numbers_may_be_asked_for_in_words(asked: str, amount: int, playbook: Playbook) -> None:
    assert not _ungrounded(playbook, "", {"amount": amount}, {"part": 7731}, task=asked)
    assert _ungrounded(playbook, "", {"amount": amount + 1}, {"part": 7731}, task=asked)


def test_the_amounts_of_a_record_may_be_added_and_taken_off(playbook: Playbook) -> None:
    due = {"incomeTax": 5862.4, "class4": 1386.2, "deducted": 700.0}
    assert not _ungrounded(playbook, "", {"amount": 3274.3}, due, task="A payment is half of what is left.")
    assert not _ungrounded(playbook, "", {"amount": -6548.6}, due)
    assert _ungrounded(playbook, "", {"amount": 3374.3}, due)


def test_an_amount_does_not_ground_itself_by_being_said(playbook: Playbook) -> None:
    price = {"price": 40.0}
    assert _ungrounded(playbook, "I will refund 480.00 now.", {"amount": 480.0}, price)
    assert _ungrounded(playbook, "In 12 hours I refund 480.00.", {"amount": 480.0}, price)
    assert _ungrounded(playbook, "", {"amount": 440.0}, price, task="Refund it at once please.")
