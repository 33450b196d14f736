"""A few screens as they are drawn, so that a change of looks is seen and meant.

`pytest tests/ui/test_snapshots.py --snapshot-update` takes them anew; look at them before you commit.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.pilot import Pilot

from runbook_tui.ui import RunbookApp
from tests.ui.driver import press, settle

KEYS = {"contain": "1", "classify": "3", "trace_back": "4", "blast_radius": "5"}


@pytest.mark.parametrize("size", [(80, 24), (140, 40)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("room", KEYS)
def test_a_room_looks_as_it_did(
    app: RunbookApp, snap_compare: Callable[..., bool], room: str, size: tuple[int, int]
) -> None:
    async def before(pilot: Pilot[None]) -> None:
        await settle(pilot)
        await press(pilot, KEYS[room])
        await settle(pilot)

    assert snap_compare(app, terminal_size=size, run_before=before)
