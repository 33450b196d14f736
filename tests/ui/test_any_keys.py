"""Whatever is pressed on whatever session: nothing is raised and the cursor stays in view."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runbook_tui.evidence import Store, write_session
from runbook_tui.incident import add_capture
from runbook_tui.incident.samples import load_story, story_names
from runbook_tui.playbook import Playbooks
from runbook_tui.trace import SessionTrace, visible
from runbook_tui.ui import RunbookApp, Start
from runbook_tui.ui.incident_screen import IncidentScreen
from runbook_tui.ui.keys import KEYS
from runbook_tui.ui.lines import fit
from runbook_tui.ui.span_tree import SpanTree
from tests.factories import make_llm, make_session, make_span, make_tool
from tests.ui.driver import screen_text, settle

HOSTILE: Final = (
    "[bold red]x[/] [@click=app.quit]y[/]",
    "\x1b[31mred\x1b[0m \x1b]52;c;AAAA\x07",
    "\u202eright to left\u2066 \u200bzero",
    "e\u0301\u0301\u0301 combining \u0e01\u0e33",
    "👩‍👩‍👧 👍🏽 🇫🇷 emoji",
    "中文 日本語 한국어 wide",
    "tab\tnew\nline\r\n",
    "longword" * 500,
)
_LEAVING: Final = {"ctrl+q", "q", "escape", "T"}
_PANES: Final = ("trace", "list", "detail", "incident", "beside", "steps")
_KNOWN: Final = {name for key in KEYS if key.pane in _PANES for name in key.keys.split(",")}
PRESSED: Final = [*sorted(_KNOWN - _LEAVING), "escape", "4", "4", "4"]


def _hostile() -> SessionTrace:
    spans = [make_span(1, kind="agent", name=visible(HOSTILE[0]), agent=visible(HOSTILE[5]))]
    for number, text in enumerate(map(visible, HOSTILE), 2):
        if number % 2:
            spans.append(make_tool(number, text[:60], {text: text}, {text: number * 1000}, parent=1))
        else:
            spans.append(make_llm(number, text, task=text, parent=number - 1))
    spans.append(make_span(40, parent=99, start_ns=None, end_ns=None, name=""))
    return make_session(*spans, session_id="hostile")


def _sessions() -> dict[str, SessionTrace]:
    deep = [make_span(1)] + [make_span(number, parent=number - 1) for number in range(2, 60)]
    return {
        "hostile": _hostile(),
        "deep": make_session(*deep, session_id="deep"),
        "one": make_session(make_llm(1, "only this"), session_id="one"),
        "alike": make_session(
            make_span(1), *(make_tool(n, "same", {}, {}, parent=1) for n in range(2, 40)), session_id="alike"
        ),
    }


@pytest.fixture(scope="module")
def any_db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("any") / "any.db"
    with Store(path) as store:
        with store.writing() as connection:
            for session in _sessions().values():
                write_session(connection, session, None, "2026-11-20T02:14:00.000Z")
        store.connection.execute("pragma wal_checkpoint(truncate)")
    return path


async def _press_all(
    db: Path, playbooks: Playbooks, session: str, size: tuple[int, int], keys: list[str]
) -> None:
    app = RunbookApp(db, lambda: playbooks, Start("session", session))
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        await pilot.press("4")
        await settle(pilot)
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
            await settle(pilot)
            for tree in app.screen.query(SpanTree) if isinstance(app.screen, IncidentScreen) else ():
                _cursor_is_in_view(tree)
            if not app.is_running:
                return
        assert screen_text(app)


def _cursor_is_in_view(tree: SpanTree) -> None:
    row = tree.shown.row_of(tree.position)
    top = tree.scroll_offset.y
    assert top <= row < top + max(tree.size.height, 1), (row, top, tree.size)
    assert tree.row is not None


@given(
    st.sampled_from(["hostile", "deep", "one", "alike"]),
    st.sampled_from([(80, 24), (160, 50), (40, 12)]),
    st.lists(st.sampled_from(PRESSED), min_size=4, max_size=14),
)
@settings(max_examples=14)
def test_any_keys_on_any_session(
    any_db: Path, playbooks: Playbooks, session: str, size: tuple[int, int], keys: list[str]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        db = Path(folder) / "copy.db"
        shutil.copyfile(any_db, db)
        asyncio.run(_press_all(db, playbooks, session, size, keys))


@pytest.mark.parametrize("name", story_names())
async def test_at_most_eight_keys_from_launch_to_the_origin(
    name: str, tmp_path: Path, playbooks: Playbooks
) -> None:
    """One key into the room; then the reading order, one key a step."""
    story = load_story(name)
    db = tmp_path / "eight.db"
    with Store(db) as store:
        add_capture(store, story.path, playbooks.default)
        add_capture(store, story.clean_path, playbooks.default)
    app = RunbookApp(db, lambda: playbooks, Start("session", story.session, (story.clean_session,)))
    async with app.run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        await pilot.press("4")
        await settle(pilot)
        tree = app.screen.query_one(SpanTree)
        pressed = 1
        while tree.row is None or tree.row.step != story.origin_step:
            pressed += 1
            assert pressed <= 8, f"step {story.origin_step} of {name} is not among the first suspects"
            await pilot.press("s")
            await pilot.pause()


@given(st.text(max_size=60), st.integers(1, 40))
def test_a_cell_is_as_wide_as_it_was_asked_to_be(text: str, width: int) -> None:
    from rich.cells import cell_len

    assert cell_len(fit(visible(text), width)) == width
    assert "\n" not in fit(visible(text), width)


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_columns_hold_for_hostile_texts(
    any_db: Path, playbooks: Playbooks, size: tuple[int, int]
) -> None:
    app = RunbookApp(any_db, lambda: playbooks, Start("session", "hostile"))
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        await pilot.press("4")
        await settle(pilot)
        for key in ("j", "j", "t", "t", "tab", "j", "tab", "j", "tab", "tab", "j", "d"):
            await pilot.press(key)
            await settle(pilot)
            strips = app.screen._compositor.render_strips()
            assert {strip.cell_length for strip in strips} == {size[0]}
            text = screen_text(app)
            assert "\x1b" not in text
            assert "\u202e" not in text
