"""The timeline of the rows."""

from __future__ import annotations

import asyncio

from textual import work

from runbook_tui.evidence import Store, step_times
from runbook_tui.trace.timescale import TimeScale, critical_path
from runbook_tui.ui.browser.base import Browser
from runbook_tui.ui.timeline import Timeline

__all__ = ["Timing"]


class Timing(Browser):
    """`t`."""

    def action_timeline(self) -> None:
        """From the tree to the timeline, and back."""
        if self.spans.timeline is not None:
            self.spans.show_timeline(None)
            self.title()
        else:
            self._draw()

    def show_news(self) -> None:
        """What has come is on the scale too."""
        super().show_news()
        if self.spans.timeline is not None:
            self._draw()

    @work(exclusive=True, group="timeline")
    async def _draw(self) -> None:
        path, session = self.response.store.path, self.response.session_id

        def read() -> Timeline:
            with Store(path) as store:
                steps = step_times(store, session)
            return Timeline(TimeScale((start, end) for _, start, end in steps), critical_path(steps))

        timeline = await asyncio.to_thread(read)
        if not timeline.scale.end:
            self.say("No step of this session has recorded times.")
            return
        self.spans.show_timeline(timeline)
        self.title()
