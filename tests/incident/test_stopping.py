"""A command is announced before it runs, and its end decides what is said of the stop."""

from __future__ import annotations

import sys

import pytest

from runbook_tui.evidence import Store
from runbook_tui.incident import RefusedError, Response, open_incident
from runbook_tui.incident.execution import Ended, execute
from runbook_tui.incident.stopping import shows, to_be_typed
from runbook_tui.playbook import Option, Playbooks
from runbook_tui.ui.rooms.contain import contain_rows
from tests.incident import walk
from tests.incident.conftest import Opener

WORKED = Ended("exited", 0, "scaled", 0, 0.2)
FAILED = Ended("exited", 1, "forbidden", 0, 0.2)
VALUES = {"namespace": "agents", "previous_replicas": "3"}


@pytest.fixture
def scale(response: Response) -> Option:
    return walk.stop_option(response, "scale_to_zero")


def test_a_command_that_exits_with_0_is_a_stop_and_no_proof(response: Response, scale: Option) -> None:
    run = response.begin_command(scale, "stop", VALUES)
    assert run.argv[:4] == ("kubectl", "-n", "agents", "scale")
    assert (run.status, response.state.stops) == (None, ())
    run = response.end_command(run, WORKED)
    assert (run.worked, run.output) == (True, "scaled")
    assert [stop.how for stop in response.state.stops] == ["run here: exit status 0 after 0.2 s"]
    assert response.state.contained_at is None


@pytest.mark.parametrize("status", ["timed_out", "cancelled", "not_started"])
def test_what_did_not_work_stopped_nothing(response: Response, scale: Option, status: str) -> None:
    for ended in (FAILED, Ended(status, None, "", 0, 1.0)):  # type: ignore[arg-type]
        response.end_command(response.begin_command(scale, "stop", VALUES), ended)
    assert response.state.stops == ()
    assert len(response.state.commands) == 2


@pytest.mark.parametrize(("printed", "contained"), [("0\n", True), ("", True), ("2", False), ("10", False)])
def test_the_check_starts_the_contained_clock(
    response: Response, scale: Option, printed: str, contained: bool
) -> None:
    response.end_command(response.begin_command(scale, "stop", VALUES), WORKED)
    check = response.begin_command(scale, "check", VALUES)
    check = response.end_command(check, Ended("exited", 0, printed, 0, 0.1))
    assert response.contained_by(scale, check) is contained
    assert (response.state.contained_at is not None) is contained
    if contained:
        assert "kubectl -n agents get" in (response.state.contained_how or "")


def test_a_check_that_failed_shows_nothing(response: Response, scale: Option) -> None:
    """Its output may look right: no output at all is what this check expects."""
    response.end_command(response.begin_command(scale, "stop", VALUES), WORKED)
    check = response.end_command(
        response.begin_command(scale, "check", VALUES), Ended("exited", 1, "", 0, 0.1)
    )
    assert shows(scale, check.output)
    assert not response.contained_by(scale, check)
    assert response.state.contained_at is None


def test_a_stop_that_was_taken_back_is_none(response: Response, scale: Option) -> None:
    response.end_command(response.begin_command(scale, "stop", VALUES), WORKED)
    response.contained("no replica is ready")
    undo = response.begin_command(scale, "undo", response.state.commands[0].values)
    assert undo.argv[-1] == "--replicas=3"
    response.end_command(undo, FAILED)
    assert response.state.stops
    response.end_command(response.begin_command(scale, "undo", VALUES), WORKED)
    assert (response.state.stops, response.state.contained_at) == ((), None)


def test_killed_while_it_ran_it_is_not_known_and_not_run_again(
    response: Response, scale: Option, open_sample: Opener
) -> None:
    response.begin_command(scale, "stop", VALUES)
    again = open_sample()
    (run,) = again.state.commands
    assert (run.status, run.worked) == (None, False)
    assert run.said.startswith("not known")
    assert again.state.stops == ()
    assert again.state.last_command("scale_to_zero") == run


def test_u_takes_no_command_back(response: Response, scale: Option) -> None:
    response.mark("a span")
    response.end_command(response.begin_command(scale, "stop", VALUES), WORKED)
    entry = response.undo()
    assert entry is not None
    assert entry.event == "marked"
    assert response.state.stops


def test_a_rehearsal_runs_nothing(response: Response, scale: Option) -> None:
    response.rehearsal = True
    with pytest.raises(RefusedError, match="rehearsal"):
        response.begin_command(scale, "stop", VALUES)


def test_values_are_checked_before_anything_is_announced(response: Response, scale: Option) -> None:
    before = len(response.journal.entries)
    with pytest.raises(RefusedError, match="namespace cannot be used"):
        response.begin_command(scale, "stop", {"namespace": "-A; rm"})
    assert len(response.journal.entries) == before


@pytest.mark.parametrize(
    ("option", "argv", "typed"),
    [
        ("scale_to_zero", ("kubectl", "scale", "--replicas=0"), None),
        ("kill_process", ("kill", "-TERM", "4242"), "4242"),
        ("scale_to_zero", ("kubectl", "scale", "аgent"), "аgent"),
    ],
)
def test_what_cannot_be_undone_or_read_is_typed_first(
    response: Response, option: str, argv: tuple[str, ...], typed: str | None
) -> None:
    assert to_be_typed(walk.stop_option(response, option), argv) == typed


def test_the_record_names_what_was_really_run(
    response: Response, scale: Option, playbooks: Playbooks
) -> None:
    """From the announcement to the end, with a program in the place of kubectl."""
    run = response.begin_command(scale, "stop", VALUES)
    ended = execute([sys.executable, "-c", "import sys; print(sys.argv[1:])", *run.argv[1:]], 10)
    response.end_command(run, ended)
    path = response.store.path
    response.store.close()
    with Store(path) as store:
        state = open_incident(store, playbooks, response.session_id).state
        assert state.commands[0].output.strip() == repr(list(run.argv[1:]))
        assert state.stops[0].command == run.seq


def test_the_end_of_a_late_failure_stands_over_an_earlier_stop(response: Response, scale: Option) -> None:
    """What holds now is not known, whatever worked before."""
    response.end_command(response.begin_command(scale, "stop", VALUES), WORKED)
    response.begin_command(scale, "stop", VALUES)
    row = next(row for row in contain_rows(response) if row.id and row.id[-1] == "scale_to_zero")
    assert (row.sign, row.tone) == ("failed", "danger")
    assert "not known" in row.right


def test_a_stop_that_was_taken_back_by_hand_is_none(response: Response, scale: Option) -> None:
    response.end_command(response.begin_command(scale, "stop", VALUES), WORKED)
    response.contained("no replica is ready")
    response.stop_undone(scale, "scaled it up again")
    assert (response.state.stops, response.state.contained_at) == ((), None)
