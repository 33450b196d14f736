"""One incident in two terminals: each shows what the other writes, and none is in the other's way."""

from __future__ import annotations

from pathlib import Path

from runbook_tui.evidence import Store
from runbook_tui.incident import Response
from runbook_tui.playbook import Playbooks
from runbook_tui.ui import RunbookApp
from tests.ui.conftest import frozen_clock
from tests.ui.driver import press, response_of, screen_text, settle


async def test_what_another_terminal_writes_is_shown_and_followed(
    app: RunbookApp, db: Path, playbooks: Playbooks
) -> None:
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await settle(pilot)
        here = response_of(app)
        with Store(db) as store:
            other = Response(store, playbooks, here.id, frozen_clock)
            other.classify("tool_misfire")
            await press(pilot, "2")
            assert "room_entered" in [entry.event for entry in here.journal.entries[-1:]]
            other.write_gap("Nobody compared the refused share with last week's.")
            await pilot.pause(1.2)
            assert here.state.gap == other.state.gap
            assert "Changed in another terminal" in screen_text(app)
            await press(pilot, "4", "m")
            assert other.catch_up()
            assert other.state.marks == here.state.marks != frozenset()


async def test_a_visit_that_cannot_be_written_down_is_shown_all_the_same(app: RunbookApp, db: Path) -> None:
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await settle(pilot)
        here = response_of(app)
        here.store.connection.execute("pragma busy_timeout = 1")
        with Store(db) as store, store.writing():
            await press(pilot, "2")
            assert "another program is writing into it" in screen_text(app)
        await press(pilot, "3")
        assert "classify" in here.state.visits
