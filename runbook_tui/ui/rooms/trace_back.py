"""Trace back: the span tree, what a span said, the reading order, and the fault origin."""

from __future__ import annotations

from typing import Any, ClassVar

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Static

from runbook_tui.evidence import FlagRow, Snapshot, SpanTable
from runbook_tui.incident import Response
from runbook_tui.trace.counted import counted
from runbook_tui.trace.words import Room
from runbook_tui.ui.dialogs import Field, FormDialog, TextScreen
from runbook_tui.ui.keys import Pane, bindings
from runbook_tui.ui.lines import Tone, fit
from runbook_tui.ui.rooms.reading import Detail, reading_rows
from runbook_tui.ui.rooms.room import RoomView
from runbook_tui.ui.rooms.steps import step_rows
from runbook_tui.ui.rows import Row, RowList
from runbook_tui.ui.signs import sign
from runbook_tui.ui.span_detail import TABS, Tab, detail_rows, payload_text
from runbook_tui.ui.span_tree import SpanTree
from runbook_tui.ui.words import duration, one_line

__all__ = ["TraceBackRoom"]


class TraceBackRoom(RoomView):
    """Room 4."""

    ROOM: ClassVar[Room] = "trace_back"
    PANES: ClassVar[tuple[Pane, ...]] = ("trace", "list", "incident", "everywhere")
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("trace"), *bindings("steps")]

    def __init__(self, response: Response) -> None:
        super().__init__(response)
        self._snapshot = Snapshot(response.store.path)
        self._read()
        self._searched = ""
        self._tab: Tab = "output"
        self._hits: list[int] = []
        self._suspect = -1
        self._timer: Timer | None = None
        self._start = 0

    def _read(self) -> None:
        self._table = SpanTable(self._snapshot.store, self.response.session.id)
        self._flags: dict[int, list[FlagRow]] = {}
        for flag in self._table.flags():
            self._flags.setdefault(flag.position, []).append(flag)

    def show_news(self) -> None:
        """More spans of the session are in the store: show them; nothing that is being read moves."""
        tree = self.query_one(SpanTree)
        before, self._snapshot = self._snapshot, Snapshot(self.response.store.path)
        self._read()
        tree.renew(self._table)
        before.close()
        if self._searched:
            self._hits = self._table.search(self._searched)
        self._lead_again()
        self._title()

    def on_unmount(self) -> None:
        """Let go of the snapshot."""
        self._snapshot.close()

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
        tree = self.query_one(SpanTree)
        start = self._start
        if not start and self.response.findings.suspects and self.response.findings.flags:
            start = self._table.position_of_span(self.response.findings.suspects[0].span_id) or 0
            self._suspect = 0
        tree.open(self._table, start)
        self.update_room()

    @property
    def row_list(self) -> RowList:
        """The detail's rows."""
        return self.query_one(Detail)

    @property
    def home(self) -> Widget:
        """The tree takes the focus."""
        return self.query_one(SpanTree)

    @property
    def cursor(self) -> int:
        """The span under the cursor."""
        return self.query_one(SpanTree).position

    def restore(self, cursor: int) -> None:
        """Go to a span."""
        self._start = cursor
        if self.is_mounted and self.query(SpanTree):
            self.query_one(SpanTree).go(cursor)

    def lead(self) -> tuple[str, Tone]:
        """What is marked, or where to start."""
        summary, state = self.response.findings.session, self.response.state
        flagged = len(self.query_one(SpanTree).flagged)
        hidden = self.query_one(SpanTree).folding.hidden
        folded = f", {hidden} folded" if hidden else ""
        flags = counted(len(self.response.findings.flags), "flag") + (
            f" on {counted(flagged, 'span')}" if flagged else ""
        )
        counts = f"{counted(summary.steps, 'step')} · {flags} · {counted(self._table.count, 'span')}{folded}"
        if state.origin is not None:
            return (
                f"{counts}. Origin: step {state.origin.step}, {len(state.cascade)} steps in the cascade.",
                "text",
            )
        suspects = self.response.findings.suspects
        if suspects:
            order = ", then ".join(
                str(number) for number in dict.fromkeys(item.step for item in suspects[:3])
            )
            return f"{counts}. Read step {order}. Mark the origin with o.", "text"
        return f"{counts}. Start at the wrong output and read backward.", "text"

    def rows(self) -> list[Row]:
        """What the current tab says of the span under the cursor."""
        if self._tab == "read next":
            return reading_rows(self.response)
        if self._tab == "to do":
            rows = step_rows(self.response, "trace_back")
            return rows or [Row("The playbook asks nothing here.", tone="dim")]
        span = self._table.payload(self.cursor)
        if span is None:
            return [Row("This session has no spans.", tone="dim")]
        return detail_rows(
            span, self._tab, self._flags.get(self.cursor, []), self.response.state.notes.get(span.span_id)
        )

    def update_room(self) -> None:
        """Show the incident as it is now."""
        state = self.response.state
        self.query_one(SpanTree).decorate(
            state.origin.span_id if state.origin else None,
            frozenset(state.cascade),
            state.marks,
            frozenset(suspect.span_id for suspect in self.response.findings.suspects[:5]),
        )
        super().update_room()
        self._title()

    def _title(self) -> None:
        row = self.query_one(SpanTree).row
        tabs = Content(" ")
        for tab in TABS:
            tabs += Content.styled(f" {tab} ", "bold reverse" if tab == self._tab else "dim")
        if row is None:
            self.query_one("#detail-title", Static).update(tabs)
            return
        number = f"{row.step} " if row.step is not None else ""
        status = "" if row.status == "unset" else row.status
        kind = f"{row.kind} " if row.step is not None else ""
        reason = self._reason(row.span_id)
        title = self.query_one("#detail-title", Static)
        room = max(title.size.width - cell_len(reason) - 3, 10)
        said = f" {number}{kind}{row.label}  {status}  {duration(row.duration_ms)}".rstrip()
        head = Content(fit(said, min(cell_len(said), room))) + Content.styled(f"  {reason}", "$text-warning")
        title.update(Content("\n").join([head, tabs]))

    def _reason(self, span_id: str) -> str:
        for suspect in self.response.findings.suspects[:5]:
            if suspect.span_id == span_id:
                return f"{sign('suspect')} read {suspect.rank}"
        return ""

    @on(SpanTree.Moved)
    def follow_cursor(self) -> None:
        """Show the span under the cursor, once the cursor rests."""
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(0.03, self._show_span)

    def _show_span(self) -> None:
        self._title()
        if self._tab not in ("read next", "to do"):
            self.row_list.show(self.rows())
            self.row_list.scroll_home(animate=False)

    # Keys --------------------------------------------------------------------------------------

    def action_unfold(self) -> None:
        """Unfold."""
        self.query_one(SpanTree).unfold()
        self._lead_again()

    def action_fold(self) -> None:
        """Fold."""
        self.query_one(SpanTree).fold()
        self._lead_again()

    def action_fold_repeats(self) -> None:
        """Fold or unfold runs of alike rows."""
        self.query_one(SpanTree).fold_repeats()
        self._lead_again()

    def _lead_again(self) -> None:
        text, _ = self.lead()
        self.query_one(".lead", Static).update(Content(text))

    def action_tab(self, by: int) -> None:
        """To another tab."""
        self._tab = TABS[(TABS.index(self._tab) + by) % len(TABS)]
        self._title()
        self.row_list.show(self.rows())
        self.row_list.scroll_home(animate=False)

    def action_detail(self) -> None:
        """Into the detail pane."""
        self.row_list.focus()

    def action_flag(self, by: int) -> None:
        """To the next or previous flag; never wraps in silence."""
        tree = self.query_one(SpanTree)
        self._to_neighbour(tree.flagged, by, "flag")

    def action_hit(self, by: int) -> None:
        """To the next or previous search hit."""
        self._to_neighbour(self._hits, by, "hit")

    def _to_neighbour(self, positions: list[int], by: int, what: str) -> None:
        tree = self.query_one(SpanTree)
        if not positions:
            hint = "Search with / first." if what == "hit" else "No span of this session is flagged."
            self.notify(hint, markup=False)
            return
        ahead = [at for at in positions if (at - tree.position) * by > 0]
        if not ahead:
            edge = "last" if by > 0 else "first"
            self.notify(f"This is the {edge} {what}: {len(positions)} in all.", markup=False)
            return
        target = min(ahead) if by > 0 else max(ahead)
        tree.go(target)
        place = positions.index(target) + 1
        names = " ".join(tree.flags_at(target)) if what == "flag" else ""
        self.notify(f"{place} of {len(positions)} {names}".strip(), timeout=2, markup=False)

    def action_suspect(self) -> None:
        """To the next step of the reading order."""
        suspects = self.response.findings.suspects
        if not suspects:
            self.notify("Nothing stands out in this session.", markup=False)
            return
        self._suspect = (self._suspect + 1) % len(suspects)
        suspect = suspects[self._suspect]
        position = self._table.position_of_span(suspect.span_id)
        if position is not None:
            self.query_one(SpanTree).go(position)
        reason = one_line(suspect.reasons[0].text, 90)
        self.notify(
            f"{self._suspect + 1} of {len(suspects)}: step {suspect.step}. {reason}", timeout=4, markup=False
        )

    def action_origin(self) -> None:
        """Mark the span under the cursor as fault origin."""
        row = self.query_one(SpanTree).row
        if row is not None and self.attempt(lambda: self.response.mark_origin(row.span_id)):
            self.notify(f"Origin: step {row.step}. u takes it back.", markup=False)

    def action_cascade(self) -> None:
        """Add to the cascade, or take out."""
        row = self.query_one(SpanTree).row
        if row is not None:
            self.attempt(lambda: self.response.toggle_cascade(row.span_id))

    def action_mark(self) -> None:
        """Mark a span."""
        row = self.query_one(SpanTree).row
        if row is not None:
            on = row.span_id not in self.response.state.marks
            self.attempt(lambda: self.response.mark(row.span_id), "Marked." if on else "Mark cleared.")

    def action_note(self) -> None:
        """Write a note on a span."""
        row = self.query_one(SpanTree).row
        if row is not None:
            known = self.response.state.notes.get(row.span_id, "")
            field = Field("text", f"Note on {row.tool or row.name}", known)
            self.ask("Note", [field], lambda values: self.response.note(row.span_id, values["text"]))

    def action_goto(self) -> None:
        """To a step by its number."""

        def check(values: dict[str, str]) -> str | None:
            number = values["step"].strip()
            if not number.isdigit() or self._table.position_of_step(int(number)) is None:
                return f"no step {number}; the last one is {self.response.session.steps[-1].number}"
            return None

        def after(values: dict[str, str] | None) -> None:
            position = self._table.position_of_step(int(values["step"])) if values else None
            if position is not None:
                self.query_one(SpanTree).go(position)

        self.app.push_screen(
            FormDialog("Go to step", [Field("step", "Number")], accept="go", check=check), after
        )

    def action_search(self) -> None:
        """Search names, attributes, messages, arguments and results of this session."""

        def after(values: dict[str, str] | None) -> None:
            if values is None:
                return
            self._searched = values["text"]
            self._hits = self._table.search(self._searched)
            if not self._hits:
                self.notify(f"No span contains {values['text']!r}.", markup=False)
                return
            at = self.cursor
            self.query_one(SpanTree).go(next((hit for hit in self._hits if hit >= at), self._hits[0]))
            self.notify(f"{len(self._hits)} hits; n and N go through them.", markup=False)

        fields = [Field("text", "Text", hint="plain text, any case")]
        self.app.push_screen(FormDialog("Search this session", fields, accept="search"), after)

    def action_payload(self) -> None:
        """The whole payload."""
        span = self._table.payload(self.cursor)
        if span is not None:
            self.app.push_screen(TextScreen(one_line(span.name, 60), payload_text(span)))

    def choose(self, what: tuple[Any, ...]) -> None:
        """Nothing of the room's own."""

    @on(RowList.Chosen)
    def act_on_row(self, event: RowList.Chosen) -> None:
        """A row of the reading order goes to its span; the rest as in every room."""
        assert event.row.id is not None
        if event.row.id[0] == "span":
            event.stop()
            event.prevent_default()
            self.go_to_span(event.row.id[1])
            self.query_one(SpanTree).focus()

    def go_to_span(self, span_id: str) -> None:
        """Put the cursor on a span."""
        position = self._table.position_of_span(span_id)
        if position is not None:
            self.restore(position)
