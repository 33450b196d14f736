"""Findings are taken as they are while what they rest on is the same; a large session is diagnosed apart."""

import pytest

from runbook_tui.evidence import Store, read_findings
from runbook_tui.incident import (
    Response,
    add_capture,
    open_incident,
    prepare,
    prepare_apart,
    preparing,
    standing,
    store_capture,
)
from runbook_tui.incident.baselines import add_baseline
from runbook_tui.playbook import Playbooks
from runbook_tui.trace import RunbookError
from tests.factories import SAMPLES


@pytest.fixture
def incident(store: Store, playbooks: Playbooks) -> Response:
    (session_id,) = store_capture(store, SAMPLES / "invoice.jsonl").sessions
    return open_incident(store, playbooks, session_id)


def test_known_findings_are_not_worked_out_again(
    incident: Response, store: Store, playbooks: Playbooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "diagnose", None)
    again = prepare(store, playbooks, incident.id)
    assert again.session is None
    assert again.findings == incident.findings
    assert Response(store, playbooks, incident.id, prepared=again).session == incident.session


def test_another_baseline_is_another_diagnosis(
    incident: Response, store: Store, playbooks: Playbooks
) -> None:
    (good,) = add_capture(store, SAMPLES / "invoice-clean.jsonl", playbooks.default).sessions
    add_baseline(store, good, playbooks.default)
    again = prepare(store, playbooks, incident.id)
    assert again.good == (good,)
    reasons = [reason.text for suspect in again.findings.suspects for reason in suspect.reasons]
    assert any("good run" in text for text in reasons)


@pytest.mark.parametrize("large", [3, 50_000])
def test_a_session_that_takes_long_is_shown_first_and_diagnosed_apart(
    store: Store, playbooks: Playbooks, monkeypatch: pytest.MonkeyPatch, large: int
) -> None:
    for module in (preparing, standing):
        monkeypatch.setattr(module, "LARGE", large)
    monkeypatch.setattr(preparing, "WAITED_FOR", 3)
    (session_id,) = store_capture(store, SAMPLES / "invoice.jsonl").sessions
    known = open_incident(store, playbooks, session_id)
    expected = known.findings
    with store.writing() as connection:
        connection.execute("update session set findings = null")
    first = prepare(store, playbooks, known.id)
    assert (first.spans, first.findings.flags, first.session) == (0, (), None)
    assert first.findings.session.spans == known.spans.count
    found = prepare_apart(store.path, playbooks, known.id)
    assert found.session is None
    assert found.findings == expected
    assert read_findings(store, session_id) == expected


def test_marks_are_judged_without_the_session_where_it_is_large(
    incident: Response, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = incident.session.steps[5]
    incident.mark_origin(step.span.span_id)
    small = {action.span_id: action.after_origin for action in incident.findings.actions}
    incident.undo()
    monkeypatch.setattr(standing, "LARGE", 3)
    monkeypatch.setattr(standing, "read_session", None)
    incident._session = None
    incident.mark_origin(step.span.span_id)
    assert {action.span_id: action.after_origin for action in incident.findings.actions} == small


def test_a_failed_diagnosis_says_so(
    store: Store, playbooks: Playbooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "WAITED_FOR", 3)
    monkeypatch.setattr("sys.executable", "/bin/false")
    (session_id,) = store_capture(store, SAMPLES / "invoice.jsonl").sessions
    incident = open_incident(store, playbooks, session_id)
    with store.writing() as connection:
        connection.execute("update session set findings = null")
    with pytest.raises(RunbookError, match="the diagnosis ended with status 1"):
        prepare_apart(store.path, playbooks, incident.id)
