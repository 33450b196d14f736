"""The checklist ticks itself as evidence arrives; rooms settle in the playbook's order; then it may close."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from runbook_tui.incident import (
    RefusedError,
    Response,
    blockers,
    checklist,
    next_room,
    progress,
    waiting_for,
)
from tests.incident import walk
from tests.incident.conftest import Opener


def _done(response: Response) -> set[str]:
    return {line.id for line in checklist(response) if line.done}


EVIDENCE: list[tuple[Callable[[Response], object], set[str]]] = [
    (walk.contain, set()),
    (walk.classify, {"mode"}),
    (lambda r: r.mark_origin(walk.span_at(r, walk.ORIGIN)), {"origin", "actions_classified"}),
    (lambda r: r.toggle_cascade(walk.span_at(r, walk.ORIGIN)), {"cascade"}),
    (walk.repair, {"remediation"}),
    (lambda r: r.add_factor("prompt", "The prompt never asks for the order's total"), set()),
    (lambda r: r.add_factor("guardrail", "No limit on the amount of a payment"), {"factors"}),
    (lambda r: r.write_gap(walk.GAP), {"gap"}),
    (
        lambda r: r.record_eval({"id": "invoice-1", "severity": "P0"}, red=True, green=None),
        {"eval_case"},
    ),
    (lambda r: r.set_alert("MON-12"), {"alert"}),
    (lambda r: r.exported("the folder of its files"), set()),
    (lambda r: r.distribute("platform, treasury"), {"distributed"}),
]


def test_lines_tick_one_by_one_as_evidence_arrives(response: Response) -> None:
    assert _done(response) == {"trace_exported"}
    for act, ticked in EVIDENCE:
        before = _done(response)
        act(response)
        assert _done(response) - before == ticked
        assert _done(response) >= before
    assert all(line.done for line in checklist(response))


def test_a_postmortem_without_files_was_not_sent(response: Response) -> None:
    with pytest.raises(RefusedError, match="files are not written"):
        response.distribute("platform")
    (line,) = [line for line in checklist(response) if line.id == "distributed"]
    assert (line.done, line.said) == (False, "not sent")
    assert f"{line.text}: {line.said}" in blockers(response)
    response.defer("distributed", "the mail server is down")
    assert not any("48 hours" in text for text in blockers(response)), "it may still be put off"
    response.exported("a folder")
    (line,) = [line for line in checklist(response) if line.id == "distributed"]
    assert not line.done, "writing it is not sending it"


def test_what_was_sent_is_what_is_known(response: Response) -> None:
    def sent() -> tuple[bool, str]:
        return next((line.done, line.said) for line in checklist(response) if line.id == "distributed")

    response.exported("a folder")
    response.distribute("platform")
    assert sent() == (True, "platform")
    response.set_alert("MON-12")
    stale = "changed since it was sent to platform: write it again with w, then send it"
    assert sent() == (False, stale)
    response.exported("a folder")
    assert sent() == (False, stale), "writing it is not sending it"
    response.distribute("platform")
    response.close(())
    assert sent() == (True, "platform")


def test_an_origin_after_every_action_ticks_nothing_of_them(open_sample: Opener) -> None:
    response = open_sample("delegation")
    response.mark_origin(response.session.steps[-1].span.span_id)
    said = {line.id: (line.done, line.said) for line in checklist(response)}
    before = (
        "none after the origin; 2 before it (1 irreversible): say what was done, or mark an earlier origin"
    )
    assert said["actions_classified"] == said["remediation"] == (False, before)
    for judged in response.actions_before():
        response.judge(tool=judged.action.tool, effect=judged.effect)
    said = {line.id: (line.done, line.said) for line in checklist(response)}
    assert said["actions_classified"] == (
        True,
        "0 actions, 0 irreversible; 2 before it (1 irreversible)",
    )
    assert said["remediation"] == (True, "no irreversible action after the origin")


def test_every_line_says_what_ticks_it_or_what_is_missing(response: Response) -> None:
    missing = {line.id: line.said for line in checklist(response) if not line.done}
    assert missing["remediation"] == "needs the fault origin"
    assert missing["factors"] == "0 named; 3 are asked for, one alone is refused"
    walk.contain(response)
    walk.classify(response)
    walk.trace_back(response)
    said = {line.id: line.said for line in checklist(response)}
    assert said["origin"] == f"step {walk.ORIGIN}"
    assert said["mode"] == "tool misfire (as proposed)"
    assert said["cascade"].startswith(f"{walk.ORIGIN} > ")
    assert said["remediation"].startswith("0 of ")


def test_an_unknown_effect_keeps_the_actions_open(response: Response) -> None:
    walk.trace_back(response)
    response.judge(tool=response.actions()[0].action.tool, effect="unknown")
    line = next(line for line in checklist(response) if line.id == "actions_classified")
    assert not line.done
    assert "have an unknown effect" in line.said


def test_only_some_lines_may_be_deferred(response: Response) -> None:
    for item in ("alert", "origin"):
        response.defer(item, "the monitor comes next week")
    lines = {line.id: line for line in checklist(response)}
    assert (lines["alert"].deferred, lines["origin"].deferred) == (True, False)
    assert not any("Alert or anomaly flag" in text for text in blockers(response))
    assert any("Fault origin" in text for text in blockers(response))


def test_rooms_settle_in_the_playbooks_order_and_the_incident_closes(response: Response) -> None:
    waited = [next_room(response)]
    for act in (walk.contain, walk.classify, walk.repair, walk.trace_back, walk.repair):
        act(response)
        waited.append(next_room(response))
        with pytest.raises(RefusedError, match="cannot close yet"):
            response.close(blockers(response))
    walk.settle_required_steps(response)
    waited.append(next_room(response))
    walk.write_up(response)
    assert waited == [
        "contain",
        "capture",
        "blast_radius",
        "blast_radius",
        "blast_radius",
        "blast_radius",
        "postmortem",
    ]
    assert blockers(response) == ()
    response.close(blockers(response))
    assert (next_room(response), waiting_for(response)) == (None, "closed")
    assert {state.state for state in progress(response).values()} == {"done"}


def test_each_thing_that_is_missing_blocks_by_itself(response: Response) -> None:
    walk.contain(response)
    walk.classify(response)
    walk.trace_back(response)
    walk.repair(response)
    walk.settle_required_steps(response)
    walk.write_up(response)
    assert blockers(response) == ()

    def others(response: Response) -> tuple[str, ...]:
        """What is sent is out of date with every change."""
        return tuple(text for text in blockers(response) if not text.startswith("Postmortem sent"))

    response.remove_item(1)
    assert others(response) == ("Action items: 1 written; still wanted: one to detect",)
    response.remove_item(0)
    assert others(response) == ("Action items: 0 written; still wanted: one to prevent, one to detect",)
    response.add_item("Tell the vendor", "mitigate", "payments", "2026-12-03")
    assert others(response) == ("Action items: 1 written; still wanted: one to prevent, one to detect",), (
        "what is wanted does not move"
    )
    for _ in range(3):
        response.undo()
    response.tick("in_flight", "queues", on=False)
    assert [text.partition(":")[0] for text in others(response)] == [
        "What can still be stopped (blast radius)"
    ]
    response.skip(walk.step_of(response, "in_flight"), "nothing is in flight any more")
    assert others(response) == ()
    response.remove_factor(0)
    assert len(others(response)) == 1


def test_progress_says_what_each_room_waits_for(response: Response) -> None:
    states = progress(response)
    assert {room: state.state for room, state in states.items()} == dict.fromkeys(states, "open")
    assert waiting_for(response) == "containment"
    response.enter("contain")
    response.stop_done(walk.stop_option(response), (), "revoked its key")
    assert progress(response)["contain"].state == "under_way"
    assert waiting_for(response) == "the check that the stop holds"
    response.contained("a call with the key is refused")
    assert progress(response)["contain"].state == "done"
    assert waiting_for(response) == "a look at the evidence"


def test_spawned_agents_need_a_containment_of_their_own(open_sample: Opener) -> None:
    response = open_sample("delegation")
    walk.contain(response)
    assert waiting_for(response) == "spawned agents"
    for agent in response.findings.agents:
        if agent.parent is not None:
            response.agent_stopped(agent.span_id, "it ended with the call")
    assert waiting_for(response) == "a look at the evidence"


def test_a_session_without_actions_needs_no_repair(open_sample: Opener) -> None:
    response = open_sample("retry-loop")
    response.mark_origin(walk.span_at(response, 3))
    said = {line.id: (line.done, line.said) for line in checklist(response)}
    assert said["actions_classified"] == (True, "0 actions, 0 irreversible")
    assert said["remediation"] == (True, "no irreversible action")


def test_a_closed_incident_takes_no_more_acts(response: Response) -> None:
    """What is closed stays as it was signed off."""
    response.close(())
    before = list(response.journal.entries)
    with pytest.raises(RefusedError, match="the incident is closed"):
        response.write_gap("Something that somebody thought of a week later, when it was too late.")
    assert list(response.journal.entries) == before


def test_a_cascade_that_nobody_took_is_only_proposed(response: Response) -> None:
    def cascade() -> tuple[bool, str]:
        return next((line.done, line.said) for line in checklist(response) if line.id == "cascade")

    origin = walk.span_at(response, walk.ORIGIN)
    response.mark_origin(origin)
    done, said = cascade()
    assert not done
    assert said.startswith(f"proposed: {walk.ORIGIN} > ")
    assert progress(response)["trace_back"].waits_for == "the cascade, which is only proposed"
    proposed = response.state.cascade
    response.toggle_cascade(origin)
    assert (cascade()[0], response.state.cascade) == (True, proposed)
    with pytest.raises(RefusedError, match="the origin begins the cascade"):
        response.toggle_cascade(origin)
    response.mark_origin(walk.span_at(response, 2))
    assert not cascade()[0], "another origin has another cascade"
