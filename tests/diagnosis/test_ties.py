"""What ties two texts together is no coincidence."""

from __future__ import annotations

from decimal import Decimal

import pytest

from runbook_tui.diagnosis.ties import is_common, ties


@pytest.mark.parametrize(
    ("one", "other", "tie"),
    [
        ("order C-771 is late", '{"order": "c-771"}', "c-771"),
        ("declined with NO_INCOME", '{"reason":"NO_INCOME"}', "no_income"),
        ("a total of 1,234.50", '{"total": 1234.5}', "1234.5"),
        ("68400 a year", '{"gross_income": 68400}', "68400"),
        ("40 seats, please", '{"seats": 40}', "seats = 40"),
        ('{"seats": 40}', "seats: 40", "seats = 40"),
        ("a rate of 12 %", "12% of it", "% = 12"),
    ],
)
def test_what_ties(one: str, other: str, tie: str) -> None:
    assert tie in ties(one) & ties(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"limit": 50}', '{"quantity": 50}'),
        ("50 rows", "50 applications"),
        ("page 12 of it", '{"month": 12}'),
        ("in 2026", '{"year": 2026}'),
        ("500 units", '{"max_tokens": 500}'),
        ("5 apples", "5 apples"),
    ],
)
def test_what_does_not_tie(one: str, other: str) -> None:
    assert not ties(one) & ties(other)


@pytest.mark.parametrize("number", ["50", "12", "100", "2000", "2026", "-50", "50.0"])
def test_common_numbers(number: str) -> None:
    assert is_common(Decimal(number))


@pytest.mark.parametrize("number", ["847", "50000", "80.5", "1250", "125000", "9" * 5_000])
def test_telling_numbers(number: str) -> None:
    assert not is_common(Decimal(number))
