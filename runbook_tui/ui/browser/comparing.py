"""The failed run beside a good one: which good run, and the way there and back."""

from __future__ import annotations

import asyncio
from typing import Final

from textual import work

from runbook_tui.diagnosis import put_beside
from runbook_tui.evidence import Store, list_sessions
from runbook_tui.incident import load
from runbook_tui.trace import RunbookError, SessionTrace
from runbook_tui.ui.browser.base import Browser
from runbook_tui.ui.browser.beside_screen import BesideScreen
from runbook_tui.ui.dialogs import ChoiceDialog, Field, FormDialog
from runbook_tui.ui.words import clock_time

__all__ = ["Comparing"]

_OFFERED: Final = 30
_LOOKED_AT: Final = 2_000
_OTHER: Final = "\0other"
"""No session has this id."""
_HOW: Final = (
    "No good run of this agent is known. Name one for now, or keep one for every later"
    " incident with: runbook-tui baseline add SESSION"
)


class Comparing(Browser):
    """`d`."""

    good: SessionTrace | None = None
    """The good run that was asked for; else the first of the baseline is taken."""
    good_named: str = ""
    """By what it was asked for: a session's id, or a file."""

    def action_beside(self) -> None:
        """Put this run beside a good one."""
        known = self.good or next(iter(self.response.baseline), None)
        if known is not None:
            self._compare(known)
        else:
            self._ask_for_good()

    def action_other_good(self) -> None:
        """Put this run beside another good run."""
        self._ask_for_good()

    def _ask_for_good(self) -> None:
        session = self.response.session_id
        kept = {good.id for good in self.response.baseline}
        agent = self.response.agent
        listed = list_sessions(self.response.store, limit=_LOOKED_AT)
        rows = [row for row in listed if row.id != session and row.agent == agent]
        rows.sort(key=lambda row: (row.id not in kept, bool(row.flags), row.outcome != "completed"))
        options = [
            (
                row.id,
                f"{row.id}  {row.ended_as}  {clock_time(row.started_at)}"
                + ("  baseline" if row.id in kept else "  flagged" if row.flags else ""),
            )
            for row in rows[:_OFFERED]
        ]
        if not options:
            self._ask_by_name()
            return

        def after(chosen: str | None) -> None:
            if chosen == _OTHER:
                self._ask_by_name()
            elif chosen is not None:
                self._load(chosen)

        lead = "" if kept else _HOW
        dialog = ChoiceDialog(
            "Beside which good run?", [*options, (_OTHER, "another session or a file")], lead=lead
        )
        self.app.push_screen(dialog, after)

    def _ask_by_name(self) -> None:
        def after(values: dict[str, str] | None) -> None:
            if values is not None:
                self._load(values["good"])

        field = Field("good", "Session or file", hint="an id, or the path of a capture")
        self.app.push_screen(
            FormDialog("Beside which good run?", [field], lead=_HOW, accept="compare"), after
        )

    @work(exclusive=True, group="beside")
    async def _load(self, name: str) -> None:
        path, named = self.response.store.path, name.strip()

        def read() -> SessionTrace:
            with Store(path) as store:
                return load(store, named)[0]

        try:
            self.good = await asyncio.to_thread(read)
        except RunbookError as error:
            said = f"{error.what}: {error.where}: {error.advice}"
            self.notify(said, severity="warning", markup=False)
            return
        self.good_named = named
        self._compare(self.good)

    @work(exclusive=True, group="compare")
    async def _compare(self, good: SessionTrace) -> None:
        session = await asyncio.to_thread(self.response.whole)
        found = await asyncio.to_thread(put_beside, session, good)

        def after(span_id: str | None) -> None:
            if span_id is not None:
                self.jump_to(span_id)

        self.app.push_screen(BesideScreen(found, session, good, self.good_named), after)
