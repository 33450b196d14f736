"""The failed run beside a good one: paired steps, the first divergence first, and what differs there."""

from __future__ import annotations

from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.content import Content
from textual.events import Resize
from textual.widgets import Static

from runbook_tui.diagnosis import Beside, Pair
from runbook_tui.trace import SessionTrace, Span, Step
from runbook_tui.trace.counted import counted
from runbook_tui.ui.browser.columns import diff_rows
from runbook_tui.ui.browser.over import OverTree
from runbook_tui.ui.browser.pair_list import PairLine, PairList
from runbook_tui.ui.frame import KeysLine
from runbook_tui.ui.keys import Pane, bindings
from runbook_tui.ui.lines import fit
from runbook_tui.ui.rows import Row, RowList, heading
from runbook_tui.ui.signs import sign
from runbook_tui.ui.span_detail import laid_out
from runbook_tui.ui.words import one_line

__all__ = ["BesideScreen", "difference_rows"]

_WHAT: Final = {
    "only_here": "only in this run",
    "only_good": "only in the good run",
    "result_keys": "result field",
    "calls": "calls asked for",
    "text": "wording",
}


class BesideScreen(OverTree[str]):
    """Dismissed with the span to go to, or with None."""

    PANES: ClassVar[tuple[Pane, ...]] = ("beside", "list", "over", "everywhere")
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("beside")]

    def __init__(self, beside: Beside, session: SessionTrace, good: SessionTrace, named: str = "") -> None:
        """`named` is what the good run was asked for by: it tells two runs of the same id apart."""
        super().__init__()
        self._good = named if named and beside.session == beside.good else beside.good
        self._beside = beside
        self._ours = {step.span.span_id: step for step in session.steps}
        self._theirs = {step.span.span_id: step for step in good.steps}
        self._diverging = [at for at, pair in enumerate(beside.pairs) if pair.diverges]

    def compose(self) -> ComposeResult:
        """Title, heads, pairs, what differs, keys."""
        yield Static("", id="title")
        yield Static("", id="beside-heads")
        with Container(id="beside"):
            yield PairList()
            yield RowList(id="differences")
        yield KeysLine(id="keys")

    def on_mount(self) -> None:
        """Start at the first divergence."""
        pairs = self.query_one(PairList)
        pairs.show([self._line(pair) for pair in self._beside.pairs], self._beside.first_divergence or 0)
        pairs.focus()

    def on_resize(self, _: Resize) -> None:
        """Write anew."""
        self.call_after_refresh(self.show_pair)

    def _line(self, pair: Pair) -> PairLine:
        how = "differs" if pair.diverges else "wording" if pair.differences else "same"
        if pair.span_id is None or pair.good_span_id is None:
            how = "alone"
        return PairLine(
            _named(self._ours.get(pair.span_id or "")), _named(self._theirs.get(pair.good_span_id or "")), how
        )

    @on(PairList.Moved)
    def show_pair(self) -> None:
        """What differs in the pair under the cursor."""
        at = self.query_one(PairList).cursor
        rows = self.query_one("#differences", RowList)
        if not self._beside.pairs:
            rows.show([Row("Neither run has a step.", tone="dim")])
        else:
            pair = self._beside.pairs[at]
            ours, theirs = self._ours.get(pair.span_id or ""), self._theirs.get(pair.good_span_id or "")
            rows.show(difference_rows(pair, ours, theirs, max(rows.size.width, 20)))
            rows.scroll_home(animate=False)
        self._heads(at)

    def _heads(self, at: int) -> None:
        half = max((self.size.width - 5) // 2, 4)
        heads = f" {fit(f'this run  {self._beside.session}', half)}   {f'good run  {self._good}'}"
        self.query_one("#beside-heads", Static).update(Content(fit(heads, self.size.width)), layout=False)
        count = len(self._diverging)
        place = f"{self._diverging.index(at) + 1} of " if at in self._diverging else ""
        told = f"{place}{counted(count, 'divergence')}" if count else "no material difference"
        self.query_one("#title", Static).update(Content(f" Beside a good run: {told}"), layout=False)
        self.query_one(KeysLine).show(*self.PANES)

    def action_divergence(self, by: int) -> None:
        """To the next or previous divergence."""
        pairs = self.query_one(PairList)
        ahead = [at for at in self._diverging if (at - pairs.cursor) * by > 0]
        if ahead:
            pairs.cursor = min(ahead) if by > 0 else max(ahead)
        else:
            said = f"This is the {'last' if by > 0 else 'first'} divergence." if self._diverging else ""
            self.notify(said or "The runs do not diverge.", markup=False)

    @on(PairList.Chosen)
    def go_to_pair(self) -> None:
        """To the span of this run."""
        pair = self._beside.pairs[self.query_one(PairList).cursor] if self._beside.pairs else None
        if pair is None or pair.span_id is None:
            self.notify("Only the good run has this step.", markup=False)
        else:
            self.dismiss(pair.span_id)


def _named(step: Step | None) -> str:
    return f"{step.number} {step.kind} {one_line(step.label, 120)}" if step is not None else ""


def difference_rows(pair: Pair, ours: Step | None, theirs: Step | None, width: int) -> list[Row]:
    """What is told of a pair, then what was given and what came back, line by line."""
    rows: list[Row] = []
    for item in sorted(pair.differences, key=lambda item: not item.material):
        name = " ".join(filter(None, (_WHAT.get(item.what, item.what), item.path)))
        rows.append(
            Row(
                name,
                sign="flag" if item.material else "",
                tone="flag" if item.material else "dim",
                indent=0 if item.material else 1,
            )
        )
        sides = (side if side is not None else "none" for side in (item.ours, item.theirs))
        said = f"  {sign('bar')}  ".join(sides)
        rows.append(Row(said, tone="text" if item.material else "dim", indent=1))
    if not pair.differences:
        rows.append(Row("No material difference in this pair.", tone="dim"))
    left, right = _texts(ours), _texts(theirs)
    for name in dict.fromkeys((*left, *right)):
        mine, good = left.get(name, ""), right.get(name, "")
        if not mine and not good:
            continue
        rows.append(heading(f"{name}: this run, good run" if mine != good else f"{name}: alike"))
        if mine != good:
            rows += diff_rows(mine, good, width)
    return rows


def _texts(step: Step | None) -> dict[str, str]:
    """The parts of a step that are held against each other."""
    if step is None:
        return {}
    span: Span = step.span
    if span.tool is not None:
        return {"arguments": laid_out(span.tool.arguments or ""), "result": laid_out(span.tool.result or "")}
    told = "\n".join(message.text for message in span.input_messages if message.role == "system")
    asked = "\n".join(f"{part.name} {laid_out(part.text)}" for part in span.requested_calls)
    return {"instructions": told, "calls asked for": asked, "says": span.output_text}
