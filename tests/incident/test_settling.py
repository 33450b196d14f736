"""When a session that comes over the wire is diagnosed, and what is said of it while it may still go on."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from runbook_tui.evidence import Inbox, Received, SessionRow, Store, list_sessions
from runbook_tui.incident import open_incident
from runbook_tui.incident.folding import Folding
from runbook_tui.incident.sessions import GROWING_S
from runbook_tui.playbook import Playbooks
from tests.factories import request, span_id, wire_span

BEGAN = datetime(2026, 11, 20, 2, 14, tzinfo=UTC)


class Receiver:
    """A receiver whose time passes when it is told."""

    def __init__(self, store: Store, playbooks: Playbooks) -> None:
        self.passed = 0.0
        self._store = store
        self._inbox = Inbox(store.path)
        self._folding = Folding(
            store,
            self._inbox,
            playbooks.default,
            seconds=lambda: self.passed,
            clock=lambda: BEGAN + timedelta(seconds=self.passed),
        )

    def get(self, *spans: dict[str, object]) -> None:
        body = json.dumps(request(*spans)).encode()
        self._inbox.add([Received("traces", "json", "2026-11-20T02:14:00.000Z", 1, body)])

    def wait(self, seconds: float) -> SessionRow:
        """What is listed when so much time has passed."""
        end = self.passed + seconds
        while self.passed < end:
            self.passed = min(end, self.passed + max(1.0, seconds / 4))
            while self._folding.step():
                pass
        return list_sessions(self._store)[0]


def test_a_run_without_its_root_is_no_failure_until_it_has_been_silent(
    store: Store, playbooks: Playbooks
) -> None:
    receiver = Receiver(store, playbooks)
    receiver.get(wire_span(2, {"gen_ai.operation.name": "chat"}, parentSpanId=span_id(1)))
    row = receiver.wait(4)
    assert (row.flags, row.outcome, row.ended_as) == ((), None, "still running")
    assert receiver.wait(GROWING_S / 2).flags == ()
    row = receiver.wait(GROWING_S)
    assert (row.flags, row.outcome) == (("RUN_ERROR",), "tool_error")


def test_a_run_whose_root_comes_is_over(store: Store, playbooks: Playbooks) -> None:
    receiver = Receiver(store, playbooks)
    receiver.get(wire_span(2, {"gen_ai.operation.name": "chat"}, parentSpanId=span_id(1)))
    assert receiver.wait(4).ended_as == "still running"
    receiver.get(wire_span(1, {"gen_ai.operation.name": "invoke_agent"}))
    row = receiver.wait(4)
    assert (row.flags, row.outcome) == ((), "completed")


def test_an_incident_of_a_run_that_was_killed_says_so_when_it_is_opened(
    store: Store, playbooks: Playbooks
) -> None:
    """What was said while it might still go on is not taken over once it has been silent."""
    receiver = Receiver(store, playbooks)
    receiver.get(wire_span(2, {"gen_ai.operation.name": "chat"}, parentSpanId=span_id(1)))
    row = receiver.wait(4)
    assert row.flags == ()
    response = open_incident(store, playbooks, row.id)
    assert [flag.flag for flag in response.findings.flags] == ["RUN_ERROR"]


def test_a_flagged_run_that_goes_on_has_no_outcome_yet(store: Store, playbooks: Playbooks) -> None:
    receiver = Receiver(store, playbooks)
    said = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "pay"}
    receiver.get(wire_span(2, said, parentSpanId=span_id(1), status={"code": 2, "message": "refused"}))
    row = receiver.wait(4)
    assert row.flags == ("TOOL_ERROR",)
    assert row.ended_as == "still running"
