"""The journal: a chain that shows every change, on disk before the act it announces counts."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from runbook_tui.evidence import IncidentTable, Store, StoreError
from runbook_tui.incident import Journal, JournalError, RefusedError, Response, open_incident
from runbook_tui.playbook import Playbooks
from tests.conftest import Watch
from tests.incident import walk
from tests.incident.conftest import Opener


def test_lines_are_chained_and_carry_who_and_when(response: Response, watch: Watch) -> None:
    watch.pass_by(61.5)
    response.note("a span", "look here")
    rows = IncidentTable(response.store).journal(response.id)
    assert [row.seq for row in rows] == [1, 2]
    assert [row.event for row in rows] == ["opened", "noted"]
    assert rows[0].prev == "sha256:" + "0" * 64
    assert rows[1].prev == rows[0].hash != rows[1].hash == response.journal.last_hash
    assert rows[1].at == "2026-11-20T02:15:01.500Z"
    assert "@" in rows[1].actor


def tamper(path: Path, *statements: str) -> None:
    """Somebody with the file and sqlite3, who knows that there are triggers."""
    connection = sqlite3.connect(path)
    for (name,) in connection.execute("select name from sqlite_master where type = 'trigger'").fetchall():
        connection.execute(f"drop trigger {name}")
    for statement in statements:
        assert connection.execute(statement).rowcount > 0
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    ("statement", "line"),
    [
        ("update journal set data = replace(data, 'look here', 'look away') where seq = 2", 2),
        ("update journal set actor = 'somebody@else' where seq = 3", 3),
        ("update journal set at = '2026-11-20T09:00:00.000Z' where seq = 1", 1),
        ("update journal set event = 'closed' where seq = 3", 3),
        ("delete from journal where seq = 2", 3),
        ("delete from journal where seq = 1", 2),
        ("update journal set hash = prev where seq = 2", 2),
        ("update journal set prev = hash where seq = 3", 3),
    ],
)
def test_a_changed_line_is_reported(
    response: Response, playbooks: Playbooks, statement: str, line: int
) -> None:
    for text in ("look here", "and here", "and there"):
        response.note("a span", text)
    response.store.close()
    tamper(response.store.path, statement)
    with Store(response.store.path) as reopened:
        with pytest.raises(JournalError, match=f"{response.id} line {line}"):
            Response(reopened, playbooks, response.id)
        with pytest.raises(JournalError, match="changed after it was written"):
            Journal(IncidentTable(reopened), response.id, Watch(), "me")


def test_an_untouched_journal_verifies(response: Response, playbooks: Playbooks) -> None:
    response.note("a span", "look here")
    response.store.close()
    with Store(response.store.path) as reopened:
        assert len(Response(reopened, playbooks, response.id).journal.entries) == 2


def test_two_terminals_write_into_one_incident(
    response: Response, open_sample: Opener, playbooks: Playbooks
) -> None:
    """Each act follows those of the other; what depends on what stood is refused once."""
    with Store(response.store.path) as second_store:
        second = open_incident(second_store, playbooks, response.session.id)
        assert second.id == response.id
        assert not second.catch_up()
        response.note("a span", "from the first")
        second.note("another", "from the second")
        assert second.state.notes == {"a span": "from the first", "another": "from the second"}
        with pytest.raises(RefusedError, match="somebody else wrote into it"):
            response.undo()
        assert response.state.notes == second.state.notes
        response.undo()
        assert second.catch_up()
        assert second.state.notes == {"a span": "from the first"}
    assert [row.seq for row in IncidentTable(response.store).journal(response.id)] == [1, 2, 3, 4]
    assert open_sample().state.notes == {"a span": "from the first"}


def test_a_line_that_another_wrote_first_is_followed_not_overwritten(response: Response) -> None:
    other = Journal(IncidentTable(response.store), response.id, Watch(), "other@host")
    mine = Journal(IncidentTable(response.store), response.id, Watch(), "me@host")
    other.append("noted", span_id="a", text="theirs")
    mine.append("noted", span_id="a", text="mine")
    assert [entry.actor for entry in mine.entries[1:]] == ["other@host", "me@host"]
    assert other.catch_up()
    assert other.last_hash == mine.last_hash


def test_a_busy_database_is_told_from_a_full_disk(response: Response) -> None:
    response.store.connection.execute("pragma busy_timeout = 1")
    blocker = sqlite3.connect(response.store.path)
    blocker.execute("begin immediate")
    with pytest.raises(StoreError, match="another program is writing into it; try again"):
        response.note("a span", "look here")
    blocker.rollback()
    blocker.close()
    assert response.state.notes == {}


ACTS: dict[str, Callable[[Response], object]] = {
    "detected_at_set": lambda r: r.set_detected("2026-11-19 02:14"),
    "answered": lambda r: r.answer(walk.step_of(r, "retention"), "in seven days"),
    "ticked": lambda r: r.tick("spawned_agents", "listed", on=True),
    "skipped": lambda r: r.skip(walk.step_of(r, "retention"), "the server keeps all"),
    "step_done": lambda r: r.step_done("read_early_steps"),
    "stop_done": lambda r: r.stop_done(walk.stop_option(r, "kill_process"), ("kill", "-TERM", "4"), "ran it"),
    "stop_undone": lambda r: r.stop_undone(walk.stop_option(r, "kill_process"), "started it again"),
    "contained": lambda r: r.contained("the process is gone"),
    "agent_stopped": lambda r: r.agent_stopped("a span", "idle"),
    "classified": lambda r: r.classify("cost_runaway"),
    "origin_marked": lambda r: r.mark_origin(walk.span_at(r, 6)),
    "cascade_set": lambda r: r.toggle_cascade(walk.span_at(r, 7)),
    "marked": lambda r: r.mark("a span"),
    "noted": lambda r: r.note("a span", "look here"),
    "action_judged": lambda r: r.judge(tool="schedule_payment", effect="reversible", owner="treasury"),
    "factor_added": lambda r: r.add_factor("process", "Nobody owns the purchase order's format"),
    "factor_removed": lambda r: r.remove_factor(0),
    "factor_rewritten": lambda r: r.rewrite_factor(0, "guardrail", "Nothing limits the amount of a payment"),
    "gap_written": lambda r: r.write_gap(walk.GAP),
    "item_added": lambda r: r.add_item("Compare totals", "prevent", "payments", "2026-12-01"),
    "item_removed": lambda r: r.remove_item(0),
    "item_rewritten": lambda r: r.rewrite_item(0, "Compare all totals", "detect", "payments", "2026-12-02"),
    "alert_set": lambda r: r.set_alert("MON-12"),
    "distributed": lambda r: r.distribute("platform"),
    "deferred": lambda r: r.defer("alert", "waits for the new monitor"),
    "eval_made": lambda r: r.record_eval({"id": "c", "severity": "P0"}, red=True, green=True),
}
FIRST: dict[str, Callable[[Response], object]] = {
    "distributed": lambda r: r.exported("a folder"),
    "stop_undone": ACTS["stop_done"],
    "contained": ACTS["stop_done"],
    "cascade_set": ACTS["origin_marked"],
    "factor_removed": ACTS["factor_added"],
    "factor_rewritten": ACTS["factor_added"],
    "item_removed": ACTS["item_added"],
    "item_rewritten": ACTS["item_added"],
}


@pytest.mark.parametrize("event", ACTS)
def test_an_act_is_taken_back_by_one_undo(event: str, response: Response, open_sample: Opener) -> None:
    if event in FIRST:
        FIRST[event](response)
    before = response.state
    ACTS[event](response)
    assert response.state != before
    assert open_sample().state == response.state
    lines = len(response.journal.entries)
    taken = response.undo()
    assert taken is not None
    assert taken.event == event
    assert response.state == before
    assert len(response.journal.entries) == lines + 1
    assert open_sample().state == before


def test_undo_goes_back_act_by_act_and_stops_at_the_beginning(response: Response) -> None:
    response.mark("one")
    response.note("one", "first")
    response.mark("two")
    taken = [response.undo() for _ in range(3)]
    assert [entry.event for entry in taken if entry is not None] == ["marked", "noted", "marked"]
    assert (response.state.marks, response.state.notes) == (frozenset(), {})
    assert response.undo() is None
    response.mark("three")
    assert response.state.marks == {"three"}


def test_every_act_that_can_be_undone_is_tried_here() -> None:
    from runbook_tui.incident.events import UNDOABLE

    assert set(ACTS) == UNDOABLE
