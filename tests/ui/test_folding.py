"""Which rows are on screen when some are folded: both directions agree, whatever is folded."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runbook_tui.ui import RunbookApp
from runbook_tui.ui.folding import Folding
from runbook_tui.ui.span_tree import SpanTree
from tests.ui.driver import press, screen_text, settle


@st.composite
def folded_trees(draw: st.DrawFn) -> tuple[int, dict[int, int]]:
    """How many rows a tree has, and its folded rows with their last descendants."""
    steps = draw(st.lists(st.integers(-3, 1), min_size=1, max_size=90))
    depths = [0]
    for step in steps:
        depths.append(max(min(depths[-1] + step, depths[-1] + 1), 0))
    last = {
        at: next((below for below in range(at + 1, len(depths)) if depths[below] <= depths[at]), len(depths))
        - 1
        for at in range(len(depths))
    }
    folded = draw(st.sets(st.sampled_from(range(len(depths)))))
    return len(depths), {at: last[at] for at in folded}


@given(folded_trees())
def test_rows_and_positions_map_both_ways(tree: tuple[int, dict[int, int]]) -> None:
    count, ranges = tree
    folding = Folding(count)
    folding.fold_all(ranges)
    hidden = {at for first, last in ranges.items() for at in range(first + 1, last + 1)}
    shown = [position for position in range(count) if position not in hidden]
    assert folding.visible == len(shown)
    assert folding.hidden == count - len(shown)
    assert [folding.position_at(row) for row in range(folding.visible)] == shown
    assert [folding.row_of(position) for position in shown] == list(range(len(shown)))
    for position in hidden:
        folding.row_of(position)
        folding.reveal(position)
        assert folding.position_at(folding.row_of(position)) == position


async def test_repeats_are_one_row_with_their_number_until_unfolded(app: RunbookApp) -> None:
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, "4")
        await settle(pilot)
        tree = app.screen.query_one(SpanTree)
        assert "829 folded" in screen_text(app)
        assert "decline_application  ×50" in screen_text(app)
        await press(pilot, "z")
        assert tree.folding.hidden == 0
        await press(pilot, "z")
        assert tree.folding.hidden == 829
        while (row := tree.row) is not None and not tree.folding.is_folded(row.position):
            await press(pilot, "j")
        first = tree.position
        await press(pilot, "l", "j")
        assert tree.position == first + 1, "unfolded, the next row is the next call"
        await press(pilot, "h")
        assert tree.position == first
        assert tree.folding.hidden == 829
