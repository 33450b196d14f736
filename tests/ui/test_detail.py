"""What the tabs of the detail show."""

from __future__ import annotations

from pathlib import Path

from runbook_tui.diagnosis import context_changes
from runbook_tui.evidence import Store
from runbook_tui.incident import add_capture
from runbook_tui.incident.samples import load_story
from runbook_tui.playbook import Playbooks
from runbook_tui.trace import Message, Part
from runbook_tui.ui import RunbookApp, Start
from runbook_tui.ui.browser.detailing import context_rows
from runbook_tui.ui.span_detail import text_rows
from tests.factories import make_llm, make_session
from tests.ui.driver import press, screen_text, settle


def test_what_a_context_lost_comes_first() -> None:
    system = Message("system", (Part("text", "Be exact and never guess an amount."),))
    task = Message("user", (Part("text", "Refund order A-1."),))
    rule = Message("user", (Part("text", "Never refund more than 50."),))
    more = Message("user", (Part("text", "Go on."),))
    session = make_session(
        make_llm(1, "Looking.", input_messages=(system, task, rule)),
        make_llm(2, "Paying.", input_messages=(system, task, more)),
    )
    (change,) = context_changes(session)
    texts = [row.text for row in context_rows(change, "llm", 120)]
    assert texts[0].startswith("Against the context of step 1:")
    assert texts.index("dropped: user, message 3") < texts.index("added: user, message 3")
    assert "Never refund more than 50." in texts
    assert "Only LLM calls" in context_rows(None, "tool", 120)[0].text


def test_a_long_text_is_told_by_its_first_lines_length_and_hash() -> None:
    rows = text_rows("x y " * 2_000_000)
    assert len(rows) < 300
    assert "8,000,000 characters in all, sha256 " in rows[-1].text
    assert "v shows them" in rows[-1].text


async def test_a_drifted_call_stands_beside_the_good_one(app: RunbookApp) -> None:
    async with app.run_test(size=(160, 50)) as pilot:
        await settle(pilot)
        await press(pilot, "4")
        await settle(pilot)
        text = screen_text(app)
        assert "of the good run loan-2026-11-18" in text
        assert '"income": ' in text


async def test_every_tab_is_reached_and_named(tmp_path: Path, playbooks: Playbooks) -> None:
    story = load_story("pricing")
    db = tmp_path / "tabs.db"
    with Store(db) as store:
        add_capture(store, story.path, playbooks.default)
    app = RunbookApp(db, lambda: playbooks, Start("session", story.session))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, "4")
        await settle(pilot)
        for name in ("input", "context", "attributes", "raw", "read next", "to do", "output"):
            await press(pilot, "tab")
            await settle(pilot)
            assert f" {name} " in screen_text(app)
