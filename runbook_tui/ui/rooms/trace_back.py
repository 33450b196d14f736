"""Trace back: where it went wrong. A table of contents; each question is answered in a file of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.widgets import Static

from runbook_tui.trace.counted import counted
from runbook_tui.trace.words import Room
from runbook_tui.ui.browser.agents import Agents
from runbook_tui.ui.browser.comparing import Comparing
from runbook_tui.ui.browser.copying import Copying
from runbook_tui.ui.browser.detail import Detail
from runbook_tui.ui.browser.detailing import Detailing
from runbook_tui.ui.browser.filtering import Filtering
from runbook_tui.ui.browser.following import Following
from runbook_tui.ui.browser.marking import Marking
from runbook_tui.ui.browser.timing import Timing
from runbook_tui.ui.keys import Pane, bindings
from runbook_tui.ui.lines import Tone
from runbook_tui.ui.rows import RowList
from runbook_tui.ui.span_line import DEEPEST, Columns, Story
from runbook_tui.ui.span_tree import SpanTree
from runbook_tui.ui.timeline import axis, legend

__all__ = ["TraceBackRoom"]


class TraceBackRoom(Following, Detailing, Agents, Filtering, Timing, Comparing, Copying, Marking):
    """Room 4."""

    ROOM: ClassVar[Room] = "trace_back"
    PANES: ClassVar[tuple[Pane, ...]] = ("trace", "list", "incident", "everywhere")
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("trace"), *bindings("steps")]

    _start = 0

    def compose(self) -> ComposeResult:
        """Header, tree, detail."""
        yield Static("", classes="lead")
        with Container(id="trace"):
            yield SpanTree()
            with Vertical(id="detail"):
                yield Static("", id="detail-title")
                yield Detail()

    def on_mount(self) -> None:
        """Open the tree where it was left, or at the first suspect."""
        start = self._start
        if not start and self.response.findings.suspects:
            start = self.table.position_of_span(self.response.findings.suspects[0].span_id) or 0
        self.spans.open(self.table, start)
        self.update_room()

    def restore(self, cursor: int) -> None:
        """Go to a span."""
        self._start = cursor
        if self.is_mounted and self.query(SpanTree):
            self.spans.go(cursor)

    def lead(self) -> tuple[str, Tone]:
        """What is marked, or where to start."""
        filtered = self.filter_words()
        if self.spans.timeline is not None:
            # one line each: what the edges of the bars stand for goes before how many spans there are
            room, edges = self.size.width - 2, axis(self.spans.timeline)
            first = f"{edges} · {filtered or self._counts()}"
            return f"{first if len(first) <= room else filtered or edges}\n{legend(room)}", "text"
        if filtered is not None:
            return f"{filtered}\n{self.path()}", "text"
        state = self.response.state
        counts = self._counts()
        if self.row is not None and self.row.depth > DEEPEST:
            return f"{counts}\n{self.path()}", "text"
        if state.origin is not None:
            cascade = counted(self.response.cascade_steps, "step")
            where = "in the cascade." if state.cascade_taken else "in the proposed cascade: c takes it."
            return f"{counts}. Origin: step {state.origin.step}, {cascade} {where}", "text"
        suspects = self.response.findings.suspects
        if suspects:
            order = ", then ".join(
                str(number) for number in dict.fromkeys(item.step for item in suspects[:3])
            )
            return f"{counts}. Read step {order}. Mark the origin with o.", "text"
        return f"{counts}. Start at the wrong output and read backward.", "text"

    def _counts(self) -> str:
        flagged, hidden = len(self.spans.flagged), self.spans.folding.hidden
        folded = f", {hidden} folded" if hidden else ""
        flags = counted(len(self.response.findings.flags), "flag") + (
            f" on {counted(flagged, 'span')}" if flagged else ""
        )
        steps = counted(self.response.findings.session.steps, "step")
        if not self.response.diagnosed_spans:
            flags = "being diagnosed"
        return f"{steps} · {flags} · {counted(self.table.count, 'span')}{folded}"

    def update_room(self) -> None:
        """Show the incident as it is now."""
        state, findings = self.response.state, self.response.findings
        self.spans.decorate(
            Story(
                state.origin.span_id if state.origin else None,
                frozenset(state.cascade),
                state.marks,
                frozenset(suspect.span_id for suspect in findings.suspects[:5]),
            ),
            Columns(cost=findings.session.cost_usd is not None, agent=len(findings.agents) > 1),
        )
        super().update_room()
        self.title()

    def why_not(self, action: str) -> str | None:
        """Why a key does nothing just now."""
        name = action.partition("(")[0]
        picked = self.spans.picked is not None
        reasons = {
            "flag": None if self.spans.flagged else "no span is flagged",
            "suspect": None if self.response.findings.suspects else "nothing stands out in this session",
            "hit": None if self.hits else "nothing was found" if self.searched else "search with / first",
            "end_search": None if self.searched or self.is_looking else "nothing is searched for",
            "show_all": None if picked else "no filter is on",
            "fold": "a filter is on" if picked else None,
            "unfold": "a filter is on" if picked else None,
            "fold_repeats": "a filter is on" if picked else None,
            "fold_level": "a filter is on" if picked else None,
            "fold_all": "a filter is on" if picked else None,
            "cascade": None if self.response.state.origin else "mark the origin with o first",
        }
        return reasons.get(name)

    def more_acts(self) -> Iterable[tuple[str, str, Callable[[], object]]]:
        """Exports."""
        yield "Export an outline", "the rows shown, as Markdown; secrets masked", self.export_outline
        yield "Export spans", "the rows shown, as JSON; secrets masked", self.export_json
        yield "Export the screen", "as SVG, as it is: nothing is masked", self.export_svg

    def choose(self, what: tuple[Any, ...]) -> None:
        """Nothing of the room's own."""

    @on(RowList.Chosen)
    def act_on_row(self, event: RowList.Chosen) -> None:
        """A row of the reading order goes to its span; the rest as in every room."""
        assert event.row.id is not None
        if event.row.id[0] == "span":
            event.stop()
            event.prevent_default()
            self.jump_to(event.row.id[1])
            self.spans.focus()

    def go_to_span(self, span_id: str) -> None:
        """Put the cursor on a span."""
        position = self.table.position_of_span(span_id)
        if position is not None:
            self.restore(position)

    def go_to_step(self, step_id: str) -> None:
        """Show what there is to do here, with the cursor on a step of it."""
        self.show_tab("to do")
        super().go_to_step(step_id)
        self.detail.focus()
