"""Does the stop hold? What a live receiver can and cannot tell."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from runbook_tui.evidence import Inbox, Received, ReceiverRow, Store, note_receiver
from runbook_tui.incident import Response, open_incident, settle_stop, stamp, watch_stop
from runbook_tui.incident.folding import Folding
from runbook_tui.playbook import Playbooks
from tests.conftest import Watch
from tests.factories import request, span_id, wire_span
from tests.incident.walk import stop_option

RUN, CHILD = "run", "child"
QUIET_S = 60


class Wire:
    """Stands for the receiver: sends spans into the store, and says that it is there."""

    def __init__(self, store: Store, playbooks: Playbooks, watch: Watch) -> None:
        self._store, self._playbooks, self._watch = store, playbooks, watch
        self._started = stamp(watch.now)

    def send(self, number: int, session: str = RUN, *, ago_s: float = 0, links: str | None = None) -> None:
        began = int((self._watch.now - timedelta(seconds=ago_s)).timestamp() * 1e9)
        span = wire_span(
            number,
            {"session.id": session},
            traceId=("a" if session == RUN else "b") * 32,
            startTimeUnixNano=str(began),
            endTimeUnixNano=str(began + 1_000_000_000),
            links=[{"traceId": "a" * 32, "spanId": links}] if links else [],
        )
        inbox = Inbox(self._store.path)
        body = json.dumps(request(span)).encode()
        inbox.add([Received("traces", "json", stamp(self._watch.now), 1, body)])
        Folding(self._store, inbox, self._playbooks.default, clock=self._watch).drain()
        inbox.close()

    def beat(self, settled_ago_s: float = 0) -> None:
        now, settled = self._watch.now, self._watch.now - timedelta(seconds=settled_ago_s)
        row = ReceiverRow(1, "127.0.0.1:4318", self._started, stamp(now), stamp(settled), None, 1)
        with self._store.writing() as connection:
            note_receiver(connection, row)


@pytest.fixture
def wire(store: Store, playbooks: Playbooks, watch: Watch) -> Wire:
    return Wire(store, playbooks, watch)


@pytest.fixture
def stopped(wire: Wire, store: Store, playbooks: Playbooks, watch: Watch) -> Response:
    """An incident on a received run, a moment after its stop."""
    wire.send(1, ago_s=30)
    response = open_incident(store, playbooks, RUN, clock=watch)
    assert watch_stop(response) is None, "nothing was stopped yet"
    response.stop_done(stop_option(response), (), "revoked its key")
    return response


def state_of(response: Response) -> str:
    found = watch_stop(response)
    assert found is not None
    return found.state


def test_silence_proves_the_stop_and_starts_the_clock(wire: Wire, stopped: Response, watch: Watch) -> None:
    watch.pass_by(QUIET_S - 1)
    wire.beat()
    found = settle_stop(stopped)
    assert found is not None
    assert (found.state, stopped.state.contained_at) == ("watching", None)
    assert "watched for 59 of 60 s" in found.said
    watch.pass_by(1)
    wire.beat()
    settle_stop(stopped)
    assert stopped.state.contained_at == stamp(watch.now)
    assert "no span of this session, or of one it started" in (stopped.state.contained_how or "")
    stopped.undo()
    settle_stop(stopped)
    assert stopped.state.contained_at is None, "who takes it back has a reason"


def test_what_is_not_folded_yet_proves_nothing(wire: Wire, stopped: Response, watch: Watch) -> None:
    watch.pass_by(QUIET_S + 30)
    wire.beat(settled_ago_s=50)
    assert state_of(stopped) == "watching"


def test_without_a_receiver_it_cannot_be_told(wire: Wire, stopped: Response, watch: Watch) -> None:
    watch.pass_by(QUIET_S + 1)
    found = watch_stop(stopped)
    assert found is not None
    assert found.state == "unknown"
    assert "runbook-tui receive" in found.said
    wire.beat()
    watch.pass_by(30)
    assert state_of(stopped) == "unknown", "it has not been heard of for too long"


def test_a_session_that_came_another_way_is_not_proven_by_silence(
    wire: Wire, store: Store, stopped: Response, watch: Watch
) -> None:
    with store.writing() as connection:
        connection.execute("delete from received")
    watch.pass_by(QUIET_S + 1)
    wire.beat()
    assert state_of(stopped) == "unknown"


def test_a_span_that_started_later_breaks_it(wire: Wire, stopped: Response, watch: Watch) -> None:
    watch.pass_by(10)
    wire.send(2, ago_s=15)
    wire.beat()
    assert state_of(stopped) == "watching", "it began before the stop and ended after it"
    wire.send(3, ago_s=1)
    found = watch_stop(stopped)
    assert found is not None
    assert (found.state, found.said) == (
        "broken",
        "1 span started after the stop, the first at 02:14:09 UTC: span 3",
    )
    watch.pass_by(QUIET_S * 2)
    wire.beat()
    settle_stop(stopped)
    assert stopped.state.contained_at is None
    stopped.stop_done(stop_option(stopped), (), "scaled it to zero")
    assert state_of(stopped) == "watching", "the next stop is judged by what comes after it"


def test_a_session_it_started_counts(wire: Wire, stopped: Response, watch: Watch) -> None:
    watch.pass_by(5)
    wire.send(50, CHILD)
    assert state_of(stopped) != "broken", "another run is none of its business"
    wire.send(51, CHILD, links=span_id(1))
    assert state_of(stopped) == "broken"


def test_silence_must_last_longer_than_its_longest_step(
    wire: Wire, store: Store, playbooks: Playbooks, watch: Watch
) -> None:
    said = {"session.id": RUN, "gen_ai.operation.name": "chat", "gen_ai.request.model": "m"}
    began = int((watch.now - timedelta(seconds=400)).timestamp() * 1e9)
    slow = wire_span(1, said, startTimeUnixNano=str(began), endTimeUnixNano=str(began + 90 * 10**9))
    inbox = Inbox(store.path)
    inbox.add([Received("traces", "json", stamp(watch.now), 1, json.dumps(request(slow)).encode())])
    Folding(store, inbox, playbooks.default, clock=watch).drain()
    inbox.close()
    response = open_incident(store, playbooks, RUN, clock=watch)
    response.stop_done(stop_option(response), (), "revoked its key")
    watch.pass_by(80)
    wire.beat()
    assert state_of(response) == "watching"
    watch.pass_by(11)
    wire.beat()
    assert state_of(response) == "holds"
