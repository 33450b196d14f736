"""Draw the screenshots of the README from the code: `python docs/screenshots.py`."""

from __future__ import annotations

import asyncio
import re
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from runbook_tui.evidence import Store
from runbook_tui.incident import add_capture, open_incident
from runbook_tui.incident.samples import load_story
from runbook_tui.playbook import load_all, playbook_dirs
from runbook_tui.ui import RunbookApp, Start

HERE = Path(__file__).resolve().parent
SHOTS = {
    "contain": ("1",),
    "classify": ("3",),
    "trace-back": ("4",),
    "timeline": ("t",),
    "beside": ("t", "d"),
    "blast-radius": ("escape", "5"),
    "postmortem": ("6",),
}
"""The keys that lead from each screenshot to the next."""


def clock() -> datetime:
    return datetime(2026, 11, 20, 2, 52, tzinfo=UTC)


async def draw(db: Path) -> None:
    playbooks = load_all(playbook_dirs())
    story = load_story("loan")
    with Store(db) as store:
        for path in (story.path, story.clean_path):
            add_capture(store, path, playbooks.default)
        response = open_incident(
            store,
            playbooks,
            story.session,
            baseline=(story.clean_session,),
            detected_at=story.detected_at,
            clock=clock,
        )
        option = response.playbook.rooms.contain.steps[0].options[1]  # type: ignore[union-attr]
        response.stop_done(option, response.command(option, {}), "ran it by hand")
        response.contained("no replica is ready, no pod is left")
        response.classify("tool_misfire")
        response.mark_origin(response.findings.suspects[0].span_id)
    app = RunbookApp(db, lambda: playbooks, Start("session", story.session), clock)
    async with app.run_test(size=(120, 34)) as pilot:
        await app.workers.wait_for_complete()
        await pilot.pause(0.3)
        for name, keys in SHOTS.items():
            await pilot.press(*keys)
            await app.workers.wait_for_complete()
            await pilot.pause(0.3)
            svg = app.export_screenshot(title="runbook-tui", simplify=True)
            svg = re.sub(r"terminal-\d+-", "terminal-", svg)
            svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
            (HERE / f"{name}.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(draw(Path(folder) / "shots.db"))
