"""Which rows are on screen when some are folded: both directions agree, whatever is folded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from runbook_tui.evidence import Store
from runbook_tui.incident import add_capture
from runbook_tui.playbook import Playbooks
from runbook_tui.ui import RunbookApp, Start
from runbook_tui.ui.folding import Folding
from runbook_tui.ui.span_tree import SpanTree
from tests.factories import request, span_id, wire_span
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


@given(folded_trees(), st.data())
def test_wrappers_are_hidden_by_themselves(tree: tuple[int, dict[int, int]], data: st.DataObject) -> None:
    count, ranges = tree
    wrappers = data.draw(st.sets(st.integers(0, count - 1), max_size=count - 1)) - {*ranges}
    folding = Folding(count)
    folding.fold_all(ranges)
    folding.hide(wrappers)
    hidden = {at for first, last in ranges.items() for at in range(first + 1, last + 1)} | wrappers
    shown = [position for position in range(count) if position not in hidden]
    assert [folding.position_at(row) for row in range(folding.visible)] == shown
    assert [folding.row_of(position) for position in shown] == list(range(len(shown)))
    for position in hidden:
        assert folding.row_of(position) >= 0
        folding.reveal(position)
        assert folding.position_at(folding.row_of(position)) == position


def plumbing(tmp_path: Path, playbooks: Playbooks) -> Path:
    """Two runs, each in two wrappers of its name; one of them fails."""

    def child(number: int, parent: int, name: str) -> dict[str, Any]:
        return wire_span(number, parentSpanId=span_id(parent), name=name)

    spans = [
        wire_span(1, {"session.id": "plumbing"}, name="batch"),
        *(
            child(10 * run + depth, 10 * run + depth - 1 if depth else 1, f"run {run}")
            for run in (1, 2)
            for depth in range(3)
        ),
        child(13, 12, "work"),
        child(23, 22, "work"),
    ]
    next(span for span in spans if span["spanId"] == span_id(21))["status"] = {"code": 2}
    file, db = tmp_path / "plumbing.jsonl", tmp_path / "plumbing.db"
    file.write_text(json.dumps(request(*spans)), encoding="utf-8")
    with Store(db) as store:
        add_capture(store, file, playbooks.default)
    return db


async def test_wrappers_are_folded_levels_too_and_siblings_are_one_key_away(
    tmp_path: Path, playbooks: Playbooks
) -> None:
    db = plumbing(tmp_path, playbooks)
    app = RunbookApp(db, lambda: playbooks, Start("session", "plumbing"))
    async with app.run_test(size=(110, 30), notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, "4")
        await settle(pilot)
        text = screen_text(app)
        assert "run 1  (2 wrappers)" in text
        assert "run 2  (1 wrapper)" in text  # the one that failed stays
        assert "3 folded" in text
        tree = app.screen.query_one(SpanTree)
        await press(pilot, "g", "j", "h")  # from what is wrapped to what is around the wrappers
        await press(pilot, "h")
        assert tree.position == 0
        await press(pilot, "j", "l", "g", "z")
        await settle(pilot)
        assert "wrapper" not in screen_text(app)
        await press(pilot, "j", "right_curly_bracket")
        assert tree.position == 5
        await press(pilot, "left_curly_bracket")
        assert tree.position == 1
        await press(pilot, "H")
        assert tree.folding.visible == 3
        await press(pilot, "H", "G", "Z")
        assert (tree.folding.visible, tree.position) == (3, 5)
        await press(pilot, "Z")
        assert tree.folding.hidden == 0
