"""The reading order: from a suspect to the next, from anywhere else to the first."""

from __future__ import annotations

from runbook_tui.ui import RunbookApp
from tests.ui.driver import press, response_of, screen_text, settle


async def test_the_reading_order_goes_on_from_a_suspect_and_begins_anywhere_else(app: RunbookApp) -> None:
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await settle(pilot)
        suspects = response_of(app).findings.suspects
        all_of_them = f"of {len(suspects)}: step"
        await press(pilot, "4", "s")
        assert f"Suspect 2 {all_of_them} {suspects[1].step}." in screen_text(app)
        await press(pilot, "g", "s")
        assert f"Suspect 1 {all_of_them} {suspects[0].step}." in screen_text(app)
        for _ in suspects:
            await press(pilot, "s")
        assert f"This is the last suspect: {len(suspects)} in all." in screen_text(app)
