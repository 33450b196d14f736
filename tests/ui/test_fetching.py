"""Fetching from the Capture room: late spans join the incident, a failure is shown, escape stops it."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot

from runbook_tui.incident.fetching import FetchProgress
from runbook_tui.incident.samples import load_story
from runbook_tui.ui import RunbookApp
from runbook_tui.ui.rooms.fetching import progress_line
from runbook_tui.ui.rows import RowList
from tests.intake import samples
from tests.servers.loopback import Loopback, Reply, Request
from tests.servers.phoenix import Phoenix
from tests.servers.same_run import text_replaced
from tests.ui.driver import press, response_of, screen_text, settle, type_text


@pytest.fixture(autouse=True)
def _no_configuration(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNBOOK_TUI_SOURCES", str(tmp_path / "none.yaml"))
    monkeypatch.delenv("PHOENIX_API_KEY", raising=False)
    monkeypatch.setenv("NO_PROXY", "*")


class Late(Phoenix):
    """The server holds two more traces of the incident's session."""

    def __init__(self) -> None:
        super().__init__()
        self.session = load_story("loan").session
        self.spans = text_replaced(self.spans, f'"{samples.SESSION}"', f'"{self.session}"')

    def __call__(self, request: Request) -> Any:
        asked = request.query.get("session_identifier")
        if asked is not None:
            request.query["session_identifier"] = samples.SESSION if asked == self.session else asked
        return super().__call__(request)


async def _ask(pilot: Pilot[None], app: RunbookApp, url: str) -> None:
    await settle(pilot)
    await press(pilot, "2")
    rows = app.screen.query_one(RowList)
    rows.cursor = next(at for at, row in enumerate(rows.rows) if row.id == ("fetch",))
    await press(pilot, "enter")
    assert "Fetch from a trace server" in screen_text(app)
    await press(pilot, "enter", "enter")
    await type_text(pilot, url)
    await press(pilot, "enter")


async def test_late_spans_join_the_incident(app: RunbookApp) -> None:
    late = Late()
    with Loopback(late) as server:
        async with app.run_test(size=(100, 40), notifications=True) as pilot:
            await settle(pilot)
            before = len(response_of(app).session.spans)
            await _ask(pilot, app, server.url)
            await settle(pilot)
            response = response_of(app)
            assert len(response.session.spans) == before + 8
            assert response.findings.session.spans == before + 8
            assert f"phoenix-{late.session}.jsonl" in {capture.name for capture in response.captures}
            assert "8 new spans stored" in screen_text(app)
            await _ask(pilot, app, server.url)
            await settle(pilot)
            assert "Nothing new" in screen_text(app)


async def test_a_failure_is_shown_and_tried_again(app: RunbookApp) -> None:
    late = Late()
    late.before = lambda *_: Reply(403)
    with Loopback(late) as server:
        async with app.run_test(size=(80, 24), notifications=True) as pilot:
            await _ask(pilot, app, server.url)
            await settle(pilot)
            shown = " ".join(screen_text(app).split())
            assert "phoenix wants credentials (403)" in shown
            assert "PHOENIX_API_KEY" in shown
            late.before = None
            await press(pilot, "enter")
            await settle(pilot)
            assert "8 new spans stored" in screen_text(app)


async def test_escape_stops_it(app: RunbookApp) -> None:
    late = Late()
    late.before = lambda *_: Reply(200, b"{}", wait=30)
    with Loopback(late) as server:
        async with app.run_test(size=(80, 24), notifications=True) as pilot:
            await settle(pilot)
            before = len(response_of(app).captures)
            await _ask(pilot, app, server.url)
            await pilot.pause(0.2)
            assert "from phoenix" in screen_text(app)
            await press(pilot, "escape")
            await settle(pilot)
            assert "from phoenix" not in screen_text(app)
            assert "Stopped. Nothing was stored." in screen_text(app)
            assert len(response_of(app).captures) == before


async def test_a_wrong_address_keeps_the_form_open(app: RunbookApp) -> None:
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await _ask(pilot, app, "ftp://x")
        assert "not the address of a server" in screen_text(app)


def test_progress_in_words() -> None:
    assert progress_line(FetchProgress("asking")) == "Asking what there is ..."
    assert progress_line(FetchProgress("fetching", 3, 40, 2_500_000)) == "3 of 40 traces, 2.5 MB"
    assert progress_line(FetchProgress("storing", 0, 9, 2_500_000)) == "Storing 2.5 MB ..."
