"""What an action did, as the engineer says or else as the catalogue does, and how far undoing it is."""

from __future__ import annotations

import msgspec

from runbook_tui.incident.state import Remediation
from runbook_tui.trace import Action
from runbook_tui.trace.words import EFFECTS, Effect

__all__ = ["JudgedAction", "judged_as"]


class JudgedAction(msgspec.Struct, frozen=True):
    """An action with what the engineer said of it."""

    action: Action
    effect: Effect
    by_human: bool
    """Whether a human set the effect, else the catalogue did."""
    owner: str | None
    plan: str | None
    status: str
    looked_at: bool = False
    """Whether the engineer said anything of it."""


def judged_as(action: Action, said: Remediation) -> JudgedAction:
    """The action as it was judged; what was not said of it is as the catalogue has it."""
    effect: Effect = next((name for name in EFFECTS if name == said.effect), action.effect)
    return JudgedAction(
        action,
        effect,
        said.effect not in (None, action.effect),
        said.owner,
        said.plan,
        said.status or "open",
        said != Remediation(),
    )
