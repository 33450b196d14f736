"""Nobody notices a failure before the session that failed began."""

from __future__ import annotations

import pytest

from runbook_tui.evidence import Store
from runbook_tui.incident import RefusedError, Response, add_capture, open_incident
from runbook_tui.playbook import Playbooks
from tests.factories import SAMPLES

BEGAN = "2026-11-05 14:22:00 UTC"


def test_a_time_before_the_session_is_refused_with_its_start(response: Response) -> None:
    with pytest.raises(RefusedError, match="noticed before the session began") as caught:
        response.set_detected("2019-12-31 02:14")
    assert BEGAN in caught.value.advice
    assert not response.state.detection_reported
    response.set_detected("2026-11-06 09:05")
    assert response.state.detected_at == "2026-11-06T09:05:00.000Z"


def test_it_is_refused_at_the_opening_too(store: Store, playbooks: Playbooks) -> None:
    (session,) = add_capture(store, SAMPLES / "invoice.jsonl", playbooks.default).sessions
    long_ago = "2019-12-31T02:14:00.000Z"
    with pytest.raises(RefusedError, match="before the session began"):
        open_incident(store, playbooks, session, detected_at=long_ago)
    opened = open_incident(store, playbooks, session)
    with pytest.raises(RefusedError, match="before the session began"):
        open_incident(store, playbooks, session, detected_at=long_ago)
    assert [entry.event for entry in Response(store, playbooks, opened.id).journal.entries] == ["opened"]
