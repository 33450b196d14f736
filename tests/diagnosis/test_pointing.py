"""What of a line can be pointed at."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook_tui.diagnosis import values_in


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ('  "applicant": "A-1",', ["A-1"]),
        ('  "income": 84000,', ["84000"]),
        ('  "income": null', ["null"]),
        ("order ORD-77 was paid $1,200.50 on 2026-11-19.", ["ORD-77", "1,200.50", "2026-11-19"]),
        ("write to a.b@example.com or https://x.test/y?z=1", ["a.b@example.com", "https://x.test/y?z=1"]),
        ('"a quoted text of some words"', ["a quoted text of some words"]),
        ("nothing to point at here", []),
        ('  "quantity": 50,', ['"quantity": 50']),
        ('  "quantity": "50",', ['"quantity": "50"']),
        ("declines 50 applications, page 2 of 12", ["50 applications"]),
        ("a price of 100.0, of 847 in all", ["100.0", "847"]),
    ],
)
def test_values_of_a_line(line: str, values: list[str]) -> None:
    assert [line[start:end] for start, end in values_in(line)] == values


@given(st.text(max_size=200))
def test_values_are_in_order_and_apart(text: str) -> None:
    at = 0
    for start, end in values_in(text):
        assert at <= start < end <= len(text)
        at = end


@pytest.mark.parametrize("piece", ["a_", "1.", "a@", 'x"', '"k": 5, '])
def test_a_hostile_line_takes_no_longer_than_its_length(piece: str) -> None:
    """A line of a trace may be of any length and hold anything; what grows with its square takes minutes here."""
    began = time.process_time()
    values_in(piece * 50_000)
    assert time.process_time() - began < 10
