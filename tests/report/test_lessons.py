"""What the postmortem says of the response is true of what each sentence names."""

from __future__ import annotations

import pytest

from runbook_tui.evidence import Store
from runbook_tui.incident import Response, add_capture, open_incident
from runbook_tui.playbook import Playbooks
from runbook_tui.report import timeline
from runbook_tui.report.lessons import summary, what_did_not, what_went_well
from tests.conftest import Watch
from tests.factories import SAMPLES
from tests.incident import walk


def contained(
    store: Store, playbooks: Playbooks, name: str, detected_at: str | None, origin: int | None = None
) -> Response:
    """An incident that was opened a day after its run, and contained 40 s after that."""
    clock = Watch()
    clock.pass_by(86_460)
    (session,) = add_capture(store, SAMPLES / f"{name}.jsonl", playbooks.default).sessions
    response = open_incident(store, playbooks, session, detected_at=detected_at, clock=clock)
    if origin is not None:
        response.mark_origin(walk.span_at(response, origin))
    clock.pass_by(40)
    walk.contain(response)
    return response


@pytest.mark.parametrize("origin", [3, None])
def test_an_unreported_notice_counts_from_the_opening(
    store: Store, playbooks: Playbooks, origin: int | None
) -> None:
    response = contained(store, playbooks, "loan", None, origin)
    said = "It was contained 40 s after the incident was opened; when it was noticed is not recorded."
    assert summary(response)[-1] == said
    assert "The stop was carried out and checked 40 s after the incident was opened." in what_went_well(
        response
    )


@pytest.mark.parametrize(
    ("detected_at", "origin", "said"),
    [
        (
            "2026-11-20T02:14:00.000Z",
            3,
            "It was noticed 6 h 10 min after the wrong premise entered, and contained 1 d after that.",
        ),
        (
            "2026-11-19T20:03:11.000Z",
            6,
            "It was noticed 20 min 9 s before the wrong premise entered, and contained 1 d 6 h after that.",
        ),
        (
            "2026-11-20T02:14:00.000Z",
            None,
            "It was noticed 6 h 11 min after the session began, and contained 1 d after that.",
        ),
        (
            "2026-11-21T02:15:50.000Z",
            3,
            "It was noticed 1 d 6 h after the wrong premise entered, and contained 10 s before that.",
        ),
    ],
)
def test_an_interval_says_what_it_is_counted_from(
    store: Store, playbooks: Playbooks, detected_at: str, origin: int | None, said: str
) -> None:
    assert summary(contained(store, playbooks, "loan", detected_at, origin))[-1] == said


def test_a_run_that_was_over_was_not_stopped(store: Store, playbooks: Playbooks) -> None:
    response = contained(store, playbooks, "loan", "2026-11-20T02:14:00.000Z")
    assert not any("stop was carried out" in text for text in what_went_well(response))
    told = "The last span of the run ended 3 min 15 s before it was noticed: the stop came after it."
    assert told in what_did_not(response)


def test_a_run_that_went_on_was_stopped(store: Store, playbooks: Playbooks) -> None:
    response = contained(store, playbooks, "loan", "2026-11-20T02:00:00.000Z")
    assert any("carried out and checked 1 d" in text for text in what_went_well(response))
    assert not any("The last span" in text for text in what_did_not(response))


def test_where_one_looked_is_no_event(store: Store, playbooks: Playbooks) -> None:
    response = contained(store, playbooks, "loan", None, 3)
    response.enter("capture")
    assert any(entry.event == "room_entered" for entry in response.journal.entries)
    assert not any("Room entered" in event.text for event in timeline(response))
