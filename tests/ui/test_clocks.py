"""What the clocks of the frame count from, and how the time it was noticed is written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from textual.widgets import Input

from runbook_tui.incident.samples import load_story
from runbook_tui.playbook import Playbooks
from runbook_tui.ui import RunbookApp, Start
from runbook_tui.ui.words import noticed_at
from tests.ui.driver import press, response_of, screen_text, settle, type_text


class Clock:
    """A present that the test sets."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 2, 20, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def unreported(db: Path, playbooks: Playbooks, clock: Clock) -> RunbookApp:
    """Nobody has said when it was noticed."""
    return RunbookApp(db, lambda: playbooks, Start("session", load_story("loan").session), clock)


async def test_detected_is_said_only_of_what_somebody_noticed(unreported: RunbookApp) -> None:
    async with unreported.run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        assert "opened 02:20" in screen_text(unreported)
        assert "detected" not in screen_text(unreported).splitlines()[0]
        await press(pilot, "T")
        await settle(pilot)
        assert unreported.screen.query_one(Input).value == ""
        assert "for example 02:14" in screen_text(unreported)
        await type_text(pilot, "02:14")
        await press(pilot, "enter")
        await settle(pilot)
        assert "detected 02:14" in screen_text(unreported)


async def test_a_time_that_is_known_is_offered_as_one_writes_it_and_kept_as_it_is(
    unreported: RunbookApp,
) -> None:
    async with unreported.run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        response = response_of(unreported)
        response.set_detected("2026-11-20T02:14:37.250Z")
        await press(pilot, "T")
        await settle(pilot)
        assert unreported.screen.query_one(Input).value == "02:14"
        await press(pilot, "enter")
        assert response.state.detected_at == "2026-11-20T02:14:37.250Z"


@pytest.mark.parametrize(
    ("stamp", "written"),
    [
        ("2026-11-20T02:14:37.250Z", "02:14"),
        ("2026-11-19T02:21:00.000Z", "02:21"),
        ("2026-11-19T02:14:00.000Z", "2026-11-19 02:14"),
        (None, ""),
    ],
)
def test_a_day_is_written_where_the_time_alone_would_mean_another(stamp: str | None, written: str) -> None:
    assert noticed_at(stamp, datetime(2026, 11, 20, 2, 20, tzinfo=UTC)) == written


async def test_the_time_in_a_room_is_that_of_this_visit(unreported: RunbookApp, clock: Clock) -> None:
    async with unreported.run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        assert "this visit 00:00" in screen_text(unreported)
        await press(pilot, "2")
        clock.now += timedelta(minutes=5)
        await press(pilot, "1")
        await settle(pilot)
        clock.now += timedelta(seconds=7)
        await pilot.pause(1.1)
        assert "this visit 00:07" in screen_text(unreported)
