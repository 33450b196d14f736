"""Idle time is cut out of the scale, and the end's chain is found."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from runbook_tui.trace.timescale import TimeScale, critical_path

HOUR = 3_600_000


def test_hours_of_waiting_take_one_column() -> None:
    scale = TimeScale([(0, 1000), (HOUR, HOUR + 1000)])
    assert scale.cuts(21) == (10,)
    assert scale.columns(0, 1000, 21) == (0, 10)
    assert scale.columns(HOUR, HOUR + 1000, 21) == (11, 21)
    assert scale.columns(500, HOUR + 500, 21) == (5, 16)


def test_a_moment_has_a_column_too() -> None:
    assert TimeScale([(0, 1000)]).columns(1000, 1000, 10) == (9, 10)
    assert TimeScale([]).columns(5, 5, 10) == (0, 1)


intervals = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**5)), max_size=30).map(
    lambda pairs: sorted((start, start + length) for start, length in pairs)
)


@given(intervals, st.integers(4, 200))
def test_columns_are_on_the_scale_and_in_order(spans: list[tuple[int, int]], width: int) -> None:
    scale = TimeScale(spans)
    before = 0
    for start, end in spans:
        first, last = scale.columns(start, end, width)
        assert 0 <= before <= first < last <= width
        before = first
    assert all(0 <= at < width for at in scale.cuts(width))


def test_the_end_waited_for_these() -> None:
    steps = [(1, 0, 10), (2, 10, 30), (3, 10, 90), (4, 95, 100)]
    assert critical_path(steps) == {1, 3, 4}


@given(intervals)
def test_steps_of_the_critical_path_do_not_overlap(spans: list[tuple[int, int]]) -> None:
    found = critical_path([(at, *span) for at, span in enumerate(spans)])
    chain = sorted(spans[at] for at in found)
    assert all(one[1] <= other[0] for one, other in pairwise(chain))
