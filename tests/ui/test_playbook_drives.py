"""What a playbook says shows up on screen; no Python is touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from runbook_tui.incident.samples import load_story
from runbook_tui.playbook import load_all, playbook_dirs
from runbook_tui.ui import RunbookApp, Start
from tests.ui.conftest import frozen_clock
from tests.ui.driver import press, response_of, screen_text, settle, type_text

OVERRIDE = """
schema: runbook_tui/playbook/v1
id: agent-incident
extends: agent-incident
title: "Ours"
version: "9.0.0"
owner: "us"
rooms:
  capture:
    lead: "Ours"
    steps:
      - id: snapshot
        title: "Vector store snapshot"
        kind: manual
        text: "Freeze the index before anyone rebuilds it."
      - id: ticket
        title: "Ticket"
        kind: ask
        question: "Which ticket is this?"
        type: text
        min_length: 4
"""


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    folder = tmp_path / "playbooks"
    folder.mkdir()
    (folder / "ours.yaml").write_text(OVERRIDE, encoding="utf-8")
    return folder


async def test_a_step_and_a_question_show_up_and_are_recorded(db: Path, ours: Path) -> None:
    playbooks = load_all(playbook_dirs([ours]))
    assert not playbooks.problems
    app = RunbookApp(db, lambda: playbooks, Start("session", load_story("loan").session), frozen_clock)
    async with app.run_test(size=(100, 40)) as pilot:
        await settle(pilot)
        await press(pilot, "2")
        await settle(pilot)
        assert "Freeze the index before anyone rebuilds it." in screen_text(app)
        await press(pilot, "G", "enter")
        assert "Which ticket is this?" in screen_text(app)
        await type_text(pilot, "OPS")
        await press(pilot, "enter")
        assert "write at least 4 characters" in screen_text(app)
        await type_text(pilot, "1")
        await press(pilot, "enter")
        assert response_of(app).state.answers["ticket"] == "OPS1"
        await press(pilot, "k", "enter")
        assert "snapshot" in response_of(app).state.done
        await press(pilot, "u")
        assert "snapshot" not in response_of(app).state.done
