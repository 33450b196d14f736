"""What the engineer says of spans: the fault origin, the cascade, marks, notes."""

from __future__ import annotations

from runbook_tui.trace.counted import counted
from runbook_tui.ui.browser.base import Browser
from runbook_tui.ui.dialogs import Field

__all__ = ["Marking"]


class Marking(Browser):
    """The keys that write into the incident."""

    def action_origin(self) -> None:
        """Mark the span under the cursor as fault origin."""
        row = self.row
        if row is None or self.is_closed():
            return
        origin = self.response.state.origin
        if origin is not None and origin.span_id == row.span_id:
            self.say(f"Step {origin.step} is the origin already.")
        elif self.attempt(lambda: self.response.mark_origin(row.span_id)):
            after, found = len(self.response.actions()), len(self.response.findings.actions)
            actions = f"; {after:,} of {counted(found, 'action')} after it" if found else ""
            self.say(f"Origin: step {row.step}{actions}. u takes it back.")

    def action_cascade(self) -> None:
        """Add to the cascade, or take out; on the origin, take it as proposed."""
        row = self.row
        if row is None:
            return
        if self.attempt(lambda: self.response.toggle_cascade(row.span_id)):
            self.say(f"Cascade: {counted(self.response.cascade_steps, 'step')}. u takes it back.")

    def action_mark(self) -> None:
        """Mark a span."""
        row = self.row
        if row is not None:
            on = row.span_id not in self.response.state.marks
            self.attempt(lambda: self.response.mark(row.span_id), "Marked." if on else "Mark cleared.")

    def action_note(self) -> None:
        """Write a note on a span."""
        row = self.row
        if row is not None:
            known = self.response.state.notes.get(row.span_id, "")
            step = f"step {row.step}, " if row.step is not None else ""
            field = Field("text", f"Note on {step}{row.label}", known)
            self.ask("Note", [field], lambda values: self.response.note(row.span_id, values["text"]))
