"""An incident that is walked with a playbook of one's own, by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from runbook_tui.evidence import IncidentTable, Store
from runbook_tui.incident import (
    RefusedError,
    Response,
    add_capture,
    incident_rows,
    open_incident,
    resume_incident,
)
from runbook_tui.playbook import Playbooks, load_all, new_playbook, playbook_dirs
from tests.factories import SAMPLES
from tests.incident.test_journal import tamper


@pytest.fixture
def own(tmp_path: Path) -> Playbooks:
    """The shipped playbooks, one of one's own for any mode, one on top of a mode's."""
    text = new_playbook("my-pb")
    (tmp_path / "my-pb.yaml").write_text(text, encoding="utf-8")
    deeper = new_playbook("deeper").replace("extends: agent-incident", "extends: tool-misfire")
    (tmp_path / "deeper.yaml").write_text(deeper, encoding="utf-8")
    playbooks = load_all(playbook_dirs([tmp_path]))
    assert not playbooks.problems
    return playbooks


def opened(store: Store, own: Playbooks, name: str | None) -> Response:
    (session,) = add_capture(store, SAMPLES / "invoice.jsonl", own.default).sessions
    return open_incident(store, own, session, playbook=own[name] if name else None)


def test_it_is_in_force_from_the_first_line_of_the_journal(store: Store, own: Playbooks) -> None:
    response = opened(store, own, "my-pb")
    assert response.playbook.id == "my-pb"
    assert response.journal.entries[0].data["playbook"] == "my-pb"
    assert opened(store, own, None).playbook.id == "my-pb", "resumed as it was"


def test_the_playbook_of_the_mode_takes_over_where_it_is_another(store: Store, own: Playbooks) -> None:
    response = opened(store, own, "my-pb")
    response.classify("tool_misfire")
    assert response.playbook.id == "tool-misfire"
    response.classify("unclear", "neither fits")
    assert response.playbook.id == "my-pb", "no mode, no other playbook"
    response.classify("tool_misfire", "it fits after all")
    response.undo()
    assert response.playbook.id == "my-pb"


def test_one_that_builds_on_the_modes_is_kept(store: Store, own: Playbooks) -> None:
    response = opened(store, own, "deeper")
    response.classify("tool_misfire")
    assert response.playbook.id == "deeper"
    response.classify("cost_runaway", "it never stops")
    assert response.playbook.id == "cost-runaway"


def test_it_may_be_chosen_later_and_undo_of_what_came_before_leaves_it(store: Store, own: Playbooks) -> None:
    response = opened(store, own, None)
    response.mark(response.session.steps[0].span.span_id)
    response = opened(store, own, "my-pb")
    assert (response.playbook.id, response.journal.entries[-1].event) == ("my-pb", "playbook_chosen")
    response.undo()
    assert response.playbook.id == "my-pb"
    response.close(())
    before = len(response.journal.entries)
    with pytest.raises(RefusedError, match="the incident is closed"):
        resume_incident(store, response.id, playbook=own["deeper"])
    assert len(Response(store, own, response.id).journal.entries) == before


def test_the_list_shows_the_playbook_in_force(store: Store, own: Playbooks) -> None:
    response = opened(store, own, None)
    response.classify("tool_misfire")
    (row,) = incident_rows(IncidentTable(store))
    assert (row.id, row.playbook) == (response.id, "tool-misfire")
    response.undo()
    assert incident_rows(IncidentTable(store))[0].playbook == "agent-incident"
    tamper(store.path, "update journal set data = '{}' where seq = 1")
    assert incident_rows(IncidentTable(store))[0].id == response.id, "one that was changed is listed too"
