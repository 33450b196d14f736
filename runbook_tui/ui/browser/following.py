"""From a value to the step that first states it, forward to those that use it; without one, along the cause edges."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import groupby
from time import monotonic
from typing import Final, TypeVar

from textual import on, work
from textual.worker import get_current_worker

from runbook_tui.diagnosis import Edge, Follow, Sighting, causes_of, follow, uses_of
from runbook_tui.trace import SessionTrace
from runbook_tui.ui.browser.detail import Detail
from runbook_tui.ui.browser.searching import Searching
from runbook_tui.ui.dialogs import ChoiceDialog
from runbook_tui.ui.signs import sign
from runbook_tui.ui.span_detail import Tab
from runbook_tui.ui.words import one_line

__all__ = ["Following", "edge_words", "sighting_words"]

_WHERE: Final = {
    "prompt": "in its prompt",
    "user": "in the user's message",
    "result": "in its result",
    "arguments": "in its arguments",
    "output": "in what it says",
    "request": "in the call it asks for",
}
_VIA: Final = {
    "same": "",
    "number": "the same number",
    "date": "the same date",
    "case": "in another case",
    "cents": "a hundred times, or a hundredth",
}
_TABS: Final[dict[str, Tab]] = {"prompt": "input", "user": "input", "arguments": "input"}


Found = TypeVar("Found")
_TOLD_EVERY_S: Final = 0.5


class _EndedError(Exception):
    """Nobody waits for the search any more."""


def sighting_words(found: Sighting) -> str:
    """Where a value stands, and how it is written there where that differs."""
    how = _VIA[found.via]
    said = f", written {one_line(found.written, 30)!r} ({how})" if how else ""
    return f"step {found.step}, {_WHERE[found.where]}{said}"


def edge_words(edge: Edge) -> str:
    """By what one step rests on another."""
    value = one_line(edge.value or "", 30)
    return {"call_id": f"call id {value}", "value": f"value {value!r}", "order": "order alone"}[edge.via]


def _alike_once(options: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The first of each run of options in the same words, with how many there are."""
    runs = [list(run) for _, run in groupby(options, key=lambda option: option[1])]
    return [(run[0][0], run[0][1] + (f"  {sign('times')}{len(run)}" if run[1:] else "")) for run in runs]


class Following(Searching):
    """`b` and `B`."""

    @on(Detail.Left)
    def back_to_tree(self) -> None:
        """The tree takes the focus again."""
        self.spans.focus()

    @on(Detail.Pointed)
    def follow_pointed(self) -> None:
        """A value was chosen in the detail."""
        self.action_cause()

    def action_cause(self) -> None:
        """To the step that first states the value under the cursor; without one, to what this step rests on."""
        if (value := self.detail.value) is not None:
            self._follow(value, forward=False)
        elif (row := self.row) is not None:
            self._causes(row.span_id)

    def action_use(self) -> None:
        """To the steps that use the value under the cursor; without one, to what rests on this step."""
        if (value := self.detail.value) is not None:
            self._follow(value, forward=True)
        elif (row := self.row) is not None:
            self._uses(row.span_id)

    # Looking through a session takes as long as the session is, so it is done beside the screen.

    async def _looked_through(self, seek: Callable[[SessionTrace], Found]) -> Found | None:
        """What a search through the session finds; None where it was ended. One that takes long says how far it is."""
        worker = get_current_worker()
        told = monotonic()

        def looked(at: int, of: int) -> None:
            nonlocal told
            if worker.is_cancelled:
                raise _EndedError
            if monotonic() - told > _TOLD_EVERY_S:
                told = monotonic()
                said = f"Looking through the session: {at * 100 // max(of, 1)} %. esc ends it."
                self.app.call_from_thread(self.say, said)

        def look() -> Found | None:
            try:
                with self.response.reading(looked) as session:
                    return seek(session)
            except _EndedError:
                return None

        return await asyncio.to_thread(look)

    @work(exclusive=True, group="follow")
    async def _follow(self, value: str, *, forward: bool) -> None:
        found = await self._looked_through(lambda session: follow(session, value))
        if found is not None:
            (self._to_uses if forward else self._to_first)(found)

    @work(exclusive=True, group="follow")
    async def _causes(self, span_id: str) -> None:
        found = await self._looked_through(lambda session: causes_of(session, span_id))
        if found is None:
            return
        if not found:
            row = self.table.row_of_span(span_id)
            is_step = row is not None and row.step is not None
            self.say("This is the first step." if is_step else "This is no step: put the cursor on one.")
            return
        first, *others = found
        more = f" It also rests on step {', '.join(str(edge.step) for edge in others[:4])}." if others else ""
        self.jump_to(first.span_id)
        self.say(f"Step {first.step}, on which that step rests by {edge_words(first)}.{more}")

    @work(exclusive=True, group="follow")
    async def _uses(self, span_id: str) -> None:
        found = await self._looked_through(lambda session: uses_of(session, span_id))
        if found is None:
            return
        if not found:
            self.say("Nothing in this trace is known to rest on this step.")
            return
        here = self.row.step if self.row is not None else None
        words = [(edge.span_id, f"step {edge.step} by {edge_words(edge)}") for edge in found]
        self._choose(f"What rests on step {here}", _alike_once(words))

    def _to_first(self, found: Follow) -> None:
        value, first = one_line(found.value, 40), found.first
        if first is None:
            maybe = f" Perhaps {sighting_words(found.in_cents[0])}." if found.in_cents else ""
            self.say(f"No step states {value}.{maybe}")
            return
        here = self.row is not None and self.row.span_id == first.span_id
        self._show(first)
        if found.from_nowhere:
            self.say(
                f"{value} appears from nowhere: {sighting_words(first)}, and nothing before that holds it.",
                seconds=8,
            )
        elif here:
            self.say(f"{value}: this is the first step that has it, {_WHERE[first.where]}.")
        else:
            self.say(f"{value}: first at {sighting_words(first)}.")

    def _to_uses(self, found: Follow) -> None:
        row = self.row
        spans = [item.span_id for item in found.sightings]
        here = max((at for at, span in enumerate(spans) if row and span == row.span_id), default=-1)
        later = {item.span_id: item for item in reversed(found.sightings[here + 1 :])}
        ahead = list(reversed(later.values()))
        value = one_line(found.value, 40)
        if not ahead:
            self.say(f"No later step has {value}.")
        elif len(ahead) == 1:
            self._show(ahead[0])
            self.say(f"{value}: last at {sighting_words(ahead[0])}.")
        else:
            options = _alike_once([(item.span_id, sighting_words(item)) for item in ahead])
            self._choose(f"{len(ahead)} later steps have {value}", options, later)

    def _choose(
        self, title: str, options: list[tuple[str, str]], sightings: dict[str, Sighting] | None = None
    ) -> None:
        def after(span_id: str | None) -> None:
            if span_id is None:
                return
            if sightings is not None:
                self._show(sightings[span_id])
            else:
                self.jump_to(span_id)
                self.say(dict(options)[span_id])

        if len(options) == 1:
            after(options[0][0])
        else:
            self.app.push_screen(ChoiceDialog(title, options), after)

    def _show(self, found: Sighting) -> None:
        """Jump to where a value stands, with the value marked."""
        with self.jumping():
            if self.jump_to(found.span_id):
                self.show_text(found.written, _TABS.get(found.where, "output"))
