"""A large session is gone through where it is stored: nothing that is found differs from what is found in memory."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import runbook_tui.incident.standing
from runbook_tui.diagnosis import causes_of, context_change_of, context_changes, follow, uses_of
from runbook_tui.diagnosis.ties import ties
from runbook_tui.evidence import Store, lazy_session, read_session, stored_layout
from runbook_tui.incident import Response, add_capture, open_incident
from runbook_tui.playbook import Playbooks
from tests.factories import SAMPLES

NAMES = ("pricing", "delegation", "retry-loop", "invoice", "goal-drift", "loan-clean")


@pytest.mark.parametrize("name", NAMES)
def test_what_is_found_is_the_same(name: str, store: Store, playbooks: Playbooks) -> None:
    (session_id,) = add_capture(store, SAMPLES / f"{name}.jsonl", playbooks.default).sessions
    whole = read_session(store, session_id)
    layout = stored_layout(store, session_id)
    assert whole is not None
    assert layout is not None
    lazy = lazy_session(store, layout)
    assert tuple(lazy.spans) == whole.spans
    assert tuple(lazy.places) == whole.places
    assert [(step.index, step.number, step.position) for step in lazy.steps] == [
        (step.index, step.number, step.position) for step in whole.steps
    ]
    told = "\n".join((step.span.tool.result or "") for step in whole.steps if step.span.tool)
    values = sorted(ties(told))[:12]
    assert values
    for value in (*values, "2026-11-19", "1,250.50", "No Such Thing", "—"):
        assert follow(lazy, value) == follow(whole, value)
    for step in whole.steps[:40]:
        span_id = step.span.span_id
        assert causes_of(lazy, span_id) == causes_of(whole, span_id)
        assert uses_of(lazy, span_id) == uses_of(whole, span_id)
    for change in context_changes(whole):
        found = context_change_of(lazy, change.step.span.span_id, 500)
        assert found is not None
        assert (found.previous.index, found.changes) == (change.previous.index, change.changes)
    assert causes_of(lazy, "no such span") == uses_of(lazy, "no such span") == ()


def test_only_spans_that_may_hold_the_value_are_read(store: Store, playbooks: Playbooks) -> None:
    (session_id,) = add_capture(store, SAMPLES / "loan.jsonl", playbooks.default).sessions
    layout = stored_layout(store, session_id)
    assert layout is not None
    asked: list[str] = []
    store.connection.set_trace_callback(asked.append)
    assert follow(lazy_session(store, layout), "APP-T8W40X").sightings
    store.connection.set_trace_callback(None)
    fetched = [query for query in asked if query.startswith("select body from payload where id = ")]
    assert 0 < len(fetched) < 60, "of 911 spans"


def test_looking_can_be_ended(store: Store, playbooks: Playbooks) -> None:
    (session_id,) = add_capture(store, SAMPLES / "loan.jsonl", playbooks.default).sessions
    layout = stored_layout(store, session_id)
    assert layout is not None

    def end(_at: int, _of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        follow(lazy_session(store, layout, end), "APP-T8W40X")


def test_a_large_session_is_not_taken_into_memory(
    tmp_path: Path, playbooks: Playbooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store(tmp_path / "x.db") as store:
        (session_id,) = add_capture(store, SAMPLES / "pricing.jsonl", playbooks.default).sessions
        response: Response = open_incident(store, playbooks, session_id)
        span_id = response.session.steps[3].span.span_id
        here = causes_of(response.session, span_id)
        response = open_incident(store, playbooks, session_id)
        monkeypatch.setattr(runbook_tui.incident.standing, "LARGE", 1)

        def look() -> object:
            with response.reading() as session:
                return causes_of(session, span_id)

        with ThreadPoolExecutor(1) as other:
            assert other.submit(look).result() == here
        assert response._session is None
