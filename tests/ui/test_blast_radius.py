"""What the signs beside actions say: what is done, what is open, and what must not stay so."""

from __future__ import annotations

from runbook_tui.incident import Response
from runbook_tui.ui.rooms.blast_radius import blast_rows


def _signs(response: Response, *, expanded: bool = False) -> set[tuple[str, str]]:
    tool = response.actions()[0].action.tool
    rows = blast_rows(response, frozenset({tool}) if expanded else frozenset())
    kind = "action" if expanded else "tool"
    return {
        (row.sign, "" if expanded else row.right)
        for row in rows
        if row.id is not None and row.id[:2] == (kind, tool)
    }


def test_an_action_is_done_when_somebody_undoes_it_by_a_plan(response: Response) -> None:
    tool = response.actions()[0].action.tool
    response.judge(tool=tool, effect="unknown")
    assert _signs(response) == {("open", "required")}
    response.judge(tool=tool, effect="irreversible", owner="credit desk", plan="review each by hand")
    assert _signs(response) == {("open", "required")}, "nobody has begun"
    response.judge(tool=tool, status="started")
    assert _signs(response) == {("done", "")}


def test_what_could_be_undone_is_not_done_before_it_has_an_owner_and_a_plan(response: Response) -> None:
    tool = response.actions()[0].action.tool
    response.judge(tool=tool, effect="reversible")
    assert _signs(response) == _signs(response, expanded=True) == {("open", "")}
    response.judge(tool=tool, owner="credit desk", plan="reopen the application")
    assert _signs(response) == _signs(response, expanded=True) == {("done", "")}
    response.judge(tool=tool, effect="read", owner="", plan="")
    assert _signs(response) == {("done", "")}, "what changes nothing needs nobody"
