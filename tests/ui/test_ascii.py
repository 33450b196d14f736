"""A terminal that knows ASCII alone is sent nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len

from runbook_tui.playbook import Playbooks
from runbook_tui.ui import RunbookApp, Start
from runbook_tui.ui.signs import SIGNS, in_ascii
from tests.ui.driver import press, screen_text, settle


def test_every_sign_has_a_twin_of_its_own_width() -> None:
    for name, sign in SIGNS.items():
        assert in_ascii(sign).isascii(), name
        assert in_ascii(sign) != "?", name
    for text in ("a — b…", "表 and é", "e\u0301", "\u202e"):
        assert in_ascii(text).isascii()
        assert cell_len(in_ascii(text)) == cell_len(text)


@pytest.mark.parametrize("asked", [True, False])
async def test_no_room_sends_anything_else(
    app: RunbookApp, monkeypatch: pytest.MonkeyPatch, db: Path, playbooks: Playbooks, *, asked: bool
) -> None:
    if asked:
        monkeypatch.setenv("RUNBOOK_TUI_ASCII", "1")
    start = app._start
    app = RunbookApp(db, lambda: playbooks, Start(start.kind, start.name))
    seen = []
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        for key in "123456":
            await press(pilot, key)
            await settle(pilot)
            seen.append(screen_text(app))
        await press(pilot, "1", "enter")
        seen.append(screen_text(app))
    assert "".join(seen).isascii() == asked


def test_what_is_told_apart_by_its_sign_is_told_apart_in_ascii() -> None:
    states = ("done", "under_way", "open", "skipped", "failed", "unfolded", "folded")
    assert len({in_ascii(SIGNS[name]) for name in states}) == len(states)
    assert in_ascii("\N{RIGHT-POINTING MAGNIFYING GLASS} Search") == ">  Search"
