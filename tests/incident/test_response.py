"""What the engineer may do, what is refused and why, and that an incident reopens where it was."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from runbook_tui.evidence import Store, list_sessions, read_findings
from runbook_tui.incident import (
    IncidentNotFoundError,
    RefusedError,
    Response,
    SessionNotFoundError,
    add_capture,
    load,
    open_incident,
    parse_time,
    resume_incident,
    span_of,
    stamp,
    store_session_of,
)
from runbook_tui.playbook import AskStep, Playbooks
from tests.conftest import Watch
from tests.factories import SAMPLES
from tests.incident import walk
from tests.incident.conftest import Opener


def test_opening_again_resumes(response: Response, open_sample: Opener) -> None:
    walk.contain(response)
    walk.classify(response)
    walk.trace_back(response)
    response.enter("blast_radius", cursor=4)
    again = open_sample()
    assert (again.id, again.state, again.playbook.id) == (response.id, response.state, "tool-misfire")
    assert (again.row.room, again.row.cursor) == ("blast_radius", 4)
    assert again.findings == response.findings


def test_a_closed_incident_is_not_resumed(response: Response, open_sample: Opener) -> None:
    response.close([])
    assert response.row.closed_at == response.state.closed_at is not None
    assert open_sample().id == "INC-0002"


def test_what_is_said_when_it_is_taken_up_again_is_written_down(
    response: Response, playbooks: Playbooks
) -> None:
    lines = len(response.journal.entries)
    again = open_incident(
        response.store,
        playbooks,
        response.session_id,
        baseline=("good-1", "good-2"),
        detected_at="2026-11-20T01:00:00.000Z",
    )
    assert again.id == response.id
    assert again.state.baseline[-2:] == ("good-1", "good-2")
    assert again.state.detected_at == "2026-11-20T01:00:00.000Z"
    assert again.state.detection_reported
    same = open_incident(response.store, playbooks, response.session_id, baseline=("good-2",))
    assert len(same.journal.entries) == lines + 2, "nothing new, nothing written"
    same.close([])
    with pytest.raises(RefusedError, match="closed"):
        resume_incident(response.store, response.id, baseline=("good-3",))
    resume_incident(response.store, response.id, baseline=("good-1",))


def test_an_incident_that_is_not_there(store: Store, playbooks: Playbooks) -> None:
    with pytest.raises(IncidentNotFoundError, match="INC-0042"):
        Response(store, playbooks, "INC-0042")
    with pytest.raises(IncidentNotFoundError):
        open_incident(store, playbooks, "no such session")


REFUSED: dict[str, tuple[Callable[[Response], object], str]] = {
    "contained before a stop": (lambda r: r.contained("all is quiet"), "nothing was stopped yet"),
    "skip without a reason": (lambda r: r.skip(walk.step_of(r, "retention"), " a "), "a skip needs a reason"),
    "origin on a wrapper": (lambda r: r.mark_origin("no such span"), "not a step"),
    "cascade before an origin": (lambda r: r.toggle_cascade(walk.span_at(r, 2)), "no origin yet"),
    "factor that names nothing": (lambda r: r.add_factor("process", "  Human   error. "), "names no factor"),
    "factor too short": (lambda r: r.add_factor("process", "a bug"), "names no factor"),
    "the model hallucinated": (lambda r: r.add_factor("model", "The model hallucinated."), "names no factor"),
    "gap too short": (lambda r: r.write_gap("x" * 39), "detection gap is too short"),
    "gap of blanks": (lambda r: r.write_gap("x" + " " * 60), "detection gap is too short"),
    "item without owner": (lambda r: r.add_item("Do it", "prevent", " ", "2026-12-01"), "title and owner"),
    "item without title": (lambda r: r.add_item(" ", "prevent", "me", "2026-12-01"), "title and owner"),
    "item due some day": (lambda r: r.add_item("Do it", "prevent", "me", "soon"), "not a date"),
    "alert without a name": (lambda r: r.set_alert("  "), "no alert named"),
    "item due yesterday": (lambda r: r.add_item("Do it", "prevent", "me", "2026-11-19"), "due in the past"),
    "sent before it was written": (lambda r: r.distribute("platform"), "files are not written"),
    "sent to nobody": (lambda r: r.distribute(""), "nobody named"),
    "deferral without reason": (lambda r: r.defer("alert", ""), "a deferral needs a reason"),
    "eval that passes": (
        lambda r: r.record_eval({"id": "c", "severity": "P0"}, red=False, green=True),
        "does not fail on this trace",
    ),
    "detected at no time": (lambda r: r.set_detected("last night"), "not a time"),
    "close with something open": (lambda r: r.close(["the fault origin"]), "cannot close yet"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_says_why_and_writes_nothing(name: str, response: Response) -> None:
    act, why = REFUSED[name]
    before = response.state
    with pytest.raises(RefusedError, match=why) as caught:
        act(response)
    assert caught.value.advice
    assert response.state == before
    assert len(response.journal.entries) == 1


def test_a_containment_must_say_how_it_was_checked(response: Response) -> None:
    response.stop_done(walk.stop_option(response), (), "revoked its key")
    with pytest.raises(RefusedError, match="too short"):
        response.contained(" ok")
    assert response.state.contained_at is None


def test_the_contained_clock_starts_with_the_check_not_with_the_command(
    response: Response, watch: Watch
) -> None:
    response.stop_done(walk.stop_option(response), (), "revoked its key")
    watch.pass_by(180)
    response.contained("a call with the key is refused")
    assert response.state.contained_at == "2026-11-20T02:17:00.000Z"
    assert span_of(response.state.detected_at, response.state.contained_at) == 180


def _ask(**fields: object) -> AskStep:
    return AskStep.model_validate(
        {"id": "a", "title": "A", "kind": "ask", "question": "?", **fields}, strict=False
    )


@pytest.mark.parametrize(
    ("step", "accepted", "refused"),
    [
        (_ask(type="text", min_length=5), ["enough", " spaced "], ["four", "    x    ", ""]),
        (_ask(type="choice", options=("red", "green")), ["red", " green "], ["blue", "RED", ""]),
        (_ask(type="yes_no"), ["yes", "no"], ["maybe", "Yes", ""]),
        (_ask(type="number"), ["12", "1,250.50", "-3"], ["twelve", "", "nan", "inf", "1e999"]),
    ],
    ids=lambda value: value.type if isinstance(value, AskStep) else None,
)
def test_answers_have_the_form_that_was_asked_for(
    response: Response, step: AskStep, accepted: list[str], refused: list[str]
) -> None:
    for text in accepted:
        response.answer(step, text)
        assert response.state.answers["a"] == text.strip()
    for text in refused:
        with pytest.raises(RefusedError, match="not accepted"):
            response.answer(step, text)


def test_a_command_is_built_from_checked_values_only(response: Response) -> None:
    kill = walk.stop_option(response, "kill_process")
    assert response.command(kill, {"process_id": "4211"}) == ("kill", "-TERM", "4211")
    for value in ("", "0", "12; rm -rf /", "-9", "$(id)", "12\n13", "１２"):
        with pytest.raises(RefusedError):
            response.command(kill, {"process_id": value})
    with pytest.raises(RefusedError, match="cannot build the command"):
        response.command(kill, {})
    assert response.command(walk.stop_option(response, "another_way"), {}) == ()


def test_the_agent_is_the_traces_unless_the_engineer_says_what_it_is_called(response: Response) -> None:
    scale = walk.stop_option(response, "scale_to_zero")
    assert f"deployment/{response.state.agent}" in response.command(scale, {})
    assert "deployment/payer" in response.command(scale, {"agent": "payer"})


def test_nobody_can_pass_for_the_incident_or_its_session(response: Response) -> None:
    scale = walk.stop_option(response, "scale_to_zero")
    assert scale.run is not None
    run = scale.run.model_copy(update={"argv": ("stop", "{{incident.id}}", "{{session.id}}")})
    argv = response.command(
        scale.model_copy(update={"run": run}), {"incident.id": "INC-9999", "session.id": "another"}
    )
    assert argv == ("stop", response.id, response.session_id)


def test_a_mode_brings_its_playbook_and_undo_takes_both_back(response: Response) -> None:
    first = response.playbook.id
    response.classify("cost_runaway", "it never stops")
    assert response.playbook.id == "cost-runaway"
    decision = response.state.decision
    assert decision is not None
    assert (decision.mode, decision.proposed) == ("cost_runaway", "tool_misfire")
    taken = response.undo()
    assert taken is not None
    assert taken.event == "classified"
    assert (response.state.decision, response.playbook.id) == (None, first)


def test_a_second_decision_replaces_the_first_and_undo_returns_to_it(response: Response) -> None:
    response.classify("cost_runaway")
    response.classify("tool_misfire")
    assert response.playbook.id == "tool-misfire"
    response.undo()
    decision = response.state.decision
    assert decision is not None
    assert (decision.mode, response.playbook.id) == ("cost_runaway", "cost-runaway")


def test_marking_the_origin_proposes_the_cascade_and_cuts_the_actions(response: Response) -> None:
    every = [judged.action for judged in response.actions()]
    assert len(every) == 2
    response.mark_origin(every[1].span_id)
    assert [judged.action.span_id for judged in response.actions()] == [every[1].span_id]
    assert response.state.cascade[0] == every[1].span_id
    response.undo()
    assert [judged.action for judged in response.actions()] == every


def test_the_cascade_is_kept_in_causal_order(response: Response) -> None:
    walk.trace_back(response)
    proposed = response.state.cascade
    for span_id in proposed[1:]:
        response.toggle_cascade(span_id)
    assert response.state.cascade == proposed[:1]
    for span_id in reversed(proposed[1:]):
        response.toggle_cascade(span_id)
    assert response.state.cascade == proposed
    with pytest.raises(RefusedError, match="step 2 is before step 6"):
        response.toggle_cascade(walk.span_at(response, 2))


def test_what_is_said_of_an_action_outranks_what_is_said_of_its_tool(response: Response) -> None:
    walk.trace_back(response)
    action = response.actions()[-1].action
    response.judge(tool=action.tool, effect="reversible", owner="treasury")
    response.judge(tool=action.tool, span_id=action.span_id, effect="irreversible", plan="recall it")
    judged = next(item for item in response.actions() if item.action == action)
    assert (judged.effect, judged.owner, judged.plan) == ("irreversible", "treasury", "recall it")
    assert (judged.by_human, judged.status) == (True, "open")


def test_hostile_words_are_made_visible_before_they_are_kept(response: Response, open_sample: Opener) -> None:
    evil = "\x1b]52;c;cm0=\x07 \u202eabc"
    response.answer(walk.step_of(response, "retention"), evil)
    response.note("a span", evil)
    response.add_factor("process", f"Nobody looked at this {evil}")
    response.stop_done(walk.stop_option(response), ("echo", evil), evil)
    shown = repr(open_sample().state)
    assert "\\x1b" not in shown
    assert "\u202e" not in shown
    assert "␛]52;c;cm0=␇ \ufffdabc" in shown
    stored = response.store.connection.execute("select group_concat(data) from journal").fetchone()[0]
    assert "u001b" not in stored


def test_rooms_are_entered_once_in_the_record(response: Response, watch: Watch) -> None:
    response.enter("contain")
    watch.pass_by(60)
    response.enter("capture", cursor=2)
    response.enter("contain", cursor=1)
    assert response.state.visits == {
        "contain": "2026-11-20T02:14:00.000Z",
        "capture": "2026-11-20T02:15:00.000Z",
    }
    assert (response.row.room, response.row.cursor) == ("contain", 1)


def test_sessions_are_found_by_file_by_id_and_by_its_beginning(store: Store, playbooks: Playbooks) -> None:
    path = SAMPLES / "pricing.jsonl"
    stored, added = store_session_of(store, str(path), playbooks.default)
    assert added is not None
    assert store_session_of(store, "quote-C-51", playbooks.default) == (stored, None)
    assert load(store, "quote-C-5120")[0].id == load(None, str(path))[0].id == stored
    for where in (store, None):
        with pytest.raises(SessionNotFoundError, match="no such session or file"):
            load(where, "quote-X")
    with pytest.raises(SessionNotFoundError, match="choose one of: quote-C-5120"):
        load(store, str(path), "another")


def test_a_file_that_is_opened_next_is_diagnosed_by_that(store: Store, playbooks: Playbooks) -> None:
    path = SAMPLES / "pricing.jsonl"
    session_id, _ = store_session_of(store, str(path), playbooks.default, opened=True)
    assert read_findings(store, session_id) is None
    assert open_incident(store, playbooks, session_id).findings.flags
    assert read_findings(store, session_id) is not None


def test_an_import_that_was_killed_is_finished_by_the_next(
    store: Store, playbooks: Playbooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("runbook_tui.incident.importing.diagnose_stored", killed)
        with pytest.raises(KeyboardInterrupt):
            add_capture(store, SAMPLES / "invoice.jsonl", playbooks.default)
    (row,) = list_sessions(store)
    assert (row.outcome, read_findings(store, row.id)) == (None, None)
    assert add_capture(store, SAMPLES / "invoice.jsonl", playbooks.default).new_spans == 0
    (row,) = list_sessions(store)
    assert row.outcome == "bad_output"
    assert read_findings(store, row.id) is not None


def test_a_baseline_is_used_when_the_incident_is_opened_with_one(
    open_sample: Opener, store: Store, playbooks: Playbooks
) -> None:
    good = add_capture(store, SAMPLES / "invoice-clean.jsonl", playbooks.default).sessions[0]
    response = open_sample("invoice", (good, "one that is gone"))
    assert [session.id for session in response.baseline] == [good]
    texts = response.findings.readiness.cannot_conclude
    assert not any("No good run" in text for text in texts)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-11-20 02:14", datetime(2026, 11, 20, 2, 14, tzinfo=UTC)),
        ("2026-11-20T02:14:00Z", datetime(2026, 11, 20, 2, 14, tzinfo=UTC)),
        (" 2026-11-20T03:14:00+01:00 ", datetime(2026, 11, 20, 2, 14, tzinfo=UTC)),
        ("2026-11-20", datetime(2026, 11, 20, tzinfo=UTC)),
        ("yesterday", None),
        ("", None),
    ],
)
def test_times_are_read_as_people_write_them(text: str, read: datetime | None) -> None:
    assert parse_time(text) == read


def test_times_are_written_in_utc_to_the_millisecond() -> None:
    moment = parse_time("2026-11-20T03:14:00.123999+01:00")
    assert moment is not None
    assert stamp(moment) == "2026-11-20T02:14:00.123Z"
    assert span_of("2026-11-20T02:14:00.000Z", None) is None
