"""Spans that arrive while one is reading: they appear, and nothing that is being read moves."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from runbook_tui.evidence import Inbox, Received, ReceiverRow, Store, note_receiver
from runbook_tui.incident import stamp
from runbook_tui.incident.folding import Folding
from runbook_tui.playbook import Playbooks
from runbook_tui.ui import RunbookApp, Start
from runbook_tui.ui.home_screen import HomeScreen
from runbook_tui.ui.incident_screen import IncidentScreen
from runbook_tui.ui.rows import RowList
from runbook_tui.ui.span_tree import SpanTree
from tests.conftest import Watch
from tests.factories import request, span_id, wire_span
from tests.incident.walk import stop_option
from tests.ui.driver import press, response_of, screen_text, settle

SESSION = "live-run"


def tool(number: int, session: str = SESSION, parent: int | None = None) -> dict[str, object]:
    said = {
        "session.id": session,
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": f"tool_{number}",
        "gen_ai.tool.call.result": f"result {number}",
    }
    fields = {} if parent is None else {"parentSpanId": span_id(parent)}
    return wire_span(number, said, traceId=f"{abs(hash(session)) % 16**32:032x}", **fields)


def arrive(
    db: Path, playbooks: Playbooks, spans: Iterable[dict[str, object]], *, diagnosed: bool = True
) -> None:
    """What a receiver in another process does with these spans."""
    inbox = Inbox(db)
    inbox.add(
        [Received("traces", "json", "2026-11-20T02:20:00.000Z", 1, json.dumps(request(*spans)).encode())]
    )
    with Store(db) as store:
        Folding(store, inbox, playbooks.default).drain(diagnose=diagnosed)
    inbox.close()


@pytest.fixture
def live_db(tmp_path: Path, playbooks: Playbooks) -> Path:
    """A run of even-numbered steps, so that others may come between them."""
    db = tmp_path / "live.db"
    arrive(db, playbooks, [tool(number) for number in range(100, 200, 2)])
    return db


def tree_of(app: RunbookApp) -> SpanTree:
    return app.screen.query_one(SpanTree)


def look(app: RunbookApp) -> None:
    assert isinstance(app.screen, IncidentScreen | HomeScreen)
    app.screen._look()
    app.screen._keys()  # what the tick does right after


def lines(app: RunbookApp) -> list[str]:
    return [line[:30].rstrip() for line in screen_text(app).splitlines()]


async def test_a_growing_session_does_not_move_what_is_read(live_db: Path, playbooks: Playbooks) -> None:
    app = RunbookApp(live_db, lambda: playbooks, Start("session", SESSION))
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        await press(pilot, "4")
        await settle(pilot)
        await press(pilot, *["j"] * 35)
        await settle(pilot)
        tree = tree_of(app)
        row = tree.row
        assert row is not None
        before, top = lines(app), tree.scroll_offset.y
        assert top > 0
        arrive(live_db, playbooks, [tool(number) for number in (*range(50, 60), *range(300, 320))])
        look(app)
        await pilot.pause()
        after = tree.row
        assert after is not None
        assert (after.span_id, tree.position) == (row.span_id, row.position + 10)
        assert tree.scroll_offset.y == top + 10
        body = slice(3, 25)
        moved = [
            (one, other) for one, other in zip(before[body], lines(app)[body], strict=True) if one != other
        ]
        renumbered = [pair for pair in moved if pair[0].split()[1:] != pair[1].split()[1:]]
        assert renumbered == [], "only step numbers may change"
        assert "80 spans" in screen_text(app)
        assert "30 spans arrived" in screen_text(app)


async def test_spans_between_those_on_screen_leave_the_cursor_line(
    live_db: Path, playbooks: Playbooks
) -> None:
    app = RunbookApp(live_db, lambda: playbooks, Start("session", SESSION))
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        await press(pilot, "4", *["j"] * 35)
        await settle(pilot)
        tree = tree_of(app)
        line = tree.folding.row_of(tree.position) - tree.scroll_offset.y
        row = tree.row
        arrive(live_db, playbooks, [tool(number) for number in range(101, 199, 2)])
        look(app)
        await pilot.pause()
        assert tree.folding.row_of(tree.position) - tree.scroll_offset.y == line
        assert tree.row is not None
        assert row is not None
        assert tree.row.span_id == row.span_id


async def test_the_diagnosis_follows_when_it_pauses(live_db: Path, playbooks: Playbooks) -> None:
    app = RunbookApp(live_db, lambda: playbooks, Start("session", SESSION))
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        await press(pilot, "4")
        await settle(pilot)
        failed = {**tool(305), "status": {"code": 2, "message": "boom"}}
        new = [*(tool(number) for number in range(300, 305)), failed]
        arrive(live_db, playbooks, new, diagnosed=False)
        screen = app.screen
        assert isinstance(screen, IncidentScreen)
        screen._diagnosed_at -= 60
        look(app)
        await settle(pilot)
        assert [tree_of(app).flags_at(at) for at in tree_of(app).flagged] == [["TOOL_ERROR"]]
        assert "1 flag on 1 span" in screen_text(app)
        assert len(response_of(app).session.steps) == 56
        assert response_of(app).session.step_of(span_id(304)) is not None, "a new step can be marked"


async def test_frozen_data_stands_still_until_released(live_db: Path, playbooks: Playbooks) -> None:
    app = RunbookApp(live_db, lambda: playbooks, Start("session", SESSION))
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        await press(pilot, "4", "equals_sign")
        arrive(live_db, playbooks, [tool(number) for number in range(50, 60)])
        look(app)
        await press(pilot, "j", "k", "G", "g")
        await settle(pilot)
        assert "50 spans" in screen_text(app)
        assert "frozen, 10 spans to come" in screen_text(app)
        assert "tool_100" in screen_text(app)
        assert "tool_50" not in screen_text(app), "the rows are those of the moment it was frozen"
        await press(pilot, "equals_sign")
        await settle(pilot)
        assert "60 spans" in screen_text(app)
        assert "frozen" not in screen_text(app)


async def test_what_was_folded_stays_folded(tmp_path: Path, playbooks: Playbooks) -> None:
    db = tmp_path / "folded.db"
    arrive(db, playbooks, [tool(1), *(tool(number, parent=1) for number in range(2, 8)), tool(20)])
    app = RunbookApp(db, lambda: playbooks, Start("session", SESSION))
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        await press(pilot, "4", "g", "h")
        await settle(pilot)
        assert "(6 folded)" in screen_text(app)
        arrive(db, playbooks, [tool(9, parent=1), tool(21)])
        look(app)
        await pilot.pause()
        assert "(7 folded)" in screen_text(app)
        assert "tool_21" in screen_text(app)


async def test_sessions_appear_at_home_and_freeze(live_db: Path, playbooks: Playbooks) -> None:
    for number in range(30):
        arrive(live_db, playbooks, [tool(500 + number, f"quiet-{number:02}")])
    app = RunbookApp(live_db, lambda: playbooks)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, *["j"] * 20)
        rows = app.screen.query_one(RowList)
        current = rows.current
        assert current is not None
        line = next(at for at, text in enumerate(lines(app)) if str(current.id and current.id[1]) in text)
        arrive(live_db, playbooks, [tool(900, "a-new-one"), tool(901, "another-new-one")])
        look(app)
        await pilot.pause()
        assert rows.current is not None
        assert rows.current.id == current.id
        assert str(current.id and current.id[1]) in lines(app)[line], (
            "the row under the cursor stays on its line"
        )
        assert "2 spans arrived" in screen_text(app)
        assert ("session", "a-new-one") in [row.id for row in rows.rows]
        await press(pilot, "equals_sign")
        arrive(live_db, playbooks, [tool(902, "while-frozen")])
        app.screen._rested_until = 0.0  # type: ignore[attr-defined]
        look(app)
        await pilot.pause()
        assert ("session", "while-frozen") not in [row.id for row in rows.rows]
        assert "frozen, 1 span to come" in screen_text(app)
        await press(pilot, "equals_sign")
        assert ("session", "while-frozen") in [row.id for row in rows.rows]


async def test_contain_says_what_the_receiver_sees_and_starts_the_clock(
    live_db: Path, playbooks: Playbooks
) -> None:
    watch = Watch()
    app = RunbookApp(live_db, lambda: playbooks, Start("session", SESSION), watch)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await settle(pilot)
        response = response_of(app)
        response.stop_done(stop_option(response), (), "revoked its key")
        screen = app.screen
        assert isinstance(screen, IncidentScreen)
        screen._tick()
        await pilot.pause()
        assert "No receiver is on" in screen_text(app)
        for seconds, words in ((30, "watched for 30 of 60 s"), (31, "Contained at")):
            watch.pass_by(seconds)
            beat(live_db, watch)
            screen._tick()
            await settle(pilot)
            assert words in screen_text(app)
        assert response.state.contained_at is not None
        late = str(int(watch.now.timestamp() * 1e9))
        arrive(live_db, playbooks, [{**tool(999), "startTimeUnixNano": late, "endTimeUnixNano": late}])
        screen._tick()
        await settle(pilot)
        assert "It has not stopped. 1 span started after the stop" in screen_text(app)


def beat(db: Path, watch: Watch) -> None:
    now = stamp(watch.now)
    row = ReceiverRow(1, "127.0.0.1:4318", "2026-11-20T02:00:00.000Z", now, now, now, 1)
    with Store(db) as store, store.writing() as connection:
        note_receiver(connection, row)


async def test_a_record_in_place_of_what_was_told_is_shown(tmp_path: Path, playbooks: Playbooks) -> None:
    """As many spans as before, but another one: the call that only a message told of has its record."""
    said = {"gen_ai.operation.name": "chat", "session.id": SESSION}
    call = {"type": "tool_call", "id": "c1", "name": "pay", "arguments": {}}
    said["gen_ai.output.messages"] = json.dumps([{"role": "assistant", "parts": [call]}])
    trace = tool(2)["traceId"]
    db = tmp_path / "live.db"
    arrive(db, playbooks, [wire_span(1, said, traceId=trace, parentSpanId=span_id(9))])
    app = RunbookApp(db, lambda: playbooks, Start("session", SESSION))
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        await press(pilot, "4")
        await settle(pilot)
        assert "pay" in screen_text(app)
        made = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "pay",
            "gen_ai.tool.call.id": "c1",
        }
        arrive(db, playbooks, [wire_span(2, made, traceId=trace, parentSpanId=span_id(9))])
        look(app)
        await settle(pilot)
        table = app.screen.view.table  # type: ignore[attr-defined]
        assert [table.row(at).span_id for at in range(table.count)] == [span_id(1), span_id(2)]
