"""Good sessions of an agent: chosen by a human, used by every later diagnosis of that agent."""

from __future__ import annotations

import msgspec

from runbook_tui.diagnosis import Profile, main_agent, profile
from runbook_tui.evidence import (
    BaselineRow,
    BaselineTable,
    Store,
    find_session,
    read_findings,
    read_session,
    sessions_of_agent,
)
from runbook_tui.incident.sessions import SessionNotFoundError, baseline_of, diagnose_stored
from runbook_tui.playbook import Playbook
from runbook_tui.trace import Findings, RunbookError
from runbook_tui.trace.clock import Clock, now_utc, stamp

__all__ = ["BaselineChange", "add_baseline", "list_baselines", "remove_baseline", "show_baseline"]

_DIAGNOSED_AGAIN = 200
"""Sessions of the agent that are diagnosed again at most; older ones are when they are opened."""


class BaselineChange(msgspec.Struct, frozen=True):
    """What calling a session good, or good no longer, did."""

    session: str
    agent: str | None
    changed: bool
    """False when it was so already."""
    flags: tuple[str, ...]
    """What it carries all the same, by name."""
    diagnosed_again: int
    """Other sessions of the agent that were held against the new baseline."""


def add_baseline(
    store: Store, text: str, playbook: Playbook, *, force: bool = False, clock: Clock = now_utc
) -> BaselineChange:
    """Call a stored session good.

    Args:
        store: where it is.
        text: its id, or the beginning of it.
        playbook: for the diagnosis of the agent's other sessions.
        force: take it although it failed openly or carries flags of severity P0.
        clock: the time it is recorded with.

    Raises:
        SessionNotFoundError: no session has that id.
        RunbookError: it failed, or carries P0 flags.
    """
    session_id = _found(store, text)
    session = read_session(store, session_id)
    assert session is not None
    findings = read_findings(store, session_id)
    against = _against(findings) if findings else ""
    if against and not force:
        raise RunbookError("not a good session", session_id, f"{against}; --force takes it all the same")
    agent = main_agent(session)
    changed = BaselineTable(store).add(session_id, agent, stamp(clock()))
    names = tuple(sorted({flag.flag for flag in findings.flags})) if findings else ()
    again = _again(store, agent, session_id, playbook) if changed else 0
    return BaselineChange(session_id, agent, changed, names, again)


def _against(findings: Findings) -> str:
    """Why a session cannot be good; "" where it may be."""
    severe = sorted({flag.flag for flag in findings.flags if flag.severity == "P0"})
    if severe:
        return f"it carries {', '.join(severe)}"
    outcome = findings.session.outcome
    return f"it ended in {outcome}" if outcome not in (None, "completed", "bad_output") else ""


def remove_baseline(store: Store, text: str, playbook: Playbook) -> BaselineChange:
    """Call a session good no longer.

    Raises:
        SessionNotFoundError: no session has that id.
        RunbookError: it is in no baseline.
    """
    session_id = _found(store, text)
    table = BaselineTable(store)
    row = next((row for row in table.all() if row.session == session_id), None)
    if row is None:
        raise RunbookError("in no baseline", session_id, "runbook-tui baseline list shows those that are")
    table.remove(session_id)
    return BaselineChange(session_id, row.agent, True, (), _again(store, row.agent, session_id, playbook))


def list_baselines(store: Store) -> tuple[BaselineRow, ...]:
    """Every good session, by agent."""
    return BaselineTable(store).all()


def show_baseline(store: Store, agent: str, playbook: Playbook) -> Profile:
    """What the good sessions of an agent have in common.

    Raises:
        RunbookError: the agent has none.
    """
    good = baseline_of(store, agent)
    if not good:
        raise RunbookError("no baseline", agent, "call a session good with: runbook-tui baseline add SESSION")
    return profile(agent, good, playbook)


def _found(store: Store, text: str) -> str:
    found = find_session(store, text)
    if found is None:
        raise SessionNotFoundError(
            "no such session", text, "runbook-tui sessions lists them; import a file first"
        )
    return found


def _again(store: Store, agent: str | None, but: str, playbook: Playbook) -> int:
    others = [name for name in sessions_of_agent(store, agent, _DIAGNOSED_AGAIN) if name != but]
    for name in others:
        diagnose_stored(store, name, playbook)
    return len(others)
