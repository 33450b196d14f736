"""What a postmortem is written from: factors, the gap, follow-ups, the eval case, and where it went."""

from __future__ import annotations

from typing import Any

from runbook_tui.incident.standing import RefusedError, Standing
from runbook_tui.trace.clock import parse_time

__all__ = ["WritingUp"]


class WritingUp(Standing):
    """The acts of the postmortem room."""

    def add_factor(self, layer: str, statement: str, step: int | None = None) -> None:
        """Name a contributing factor.

        Raises:
            RefusedError: it names nothing, such as "human error".
        """
        self._record("factor_added", layer=layer, statement=self._factor(statement), step=step)

    def rewrite_factor(self, index: int, layer: str, statement: str) -> None:
        """Say a factor in other words.

        Raises:
            RefusedError: as `add_factor`.
        """
        self._record("factor_rewritten", index=index, layer=layer, statement=self._factor(statement))

    def _factor(self, statement: str) -> str:
        text = " ".join(statement.split())
        if len(text) < 10 or self.playbook.postmortem.factors.refuses(text):
            raise RefusedError(
                "this names no factor", text or "empty", "say what in the system let it happen"
            )
        return text

    def remove_factor(self, index: int) -> None:
        """Take a factor out again."""
        self._record("factor_removed", index=index)

    def write_gap(self, text: str) -> None:
        """Say why nothing caught it before users did.

        Raises:
            RefusedError: too short to say that.
        """
        least = self.playbook.postmortem.gap_min_length
        if len(text.strip()) < least:
            length = f"{len(text.strip())} characters"
            raise RefusedError("the detection gap is too short", length, f"write at least {least} characters")
        self._record("gap_written", text=text.strip())

    def add_item(self, title: str, kind: str, owner: str, due: str) -> None:
        """Add a follow-up.

        Raises:
            RefusedError: a field is missing, or the due date is no date or has passed.
        """
        self._record("item_added", **self._item(title, kind, owner, due))

    def rewrite_item(self, index: int, title: str, kind: str, owner: str, due: str) -> None:
        """Change a follow-up.

        Raises:
            RefusedError: as `add_item`; a date that it had already may have passed.
        """
        self._record(
            "item_rewritten", index=index, **self._item(title, kind, owner, due, self.state.items[index].due)
        )

    def _item(self, title: str, kind: str, owner: str, due: str, had: str | None = None) -> dict[str, str]:
        if not title.strip() or not owner.strip():
            raise RefusedError("an action item needs title and owner", title or "empty", "fill both")
        moment = parse_time(due)
        if moment is None:
            raise RefusedError("not a date", due or "empty", "write it as 2026-12-01")
        day = moment.date().isoformat()
        if day != had and moment.date() < self.clock().date():
            raise RefusedError("due in the past", due, "give a day that is still to come")
        return {"title": title.strip(), "type": kind, "owner": owner.strip(), "due": day}

    def remove_item(self, index: int) -> None:
        """Take a follow-up out again."""
        self._record("item_removed", index=index)

    def set_alert(self, reference: str) -> None:
        """Say which alert or ticket now watches for this signature."""
        if len(reference.strip()) < 3:
            raise RefusedError("no alert named", self.id, "give its name, ticket or link")
        self._record("alert_set", reference=reference.strip())

    def distribute(self, to: str) -> None:
        """Say to whom the postmortem went.

        Raises:
            RefusedError: nobody is named, or there is nothing that says what is known now.
        """
        if len(to.strip()) < 3:
            raise RefusedError("nobody named", self.id, "say to whom it was sent")
        if not self.is_exported:
            raise RefusedError("its files are not written", self.id, "write them first, then send them")
        self._record("distributed", to=to.strip())

    def defer(self, item: str, reason: str) -> None:
        """Put a deferrable checklist line off, with a reason."""
        if len(reason.strip()) < 3:
            raise RefusedError("a deferral needs a reason", item, "say why in a few words")
        self._record("deferred", item=item, reason=reason.strip())

    def record_eval(self, case: dict[str, Any], *, red: bool, green: bool | None) -> None:
        """Keep the eval case that the incident leaves behind.

        Raises:
            RefusedError: it does not fail on the captured trace, so it would guard nothing.
        """
        if not red:
            raise RefusedError(
                "the case does not fail on this trace", str(case["id"]), "add an assertion that does"
            )
        self._record("eval_made", id=case["id"], severity=case["severity"], red=red, green=green, case=case)

    def exported(self, folder: str) -> None:
        """Record where the files were written."""
        self._record("exported", folder=folder)
