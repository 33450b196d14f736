"""An action that a killed run asked for last is not told as done."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runbook_tui.evidence import Store
from runbook_tui.incident import Response, add_capture, checklist, open_incident
from runbook_tui.playbook import Playbooks
from runbook_tui.report import incident_json, postmortem_markdown, timeline
from runbook_tui.ui.rooms.contain import contain_lead
from tests.factories import request, span_id, wire_span, write_lines

CALL = {"type": "tool_call", "id": "c1", "name": "send_email", "arguments": {"to": "mira@example.com"}}


@pytest.fixture
def killed(store: Store, playbooks: Playbooks, tmp_path: Path) -> Response:
    """A run whose root never came, and whose last model call asked for an e-mail."""
    said = {
        "gen_ai.operation.name": "chat",
        "gen_ai.output.messages": json.dumps([{"role": "assistant", "parts": [CALL]}]),
    }
    made = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "issue_refund"}
    spans = (wire_span(2, made, parentSpanId=span_id(1)), wire_span(3, said, parentSpanId=span_id(1)))
    capture = write_lines(tmp_path / "killed.jsonl", request(*spans))
    return open_incident(store, playbooks, add_capture(store, capture, playbooks.default).sessions[0])


def test_it_is_asked_for_not_made(killed: Response) -> None:
    record = incident_json(killed)
    assert [(item["tool"], item["asked_by"]) for item in record["actions"]] == [
        ("issue_refund", None),
        ("send_email", span_id(3)),
    ]
    assert (record["external_actions"]["total"], record["external_actions"]["not_recorded"]) == (2, 1)
    assert "1 irreversible (1 asked for; whether made is not recorded)" in record["summary"][1]
    text = postmortem_markdown(killed)
    assert "1 of these was asked for, and whether it was made is not recorded" in text
    assert f"open; asked for by span {span_id(3)}, whether it was made is not recorded" in text


def test_the_span_that_asked_for_it_is_cited(killed: Response) -> None:
    last = next(event for event in timeline(killed) if event.text.startswith("Last action"))
    assert last.text.endswith("send_email (asked for; whether it was made is not recorded)")
    assert last.evidence == f"span {span_id(3)}"
    assert not any(".call" in event.evidence for event in timeline(killed))


def test_the_checklist_says_so_too(killed: Response) -> None:
    killed.mark_origin(killed.session.steps[0].span.span_id)
    said = {line.id: line.said for line in checklist(killed)}
    assert said["actions_classified"].endswith("1 irreversible; 1 asked for, whether made is not recorded")


def test_contain_says_that_it_was_asked_for(killed: Response) -> None:
    said = "It asked last for send_email (irreversible): whether that was made is not recorded."
    assert contain_lead(killed)[0].endswith(said)


def test_steps_are_told_from_first_to_last(killed: Response) -> None:
    rows = [line for line in postmortem_markdown(killed).splitlines() if line.startswith("| issue_refund |")]
    assert rows == ["| issue_refund | reversible | 1 | 1 | 0 |"]
