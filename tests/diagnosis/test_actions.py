"""Every call that may have changed something is kept, and many of unknown effect take little room."""

from __future__ import annotations

from runbook_tui.diagnosis import diagnose
from runbook_tui.playbook import Playbook
from tests.factories import make_session, make_tool


def test_of_very_many_unknown_calls_all_are_kept_and_later_arguments_cut(playbook: Playbook) -> None:
    text = "x" * 3_000
    unknown = [make_tool(number, "frobnicate", {"a": number, "text": text}) for number in range(1, 1_103)]
    known = make_tool(1_103, "send_email", {"to": "a@b.example", "text": text})
    found = diagnose(make_session(*unknown, known), playbook).actions
    assert len(found) == 1_103
    assert all(len(action.arguments or "") > 3_000 for action in found[:1_000])
    assert {len(action.arguments or "") for action in found[1_000:-1]} == {201}
    assert len(found[-1].arguments or "") > 3_000, "what is known to act is kept whole"
