"""Two texts line by line."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runbook_tui.diagnosis import line_diff

texts = st.lists(st.sampled_from(["a", "b", "c", ""]), max_size=8).map("\n".join)


def test_changed_added_and_missing_lines() -> None:
    found = line_diff("a\nb\nc", "a\nx\nc\nd")
    assert [(pair.sign, pair.ours, pair.theirs) for pair in found] == [
        ("=", "a", "a"),
        ("~", "b", "x"),
        ("=", "c", "c"),
        ("-", None, "d"),
    ]


@given(texts, texts)
def test_every_line_of_both_is_there_once_and_in_order(ours: str, theirs: str) -> None:
    found = line_diff(ours, theirs)
    assert [pair.ours for pair in found if pair.ours is not None] == ours.split("\n")
    assert [pair.theirs for pair in found if pair.theirs is not None] == theirs.split("\n")
    assert all(pair.ours == pair.theirs for pair in found if pair.sign == "=")
