"""What the signs beside actions say: what is done, what is open, and what must not stay so."""

from __future__ import annotations

from runbook_tui.incident import Response
from runbook_tui.ui.rooms.blast_radius import blast_lead, blast_rows
from tests.incident.walk import span_at


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


def test_what_was_done_before_the_origin_is_shown_as_such(response: Response) -> None:
    response.mark_origin(span_at(response, 31))
    after, before = len(response.actions()), len(response.actions_before())
    assert after + before == len(response.findings.actions)
    assert f"{before:,} before it ({before:,} irreversible)." in blast_lead(response)[0]
    rows = blast_rows(response, frozenset())
    at = next(at for at, row in enumerate(rows) if row.text.startswith("Before the origin"))
    assert str(after) in rows[0].text
    assert str(before) in rows[at + 1].text


def test_an_origin_marked_after_every_action_does_not_say_that_none_was_made(response: Response) -> None:
    response.mark_origin(response.session.steps[-1].span.span_id)
    count = len(response.actions_before())
    assert not response.actions()
    assert blast_lead(response)[0].endswith(f" {count:,} before it ({count:,} irreversible).")
    rows = blast_rows(response, frozenset())
    assert not any("was recorded" in row.text for row in rows)
    assert [row.right for row in rows if row.id is not None and row.id[0] == "tool"] == ["required"]
