"""The postmortem of a session that stays in the store is that of one in memory."""

from __future__ import annotations

import pytest

import runbook_tui.incident.preparing
import runbook_tui.incident.standing
from runbook_tui.evidence import Store
from runbook_tui.incident import Response, add_capture, open_incident
from runbook_tui.playbook import Playbooks
from runbook_tui.report import incident_json, postmortem_markdown
from tests.conftest import Watch
from tests.factories import SAMPLES


def test_the_postmortem_is_the_same(
    store: Store, playbooks: Playbooks, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    (session_id,) = add_capture(store, SAMPLES / "invoice.jsonl", playbooks.default).sessions
    response = open_incident(store, playbooks, session_id, clock=watch)
    response.mark_origin(response.findings.suspects[0].span_id)
    told, record = postmortem_markdown(response), incident_json(response)
    for module in (runbook_tui.incident.standing, runbook_tui.incident.preparing):
        monkeypatch.setattr(module, "LARGE", 2)
    large = Response(store, playbooks, response.id, watch)
    assert postmortem_markdown(large) == told
    assert incident_json(large) == record
    assert large._session is None
