"""From a value to where it comes from and where it goes, back and forth."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot

import runbook_tui.incident.preparing
import runbook_tui.incident.standing
from runbook_tui.diagnosis import Sighting
from runbook_tui.ui import RunbookApp
from runbook_tui.ui.browser.detail import Detail
from runbook_tui.ui.browser.following import sighting_words
from runbook_tui.ui.browser.history import History, Place
from runbook_tui.ui.browser.wrapped import places_of
from runbook_tui.ui.lines import wrap
from runbook_tui.ui.rooms.trace_back import TraceBackRoom
from runbook_tui.ui.span_tree import SpanTree
from tests.ui.driver import press, response_of, screen_text, settle, type_text


def _place(span: str) -> Place:
    return Place(span, "output", None, 0, in_detail=False)


def test_history_goes_back_and_forth_and_forgets_what_lay_ahead() -> None:
    history = History()
    a, b, c, x = map(_place, "abcx")
    history.leave(a)
    history.leave(b)
    assert history.go(-1, c) == b
    assert history.go(-1, b) == a
    assert history.go(-1, a) is None
    assert history.go(1, a) == b
    history.leave(b)
    assert history.go(1, x) is None
    assert history.go(-1, x) == b, "one walked on by hand: back to where the jump began"


@given(
    st.lists(st.sampled_from(["word", "  ", "é", "中文", "e\u0301", "longer-than-a-line-is"]), max_size=12)
)
def test_a_piece_is_found_again_where_it_was_wrapped_to(words: Sequence[str]) -> None:
    text = " ".join([*words, "needle"])
    lines = [(at, 1, line) for at, line in enumerate(wrap(text, 9))]
    found = places_of(text, (len(text) - len("needle"), len(text)), lines)
    assert "".join(_cells(lines[at][2], start - 1, end - 1) for at, start, end in found) == "needle"


def _cells(line: str, start: int, end: int) -> str:
    from rich.cells import set_cell_size

    return set_cell_size(line, end)[len(set_cell_size(line, start)) :]


def test_the_notation_is_told() -> None:
    assert sighting_words(Sighting(3, "x", "result", "84,000", "number")) == (
        "step 3, in its result, written '84,000' (the same number)"
    )


@pytest.mark.parametrize("large", [50_000, 100])
async def test_b_goes_to_the_first_statement_and_back_again(
    app: RunbookApp, monkeypatch: pytest.MonkeyPatch, large: int
) -> None:
    for module in (runbook_tui.incident.standing, runbook_tui.incident.preparing):
        monkeypatch.setattr(module, "LARGE", large)
    async with app.run_test(size=(160, 50), notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, "4", "colon")
        await type_text(pilot, "4")
        await press(pilot, "enter")
        await settle(pilot)
        tree, detail = app.screen.query_one(SpanTree), app.screen.query_one(Detail)
        await press(pilot, "enter")
        assert detail.has_focus
        for _ in range(40):
            if detail.value is not None and detail.value.startswith("APP-"):
                break
            await press(pilot, "l")
        assert detail.value is not None
        assert detail.value.startswith("APP-")
        before = tree.position
        await press(pilot, "b")
        await settle(pilot)
        row = tree.row
        assert row is not None
        assert tree.position < before
        assert "first at step" in screen_text(app)
        await press(pilot, "less_than_sign")
        assert tree.position == before
        await press(pilot, "greater_than_sign")
        assert tree.position < before
        assert (response_of(app)._session is None) == (large == 100), "one that is large stays in the store"


@pytest.mark.parametrize("large", [50_000, 100])
async def test_without_a_value_b_and_shift_b_go_along_the_edges(
    app: RunbookApp, monkeypatch: pytest.MonkeyPatch, large: int
) -> None:
    for module in (runbook_tui.incident.standing, runbook_tui.incident.preparing):
        monkeypatch.setattr(module, "LARGE", large)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, "4", "b")
        await settle(pilot)
        assert "Step 3, on which that step rests by call id" in screen_text(app)
        await press(pilot, "B")
        await settle(pilot)
        assert "What rests on step 3" in screen_text(app) or "by call id" in screen_text(app)


async def _to_an_application(pilot: Pilot[None], detail: Detail) -> None:
    """The cursor of the detail onto the first application's id."""
    for _ in range(60):
        if detail.value is not None and detail.value.startswith("APP-"):
            return
        await press(pilot, "l")


async def test_search_marks_the_hit_in_the_tab_that_has_it(app: RunbookApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await press(pilot, "4", "slash")
        await type_text(pilot, "gross")
        await press(pilot, "enter")
        await settle(pilot)
        detail = app.screen.query_one(Detail)
        assert any(detail.marked(line) for line in range(200)), "the hit is marked"
        assert response_of(app).session.steps


async def test_back_undoes_the_last_jump_and_nothing_more(app: RunbookApp) -> None:
    async with app.run_test(size=(160, 50), notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, "4")
        await settle(pilot)
        tree, detail = app.screen.query_one(SpanTree), app.screen.query_one(Detail)
        room = app.screen.query_one(TraceBackRoom)
        first = tree.position
        await press(pilot, "e")
        await settle(pilot)
        flagged = tree.position
        assert flagged != first
        await press(pilot, "enter")
        await _to_an_application(pilot, detail)
        place = room.place
        await press(pilot, "b")
        await settle(pilot)
        assert tree.position == flagged
        assert "this is the first step that has it" in screen_text(app)
        assert room.place != place, "only the tab changed"
        await press(pilot, "less_than_sign")
        await settle(pilot)
        assert room.place == place
        assert "this is the first step that has it" not in screen_text(app)
        await press(pilot, "greater_than_sign", "less_than_sign", "less_than_sign")
        await settle(pilot)
        assert tree.position == first
        assert tree.has_focus
        await press(pilot, "less_than_sign")
        assert "Nothing further back." in screen_text(app)


async def test_a_jump_that_leads_nowhere_is_not_gone_back_to(app: RunbookApp) -> None:
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, "4")
        await settle(pilot)
        tree = app.screen.query_one(SpanTree)
        first = tree.position
        for _ in range(2):
            await press(pilot, "colon")
            await type_text(pilot, "5")
            await press(pilot, "enter")
            assert tree.position != first
        await press(pilot, "less_than_sign")
        assert tree.position == first
        await press(pilot, "less_than_sign")
        assert "Nothing further back." in screen_text(app)


async def test_what_a_heading_names_is_no_value_of_the_run(app: RunbookApp) -> None:
    async with app.run_test(size=(160, 50)) as pilot:
        await settle(pilot)
        await press(pilot, "4")
        await settle(pilot)
        detail = app.screen.query_one(Detail)
        good = response_of(app).baseline[0].id
        assert any(row.tone == "heading" and good in row.text for row in detail.rows)
        await press(pilot, "enter")
        met = set()
        for _ in range(80):
            met.add(detail.value)
            await press(pilot, "l")
        assert len(met) > 3
        assert not any(good in (value or "") for value in met)


async def test_back_from_a_choice_leads_into_the_detail_where_it_was_asked(app: RunbookApp) -> None:
    async with app.run_test(size=(160, 50), notifications=True) as pilot:
        await settle(pilot)
        await press(pilot, "4")
        await settle(pilot)
        detail, room = app.screen.query_one(Detail), app.screen.query_one(TraceBackRoom)
        await press(pilot, "enter")
        await _to_an_application(pilot, detail)
        place = room.place
        await press(pilot, "B")
        await settle(pilot)
        assert "later steps have" in screen_text(app)
        await press(pilot, "enter")
        await settle(pilot)
        assert room.place != place
        await press(pilot, "less_than_sign")
        await settle(pilot)
        assert room.place == place
        assert detail.has_focus
