"""One row of the span tree, drawn."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from runbook_tui.evidence import SpanRow, Store
from runbook_tui.incident import add_capture
from runbook_tui.playbook import Playbooks
from runbook_tui.ui import RunbookApp, Start
from runbook_tui.ui.span_line import Columns, Story, flat_pieces, tree_pieces
from runbook_tui.ui.words import money
from tests.ui.driver import press, screen_text, settle

DEPTH = 1_500


def row(label: str, depth: int = 2, step: int | None = 7) -> SpanRow:
    return SpanRow(
        5, 1, depth, 9, "s5", "tool", label, label, "desk", label, step, 0, 10**9, "ok", 12_345, 67, 0.0123, 0
    )


@given(st.text(max_size=80), st.integers(0, 2_000), st.integers(70, 200), st.booleans(), st.booleans())
def test_the_figures_end_where_the_row_does(
    label: str, depth: int, width: int, folded: bool, agent: bool
) -> None:
    columns = Columns(cost=True, agent=agent)
    shown = row(label.replace("\n", " ").replace("\t", " "), depth)
    pieces = tree_pieces(shown, width, ["LOOP_DETECTED"], Story(), columns, folded=folded, repeats=0)
    assert cell_len("".join(piece.text for piece in pieces)) == width
    flat = flat_pieces(shown, width, [], Story(), columns)
    assert cell_len("".join(piece.text for piece in flat)) == width


def test_there_is_a_guide_for_each_level_and_a_figure_where_there_is_room() -> None:
    columns = Columns(cost=True, agent=True)
    wide, narrow = (
        "".join(
            piece.text
            for piece in tree_pieces(row("pay"), width, [], Story(), columns, folded=False, repeats=3)
        )
        for width in (120, 50)
    )
    assert wide.startswith("  │ │ ▾ 7 tool pay  ×3")
    assert wide.split()[-4:] == ["desk", "1.0s", "12k", "$0.0123"]
    assert narrow.split()[-1] == "1.0s"


def test_money_keeps_to_its_column() -> None:
    amounts = (None, 0, 0.00001, 0.0014, 0.99994, 12.345, 1_234.5, 99_999)
    shown = ["", "$0", "<$.0001", "$0.0014", "$0.9999", "$12.35", "$1,234", "$99,999"]
    assert [money(amount) for amount in amounts] == shown


async def test_the_deepest_span_is_shown_with_the_path_to_it(tmp_path: Path, playbooks: Playbooks) -> None:
    spans = [
        {
            "traceId": f"{1:032x}",
            "spanId": f"{at + 1:016x}",
            "parentSpanId": f"{at:016x}" if at else "",
            "name": f"level-{at}",
            "startTimeUnixNano": str(10**18 + at),
            "endTimeUnixNano": str(10**18 + 10**9 - at),
            "attributes": [{"key": "session.id", "value": {"stringValue": "deep"}}],
        }
        for at in range(DEPTH)
    ]
    file, db = tmp_path / "deep.jsonl", tmp_path / "deep.db"
    file.write_text(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}), encoding="utf-8")
    with Store(db) as store:
        add_capture(store, file, playbooks.default)
    app = RunbookApp(db, lambda: playbooks, Start("session", "deep"))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "4", "G")
        await settle(pilot)
        text = screen_text(app)
        assert f"({DEPTH - 1})   level-{DEPTH - 1}" in text
        assert " … > level-" in text
        assert f" > level-{DEPTH - 3} > level-{DEPTH - 2} " in text
