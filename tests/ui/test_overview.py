"""The whole session in one column."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.strip import Strip

from runbook_tui.ui import RunbookApp
from runbook_tui.ui.overview import Landmarks, cell_of, overview_cells
from runbook_tui.ui.signs import sign
from runbook_tui.ui.span_tree import SpanTree
from tests.ui.driver import press, response_of, screen_text, settle


def test_the_origin_wins_over_a_flag_in_the_same_cell() -> None:
    cells = overview_cells(Landmarks(origin=[50], flag=[51, 900], hit=[901]), lambda at: at, 1000, 10)
    assert {at: piece.text for at, piece in cells.items()} == {0: "◆", 9: "▪"}


@given(st.integers(1, 10**6), st.integers(1, 80), st.data())
def test_cells_are_in_the_column_and_in_order(rows: int, height: int, data: st.DataObject) -> None:
    one, other = sorted(data.draw(st.tuples(st.integers(0, rows - 1), st.integers(0, rows - 1))))
    assert 0 <= cell_of(one, rows, height) <= cell_of(other, rows, height) < max(height, rows)
    assert cell_of(rows - 1, rows, height) < height or rows <= height


async def test_flags_origin_and_cursor_are_seen_and_a_click_goes_there(app: RunbookApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "4", "o", "G")
        await settle(pilot)
        tree = app.screen.query_one(SpanTree)
        region = tree.region
        column = [line[region.right - 1] for line in screen_text(app).splitlines()[region.y : region.bottom]]
        assert column[-1] == sign("cursor")
        assert "◆" in column
        assert "▪" in column
        assert "!" not in column, "that would be a flag of the row beside it"
        rail = {line[region.right - 2] for line in screen_text(app).splitlines()[region.y : region.bottom]}
        assert rail == {sign("rail"), sign("view")}
        await pilot.click(SpanTree, offset=(region.width - 1, 0))
        await settle(pilot)
        assert tree.position < 100
        assert response_of(app).state.origin is not None


async def test_a_move_within_the_screen_draws_two_rows(
    app: RunbookApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with app.run_test(size=(100, 40)) as pilot:
        await settle(pilot)
        await press(pilot, "4", "g")
        await settle(pilot)
        drawn: list[int] = []
        render = SpanTree.render_line

        def counting(tree: SpanTree, y: int) -> Strip:
            drawn.append(y)
            return render(tree, y)

        monkeypatch.setattr(SpanTree, "render_line", counting)
        await press(pilot, "j")
        await settle(pilot)
        assert {0, 1} <= set(drawn)
        assert len(set(drawn)) <= 4
