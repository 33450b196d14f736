"""JSON in the detail: its tones, what of it is folded, and how it is unfolded."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from runbook_tui.evidence import Store
from runbook_tui.incident import add_capture
from runbook_tui.incident.samples import load_story
from runbook_tui.playbook import Playbooks
from runbook_tui.ui import RunbookApp, Start
from runbook_tui.ui.browser.detail import Detail
from runbook_tui.ui.browser.folds import Folds
from runbook_tui.ui.jsonlines import held, json_pieces
from runbook_tui.ui.span_detail import text_rows
from tests.ui.driver import press, screen_text, settle

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(),
    lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.text(), inner, max_size=20),
    max_leaves=80,
)
LONG = {"id": "A-1", "rows": [{"sku": f"S-{number}", "price": number} for number in range(40)], "ok": True}


def laid_out(value: object) -> list[str]:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode().split("\n")


@given(JSON)
def test_every_line_is_drawn_whole_and_holds_what_it_opens(value: object) -> None:
    lines = laid_out(value)
    for at, (line, below) in enumerate(zip(lines, held(lines), strict=True)):
        assert "".join(piece.text for piece in json_pieces(line)) == line
        if below:
            inside = "\n".join(lines[at : at + below + 1]).strip().rstrip(",")
            json.loads(f"{{{inside}}}" if inside.startswith('"') else inside)


@given(JSON, st.data())
def test_any_folding_shows_each_row_once_or_counts_it(value: object, data: st.DataObject) -> None:
    rows = text_rows(json.dumps(value))
    folds = Folds(rows)
    for _ in range(data.draw(st.integers(0, 6))):
        folds.turn(data.draw(st.integers(0, max(len(folds.rows) - 1, 0))))
        hidden = sum(row.holds for at, row in enumerate(folds.rows) if folds.is_folded(at))
        assert len(folds.rows) + hidden == len(rows)
    whole = data.draw(st.integers(0, len(rows) - 1))
    shown = folds.reveal(whole)
    assert folds.rows[shown].text.startswith(rows[whole].text)


def test_names_and_signs_recede_and_literals_have_a_tone() -> None:
    tones = {piece.text: piece.tone for piece in json_pieces('  "count": 12,')}
    assert tones == {"  ": "text", '"count"': "dim", ": ": "dim", "12": "literal", ",": "dim"}
    assert json_pieces('"12"')[0].tone == "text"


def test_long_lists_inside_are_folded_and_short_texts_are_not() -> None:
    folds = Folds(text_rows(json.dumps(LONG)))
    assert [row.text.strip() for row in folds.rows] == [
        "{",
        '"id": "A-1",',
        '"rows": [ … ],',
        '"ok": true',
        "}",
    ]
    assert folds.rows[2].right == "40 items"
    short = text_rows(json.dumps({"rows": LONG["rows"][:3]}))  # type: ignore[index]
    assert Folds(short).rows == short


async def test_a_folded_list_is_unfolded_by_key_and_by_a_hit_in_it(
    tmp_path: Path, playbooks: Playbooks
) -> None:
    story = load_story("loan")
    db = tmp_path / "folds.db"
    with Store(db) as store:
        add_capture(store, story.path, playbooks.default)
    app = RunbookApp(db, lambda: playbooks, Start("session", story.session))
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await press(pilot, "4", "k", "tab", "tab", "tab", "tab", "enter")
        await settle(pilot)
        detail = app.screen.query_one(Detail)
        assert '"input_messages": [ … ],' in screen_text(app)
        before = len(detail.rows)
        while not screen_text(app).count("[ … ]") or detail.value is not None:
            await press(pilot, "l")
        await press(pilot, "z")
        assert len(detail.rows) > before
        await press(pilot, "z")
        assert len(detail.rows) == before
        detail.point_at("tool_definitions")
        detail.point_at("income_verification")
        assert len(detail.rows) > before
