"""Postmortem: the checklist, the factors, the gap, the follow-ups, the eval case, the files."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, get_args

from textual.binding import BindingType

from runbook_tui.incident import (
    ActionItem,
    blockers,
    checklist,
    missing_types,
)
from runbook_tui.trace.counted import counted
from runbook_tui.trace.words import ActionItemType, FactorLayer, Room
from runbook_tui.ui.dialogs import Field, TextScreen
from runbook_tui.ui.keys import Pane, bindings
from runbook_tui.ui.lines import Tone
from runbook_tui.ui.rooms.postmortem_rows import closing_words, postmortem_lead, postmortem_rows
from runbook_tui.ui.rooms.room import RoomView
from runbook_tui.ui.rows import Row

__all__ = ["PostmortemRoom"]


def _factor_fields(layer: str = "tool_contract", statement: str = "") -> list[Field]:
    return [
        Field("statement", "What in the system let it happen?", statement),
        Field("layer", "Layer", layer, get_args(FactorLayer), "left and right"),
    ]


def _item_fields(item: ActionItem) -> list[Field]:
    return [
        Field("title", "What will be done?", item.title),
        Field("kind", "Type", item.type, get_args(ActionItemType), "left and right"),
        Field("owner", "Owner", item.owner),
        Field("due", "Due", item.due, hint="for example 2026-12-01"),
    ]


class PostmortemRoom(RoomView):
    """Room 6."""

    ROOM: ClassVar[Room] = "postmortem"
    PANES: ClassVar[tuple[Pane, ...]] = ("postmortem", "list", "incident", "everywhere")
    BINDINGS: ClassVar[list[BindingType]] = bindings("postmortem")

    def lead(self) -> tuple[str, Tone]:
        """Ready or not."""
        return postmortem_lead(self.response)

    def rows(self) -> list[Row]:
        """All that a postmortem needs."""
        return postmortem_rows(self.response)

    def choose(self, what: tuple[Any, ...]) -> None:
        """Go where a line is settled, or write what is asked for."""
        kind = what[0]
        if kind == "line":
            self._line(what[1])
        elif kind == "add_factor":
            self._add_factor()
        elif kind == "gap":
            self._gap()
        elif kind == "add_item":
            self._add_item()
        elif kind == "write":
            self.action_write()
        elif kind == "factor":
            self._rewrite_factor(what[1])
        elif kind == "item":
            self._rewrite_item(what[1])

    def _line(self, line_id: str) -> None:
        line = next(line for line in checklist(self.response) if line.id == line_id)
        if line.evidence is None:
            self.attempt(lambda: self.response.tick("checklist", line_id, on=not line.done))
        elif line.room != "postmortem":
            origin = self.response.state.origin if line.evidence == "cascade" else None
            self.post_message(self.Leave(line.room, origin.span_id if origin else None))
        else:
            {
                "factors": self._add_factor,
                "gap": self._gap,
                "eval_case": self._eval_case,
                "alert": self._alert,
                "distributed": self._distributed,
            }[line.evidence]()

    def _add_factor(self) -> None:
        self.ask(
            "Contributing factor",
            _factor_fields(),
            lambda values: self.response.add_factor(values["layer"], values["statement"]),
            lead="Name the condition, not the culprit. Each factor is insufficient on its own.",
        )

    def _rewrite_factor(self, index: int) -> None:
        factor = self.response.state.factors[index]
        self.ask(
            "Contributing factor",
            _factor_fields(factor.layer, factor.statement),
            lambda values: self.response.rewrite_factor(index, values["layer"], values["statement"]),
            lead="x in the list takes it out.",
            accept="change it",
        )

    def _gap(self) -> None:
        least = self.response.playbook.postmortem.gap_min_length
        field = Field(
            "text",
            "Why did nothing catch this?",
            self.response.state.gap or "",
            hint=f"{least} characters or more",
        )
        self.ask(
            "Detection gap",
            [field],
            lambda values: self.response.write_gap(values["text"]),
            lead="What monitor, flag or eval would have caught it earlier, and why was it not there?",
        )

    def _add_item(self) -> None:
        wanted = missing_types(self.response)
        self.ask(
            "Action item",
            _item_fields(ActionItem("", wanted[0] if wanted else "prevent", "", "")),
            lambda values: self.response.add_item(**values),
            lead=f"Still wanted: one to {', one to '.join(wanted)}." if wanted else "",
        )

    def _rewrite_item(self, index: int) -> None:
        self.ask(
            "Action item",
            _item_fields(self.response.state.items[index]),
            lambda values: self.response.rewrite_item(index, **values),
            lead="x in the list takes it out.",
            accept="change it",
        )

    def _eval_case(self) -> None:
        from runbook_tui.evals import propose_case, prove, record_case

        case = propose_case(self.response)
        proof = prove(self.response, case)
        red = "passes, so it guards nothing" if proof.red.passed else "fails, as it should"
        green = (
            "cannot be tried: there is none"
            if proof.green is None
            else "passes"
            if proof.green.passed
            else "fails"
        )
        lines = [
            f"{case.id}, severity {case.severity}.",
            f"On the captured trace it {red}. On the good run it {green}.",
            "",
            "What it requires of a run, and what this one did:",
        ]
        for result in proof.red.results:
            held = "held" if result.passed else "did not hold"
            lines += [f"  {result.assertion}", f"    {held}: {result.said}"]
        self.ask(
            "Eval case",
            [],
            lambda _: record_case(self.response, case),
            lead="\n".join(lines),
            accept="keep it",
        )

    def _alert(self) -> None:
        field = Field(
            "reference",
            "Which alert, flag or ticket watches for this signature?",
            self.response.state.alert or "",
        )
        self.ask("Alert", [field], lambda values: self.response.set_alert(values["reference"]))

    def _distributed(self) -> None:
        if not self.response.is_exported:
            self.notify("Write the files with w first, then say to whom they went.", markup=False)
            return
        field = Field(
            "to", "To whom was it sent?", self.response.state.distributed or "platform and on-call teams"
        )
        self.ask(
            "Postmortem sent",
            [field],
            lambda values: self.response.distribute(values["to"]),
            after_closing=True,
        )

    def action_defer(self) -> None:
        """Put a checklist line off."""
        row = self.row_list.current
        lines = {line.id: line for line in checklist(self.response)}
        line = lines.get(row.id[1]) if row and row.id and row.id[0] == "line" else None
        if line is None or not line.deferrable:
            self.notify("Only a line that the playbook calls deferrable can be put off.", markup=False)
            return
        field = Field("reason", "Why later?")
        self.ask(
            f"Put off: {line.text}", [field], lambda values: self.response.defer(line.id, values["reason"])
        )

    def action_remove(self) -> None:
        """Take the factor or action item under the cursor out; skip a playbook step."""
        row = self.row_list.current
        kind = row.id[0] if row is not None and row.id is not None else None
        if row is not None and row.id is not None and kind == "factor":
            index = row.id[1]
            self.attempt(lambda: self.response.remove_factor(index), "Taken out. u brings it back.")
        elif row is not None and row.id is not None and kind == "item":
            index = row.id[1]
            self.attempt(lambda: self.response.remove_item(index), "Taken out. u brings it back.")
        else:
            self.action_skip()

    def action_preview(self) -> None:
        """The postmortem as it stands."""
        from runbook_tui.report import preview

        self.app.push_screen(TextScreen("Postmortem, as it stands", preview(self.response)))

    def action_write(self) -> None:
        """Write the files."""
        from runbook_tui.report import export

        def write(values: dict[str, str]) -> None:
            done = export(self.response, Path(values["folder"]).expanduser())
            self.notify(f"Written to {done.folder}", markup=False)

        known = self.response.state.exported
        folder = known[0] if known else str(Path.cwd() / self.response.id)
        self.ask(
            "Write files", [Field("folder", "Folder", folder)], write, accept="write", after_closing=True
        )

    def action_close(self) -> None:
        """Close the incident, once it was asked whether to; refused while something is open."""
        left = blockers(self.response)
        if left and not self.response.state.closed_at:
            self._to_open()
            head = f"Cannot close yet: {counted(len(left), 'thing')} open"
            self.app.push_screen(TextScreen(head, "\n".join(left)))
        elif not self.is_closed():
            self.ask_choice(
                "Close the incident?",
                [("no", "Not yet"), ("yes", "Close it")],
                lambda how: self._close() if how == "yes" else None,
                lead=closing_words(self.response),
                careful=True,
            )

    def _close(self) -> None:
        """Close it, and write anew the files that were written."""
        from runbook_tui.report import export

        # asked anew: spans may have come in while the question stood
        if not self.attempt(lambda: self.response.close(blockers(self.response)), "Closed."):
            self._to_open()
        elif known := self.response.state.exported:
            self.attempt(
                lambda: export(self.response, Path(known[0])), f"Closed; written again to {known[0]}"
            )

    def _to_open(self) -> None:
        """Put the cursor on the first line that is still open."""
        rows = self.row_list.rows
        still = (at for at, row in enumerate(rows) if row.sign == "open" and row.id is not None)
        self.row_list.cursor = next(still, self.row_list.cursor)
