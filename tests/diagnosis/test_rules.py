"""The playbook's rules: a condition holds when every clause does, and what is unknown holds for nothing."""

from __future__ import annotations

from typing import Any

import pytest

from runbook_tui.diagnosis import diagnose
from runbook_tui.playbook import CauseCondition, CauseRule, Classification, Condition, ModeRule, Playbook
from runbook_tui.trace import Findings, SessionTrace, Signals
from tests.factories import make_llm, make_session, make_span, make_tool

PAYS_TWICE = [
    make_llm(1, "Paying.", task="Pay invoice INV-1 over 50 dollars.", cost_usd=0.5, input_tokens=900),
    make_tool(2, "pay_invoice", {"id": "INV-1"}, {"state": "paid"}),
    make_tool(3, "pay_invoice", {"id": "INV-1"}, {"state": "paid"}),
    make_llm(4, "INV-1 is paid.", cost_usd=0.0),
]
GOOD = make_session(make_llm(1, "Paid.", cost_usd=0.1, input_tokens=300), session_id="good")


def _diagnosed(
    playbook: Playbook, *rules: ModeRule, session: SessionTrace | None = None, good: bool = False
) -> Findings:
    chosen = playbook.model_copy(update={"classification": Classification(rules=rules, first_actions={})})
    return diagnose(session or make_session(*PAYS_TWICE), chosen, (GOOD,) if good else ())


def _rule(score: float = 0.5, mode: Any = "tool_misfire", name: str = "only", **when: Any) -> ModeRule:
    return ModeRule(
        id=name, mode=mode, when=Condition.model_validate(when, strict=False), score=score, because="so"
    )


@pytest.mark.parametrize(
    "when",
    [
        {"any_flag": ["DUPLICATE_SIDE_EFFECT", "EMPTY_RESULT"]},
        {"all_flags": ["DUPLICATE_SIDE_EFFECT"]},
        {"no_flag": ["EMPTY_RESULT"]},
        {"min_flag_count": {"DUPLICATE_SIDE_EFFECT": 1}},
        {"outcome": ["bad_output"]},
        {"min_actions": 2},
        {"min_irreversible_actions": 2},
        {"min_cost_ratio": 5.0},
        {"min_token_ratio": 3.0},
        {"signals": {"grounded": ">= 1"}},
        {"all_flags": ["DUPLICATE_SIDE_EFFECT"], "min_actions": 1, "outcome": ["bad_output"]},
    ],
    ids=str,
)
def test_a_condition_that_holds(playbook: Playbook, when: dict[str, Any]) -> None:
    (proposed,) = _diagnosed(playbook, _rule(**when), good=True).classification
    assert (proposed.mode, proposed.rule, proposed.score) == ("tool_misfire", "only", 0.5)
    assert proposed.evidence[0].text == "so"


@pytest.mark.parametrize(
    "when",
    [
        {"any_flag": ["EMPTY_RESULT"]},
        {"all_flags": ["DUPLICATE_SIDE_EFFECT", "EMPTY_RESULT"]},
        {"no_flag": ["DUPLICATE_SIDE_EFFECT"]},
        {"min_flag_count": {"DUPLICATE_SIDE_EFFECT": 2}},
        {"outcome": ["completed", "timeout"]},
        {"min_actions": 3},
        {"min_agents": 1},
        {"min_cost_ratio": 5.1},
        {"signals": {"grounded": "< 1"}},
        {"all_flags": ["DUPLICATE_SIDE_EFFECT"], "min_actions": 3},
    ],
    ids=str,
)
def test_a_condition_that_does_not(playbook: Playbook, when: dict[str, Any]) -> None:
    (proposed,) = _diagnosed(playbook, _rule(**when), good=True).classification
    assert (proposed.mode, proposed.rule, proposed.score) == ("unclear", "none", 0.0)


@pytest.mark.parametrize(
    "when",
    [
        {"signals": {"grounded": "< 1"}},
        {"signals": {"grounded": ">= 0"}},
        {"signals": {"fallback": False}},
        {"signals": {"fallback": True}},
        {"signals": {"confidence": "< 0.7"}},
        {"signals": {"downstream_ok": True}},
        {"signals": {"downstream_ok": False}},
        {"min_cost_ratio": 0.1},
        {"min_token_ratio": 0.1},
    ],
    ids=str,
)
def test_what_is_unknown_satisfies_nothing(playbook: Playbook, when: dict[str, Any]) -> None:
    silent = make_session(make_llm(1, "Nothing is known of this."))
    findings = _diagnosed(playbook, _rule(**when), session=silent)
    assert findings.classification[0].mode == "unclear"
    assert {signal.value for signal in findings.signals.values()} == {None}


def test_a_recorded_signal_satisfies_its_condition_and_is_cited(playbook: Playbook) -> None:
    said = make_session(make_llm(1, "a", signals=Signals(grounded=0.4, fallback=True)))
    rule = _rule(signals={"grounded": "< 0.75", "fallback": True})
    (proposed,) = _diagnosed(playbook, rule, session=said).classification
    texts = [item.text for item in proposed.evidence]
    assert texts == ["so", "grounded is 0.40 (recorded)", "fallback is true (recorded)"]


def test_the_best_rule_of_each_mode_is_proposed_best_mode_first(playbook: Playbook) -> None:
    rules = [
        _rule(0.4, "tool_misfire", "weak", min_actions=1),
        _rule(0.9, "tool_misfire", "strong", min_actions=2),
        _rule(0.9, "tool_misfire", "equal_but_later", min_actions=2),
        _rule(0.6, "cost_runaway", "other", min_actions=1),
        _rule(0.99, "context_poisoning", "silent", min_actions=9),
    ]
    found = _diagnosed(playbook, *rules).classification
    assert [(item.mode, item.rule) for item in found] == [
        ("tool_misfire", "strong"),
        ("cost_runaway", "other"),
    ]


def test_the_evidence_names_the_spans(playbook: Playbook) -> None:
    (proposed,) = _diagnosed(playbook, _rule(any_flag=["DUPLICATE_SIDE_EFFECT"])).classification
    assert [item.step for item in proposed.evidence] == [None, 3]
    assert proposed.evidence[1].span_id == PAYS_TWICE[2].span_id


@pytest.mark.parametrize(
    ("good", "evidence", "fires"),
    [
        (make_llm(1, "a", model="m-2026-01-01"), ["model_changed"], True),
        (make_llm(1, "a", model="m-2026-06-01"), ["model_changed"], False),
        (make_llm(1, "a", system="Be brief.", model="m-2026-06-01"), ["prompt_changed"], True),
        (make_llm(1, "a", system="Be kind.", model="m-2026-06-01"), ["prompt_changed"], False),
        (make_llm(1, "a", system="Be kind.", model="m-2026-06-01"), ["no_change_seen"], True),
        (None, ["no_change_seen"], False),
        (None, ["model_changed"], False),
    ],
)
def test_causes_rest_on_a_comparison(playbook: Playbook, good: Any, evidence: list[Any], fires: bool) -> None:
    rule = CauseRule(
        id="only",
        cause="provider_model_drift",
        when=CauseCondition(evidence=tuple(evidence)),
        score=0.7,
        first_step="Look.",
    )
    chosen = playbook.model_copy(update={"causes": (rule,)})
    failed = make_session(make_llm(1, "b", system="Be kind.", model="m-2026-06-01"))
    baseline = (make_session(good),) if good else ()
    causes = diagnose(failed, chosen, baseline).causes
    assert [cause.cause for cause in causes] == (["provider_model_drift"] if fires else [])


def test_an_agent_that_spawned_another_is_named_as_its_parent(playbook: Playbook) -> None:
    session = make_session(
        make_span(0, kind="agent", agent="desk"),
        make_llm(1, "a", parent=0, agent="desk"),
        make_span(2, parent=0, kind="agent", agent="research"),
        make_llm(3, "b", parent=2, agent="research"),
        make_llm(4, "c", parent=2, agent="research"),
    )
    agents = diagnose(session, playbook).agents
    assert [(agent.name, agent.parent, agent.steps) for agent in agents] == [
        ("desk", None, 1),
        ("research", "desk", 2),
    ]


def test_readiness_says_what_is_missing_and_what_follows(playbook: Playbook) -> None:
    bare = make_session(make_llm(1), make_tool(2, "get_order"))
    readiness = diagnose(bare, playbook).readiness
    assert {"messages", "tool result", "tool.input", "session.id"} <= {
        field.field for field in readiness.missing
    }
    assert 0 < readiness.score < 1
    assert any("Tool results of step 2" in text for text in readiness.cannot_conclude)


def test_a_session_without_a_step_is_diagnosed(playbook: Playbook) -> None:
    findings = diagnose(make_session(), playbook)
    assert (findings.flags, findings.steps, findings.suspects, findings.readiness.score) == ((), (), (), 0.0)
    assert findings.readiness.cannot_conclude == (
        "No LLM or tool call is in this capture: nothing can be concluded.",
    )
    assert (findings.session.input_tokens, findings.session.duration_ms) == (None, None)


def test_one_call_seen_by_two_libraries_is_counted_once(playbook: Playbook) -> None:
    session = make_session(
        make_llm(1, "a", response_id="r", input_tokens=10, output_tokens=2, cost_usd=0.1),
        make_llm(2, "a", response_id="r", input_tokens=10, output_tokens=2, cost_usd=0.1),
        make_llm(3, "b", response_id="s", input_tokens=5, output_tokens=1, cost_usd=0.2),
    )
    summary = diagnose(session, playbook).session
    assert (summary.llm_calls, summary.input_tokens, summary.output_tokens, summary.cost_usd) == (
        2,
        15,
        3,
        0.3,
    )


def test_long_texts_are_cut_unless_asked_for(playbook: Playbook) -> None:
    session = make_session(make_tool(1, "get_page", {"id": 1}, "x" * 5000))
    (cut,) = diagnose(session, playbook).steps
    (full,) = diagnose(session, playbook, full=True).steps
    assert (len(cut.result), cut.truncated) == (400, True)
    assert (len(full.result), full.truncated) == (5000, False)


def test_what_is_made_up_after_an_empty_result_is_a_hallucination(playbook: Playbook) -> None:
    def proposed(plan: str) -> tuple[str, str]:
        session = make_session(
            make_llm(1, task="Plan the harvest of block K-4 after the spray of 27 July."),
            make_tool(2, "search_labels", {"product": "Calypso"}, []),
            make_llm(3, plan, calls=[("c1", "book_pickers", {"block": "K-4"})]),
            make_tool(4, "book_pickers", {"block": "K-4"}, {"ok": True}, call_id="c1"),
            make_llm(5, "Block K-4 is booked."),
        )
        first = diagnose(session, playbook).classification[0]
        return first.mode, first.rule

    invented = proposed("The interval is 14 days.")
    assert invented == ("hallucination_propagation", "invention_after_nothing")
    assert proposed("There is no interval to keep.") == ("tool_misfire", "action_on_nothing")


def test_what_failed_inside_is_read_before_the_tool_that_passed_it_on(playbook: Playbook) -> None:
    def order(outer: str) -> list[int | None]:
        said = "503: the server is overloaded with other requests"
        session = make_session(
            make_llm(1, task="What did they pay?", calls=[("c1", "specialist", {"question": "What?"})]),
            make_tool(
                2, "specialist", {"question": "What?"}, call_id="c1", status="error", status_message=outer
            ),
            make_span(3, kind="agent", parent=2),
            make_llm(4, parent=3, status="error", status_message=said),
            make_llm(5, "I could not find out."),
        )
        return [suspect.step for suspect in diagnose(session, playbook).suspects[:2]]

    assert order("failed with 503: the server is overloaded with other requests") == [3, 2]
    assert order("no such customer") == [2, 3]


def test_of_a_guard_that_ran_twice_the_one_that_tripped_is_flagged(playbook: Playbook) -> None:
    said = "Guardrail tripwire triggered: {'guardrail': 'no_doses'}"
    session = make_session(
        make_span(1, kind="guardrail", name="no_doses"),
        make_llm(2, "We are open on Sunday."),
        make_span(3, status="error", status_message=said),
        make_span(4, kind="guardrail", name="no_doses", parent=3),
    )
    flags = [(flag.flag, flag.span_id) for flag in diagnose(session, playbook).flags]
    assert flags == [("GUARDRAIL_TRIPPED", session.spans[3].span_id)]


def test_one_more_call_of_what_was_called_before_parts_less_than_an_error(playbook: Playbook) -> None:
    def run(documents: int, *, extra: str = "read_document", fails: bool) -> SessionTrace:
        spans = [make_llm(1, task="Review the set.", calls=[("c0", "list_set", {"set": "DS-1"})])]
        spans.append(
            make_tool(2, "list_set", {"set": "DS-1"}, ["D-0", "D-1", "D-2"][:documents], call_id="c0")
        )
        for at in range(documents):
            name = "read_document" if at < 2 else extra
            asked = [(f"d{at}", name, {"id": f"D-{at}"})]
            spans.append(make_llm(3 + 2 * at, calls=asked))
            spans.append(make_tool(4 + 2 * at, name, {"id": f"D-{at}"}, {"text": "..."}, call_id=f"d{at}"))
        failed = make_llm(50, status="error", status_message="400 the context is too long")
        return make_session(*spans, failed if fails else make_llm(50, "All is well."), session_id=str(fails))

    good = run(2, fails=False)

    def first(session: SessionTrace) -> int | None:
        return diagnose(session, playbook, (good,)).suspects[0].step

    assert first(run(3, fails=True)) == run(3, fails=True).steps[-1].number
    assert first(run(3, extra="shred", fails=True)) == run(3, fails=True).steps[-3].number
