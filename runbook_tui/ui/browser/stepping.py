"""From flag to flag, along the reading order, to a step by its number, and through the tree's folds."""

from __future__ import annotations

from runbook_tui.ui.browser.base import Browser
from runbook_tui.ui.dialogs import Field, FormDialog
from runbook_tui.ui.span_detail import TABS
from runbook_tui.ui.words import one_line

__all__ = ["Stepping"]


class Stepping(Browser):
    """The keys that move."""

    def action_flag(self, by: int) -> None:
        """To the next or previous flag; never wraps in silence."""
        self.to_neighbour(self.spans.flagged, by, "flag", "No span of this session is flagged.")

    def to_neighbour(self, positions: list[int], by: int, what: str, none: str) -> None:
        """To the nearest of these rows in a direction; at the end it says so."""
        shown = [at for at in positions if self.spans.shows(at)]
        if not shown:
            self.say(f"No {what} among the spans that the filter shows." if positions else none)
            return
        ahead = [at for at in shown if (at - self.cursor) * by > 0]
        if not ahead:
            self.say(f"This is the {'last' if by > 0 else 'first'} {what}: {len(shown)} in all.")
            return
        target = min(ahead) if by > 0 else max(ahead)
        self.jump(target)
        names = " ".join(self.spans.flags_at(target)) if what == "flag" else ""
        at_step = f"at step {self.row.step}" if names and self.row and self.row.step is not None else ""
        self.say(f"{shown.index(target) + 1} of {len(shown)} {names} {at_step}".strip(), seconds=2)

    def action_suspect(self) -> None:
        """To what the reading order has after the span under the cursor; to its first from any other span."""
        suspects = self.response.findings.suspects
        if not suspects:
            self.say("Nothing stands out in this session.")
            return
        here = self.row.span_id if self.row is not None else None
        at = next((at for at, suspect in enumerate(suspects, 1) if suspect.span_id == here), 0)
        if at == len(suspects):
            self.say(f"This is the last suspect: {at} in all.")
            return
        suspect = suspects[at]
        self.jump_to(suspect.span_id)
        reason = one_line(suspect.reasons[0].text, 90)
        self.say(f"Suspect {at + 1} of {len(suspects)}: step {suspect.step}. {reason}")

    def action_goto(self) -> None:
        """To a step by its number."""

        def check(values: dict[str, str]) -> str | None:
            number = values["step"].strip()
            if not number.isdecimal() or self.table.position_of_step(int(number)) is None:
                return f"no step {number}; the last one is {self.table.last_step()}"
            return None

        def after(values: dict[str, str] | None) -> None:
            position = self.table.position_of_step(int(values["step"])) if values else None
            if position is not None:
                self.jump(position)

        dialog = FormDialog("Go to step", [Field("step", "Number")], accept="go", check=check)
        self.app.push_screen(dialog, after)

    def action_history(self, by: int) -> None:
        """Back to where the last jump began, or forth again."""
        here = self.place
        place = self.history.go(by, here) if here is not None else None
        if place is None or not self.come_back(place):
            self.say("Nothing further back." if by < 0 else "Nothing further on.", seconds=2)
            return
        row = self.row
        where = f"at step {row.step}" if row is not None and row.step is not None else "where the jump began"
        self.say(f"Back {where}." if by < 0 else f"Forth again, {where}.", seconds=2)

    def action_unfold(self) -> None:
        """Unfold."""
        self.spans.unfold()
        self.lead_again()

    def action_fold(self) -> None:
        """Fold."""
        self.spans.fold()
        self.lead_again()

    def action_sibling(self, by: int) -> None:
        """To the next or previous span with the same parent."""
        row = self.row
        place = self.table.sibling(row, by) if row is not None else None
        if place is None:
            self.say(f"The {'last' if by > 0 else 'first'} of those beside it.", seconds=2)
        else:
            self.spans.go(place)

    def action_fold_level(self) -> None:
        """Fold or unfold all rows as deep as this one."""
        self.spans.fold_level()
        self.lead_again()

    def action_fold_all(self) -> None:
        """Fold the tree to what is just below its roots, or unfold all of it."""
        self.spans.fold_everything()
        self.lead_again()

    def action_fold_repeats(self) -> None:
        """Fold or unfold runs of alike rows."""
        self.spans.fold_repeats()
        self.lead_again()

    def action_tab(self, by: int) -> None:
        """To another tab."""
        self.show_tab(TABS[(TABS.index(self.tab) + by) % len(TABS)])

    def action_detail(self) -> None:
        """Into the detail pane."""
        self.detail.focus()
