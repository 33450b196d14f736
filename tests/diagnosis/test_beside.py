"""Two runs are aligned by what their steps are, and part where something material differs."""

from datetime import UTC, datetime
from typing import Any

import pytest

from runbook_tui.diagnosis import Beside, diagnose, put_beside
from runbook_tui.intake import read_capture
from runbook_tui.playbook import Playbook
from runbook_tui.trace import SessionTrace, Span
from tests.factories import SAMPLES, make_llm, make_session, make_tool


def _run(order: str, *, system: str = "Be brief.", model: str = "gpt-4.1", found: Any = None) -> list[Span]:
    return [
        make_llm(
            1, task=f"Refund {order}.", system=system, model=model, calls=[("a", "lookup", {"order": order})]
        ),
        make_tool(2, "lookup", {"order": order}, found or {"total": 80}, call_id="a"),
        make_llm(
            3,
            task=f"Refund {order}.",
            system=system,
            model=model,
            calls=[("b", "refund", {"order": order, "amount": 80})],
        ),
        make_tool(4, "refund", {"order": order, "amount": 80}, {"ok": True}, call_id="b"),
        make_llm(5, f"Refunded {order}.", system=system, model=model),
    ]


def _beside(ours: list[Span], good: list[Span]) -> Beside:
    return put_beside(make_session(*ours), make_session(*good, session_id="good"))


def _steps(found: Beside) -> list[tuple[int | None, int | None]]:
    return [(pair.step, pair.good_step) for pair in found.pairs]


def _material(found: Beside) -> list[tuple[int | None, str, str]]:
    return [
        (pair.step, item.what, item.path)
        for pair in found.pairs
        for item in pair.differences
        if item.material
    ]


def test_runs_over_other_records_do_not_part() -> None:
    found = _beside(_run("C-771"), _run("C-100"))
    assert _steps(found) == [(n, n) for n in range(1, 6)]
    assert found.first_divergence is None


def test_an_extra_step_does_not_shift_the_rest() -> None:
    extra = make_tool(2, "audit", {}, {"ok": True}, start_ns=2_600_000_000, end_ns=2_700_000_000)
    ours = _run("C-771")
    found = _beside([*ours, extra.__class__(**{**_fields(extra), "span_id": "f" * 16})], _run("C-771"))
    assert _steps(found) == [(1, 1), (2, 2), (3, None), (4, 3), (5, 4), (6, 5)]
    assert _material(found) == [(3, "only_here", "")]


def _fields(span: Span) -> dict[str, Any]:
    return {name: getattr(span, name) for name in span.__struct_fields__}


def test_a_renamed_field_is_told_with_both_names() -> None:
    found = _beside(_run("C-771", found={"total_amount": 80}), _run("C-771"))
    (difference,) = (item for pair in found.pairs for item in pair.differences if item.material)
    assert (difference.what, difference.theirs, difference.ours) == ("result_keys", "total", "total_amount")
    assert found.first_divergence == 1


def test_the_drift_flag_names_the_call_that_answers_the_drifted_one(playbook: Playbook) -> None:
    """Not the first call of the same tool, which may have been about something else."""

    def run(second: Any) -> list[Span]:
        return [
            make_llm(1, task="Refund C-771.", calls=[("x", "lookup", {"order": "C-770"})]),
            make_tool(2, "lookup", {"order": "C-770"}, {"total": 3}, call_id="x"),
            make_tool(3, "lookup", {"order": "C-771"}, second, call_id="y"),
        ]

    good = make_session(*run({"total": 80}), session_id="good")
    flags = diagnose(make_session(*run({"total_due": 80})), playbook, (good,)).flags
    (flag,) = (flag for flag in flags if flag.flag == "TOOL_SCHEMA_DRIFT")
    assert flag.step == 3
    assert flag.detail.endswith("against step 3 of the good run good")


def test_model_and_instructions_are_told_at_the_first_call() -> None:
    found = _beside(_run("C-771", system="Be brief.\nRefund at most 500.", model="gpt-5"), _run("C-771"))
    first = found.pairs[0]
    assert [(item.what, item.ours, item.theirs) for item in first.differences if item.material] == [
        ("model", "gpt-5", "gpt-4.1"),
        ("instructions", "Refund at most 500.", None),
    ]


def test_a_made_up_argument_is_material_and_a_given_one_is_not() -> None:
    ours = _run("C-771")
    ours[3] = make_tool(4, "refund", {"order": "C-771", "amount": 8000}, {"ok": True}, call_id="b")
    assert _material(_beside(ours, _run("C-100"))) == [(4, "arguments", "amount")]


def test_what_a_delegated_agent_said_makes_an_amount_no_better() -> None:
    """The amount stands in a result, but that result is another model's word."""

    def run(order: str, told: str, said: float) -> list[Span]:
        return [
            make_llm(1, "I ask.", task=f"Credit {order}.", calls=[("a", "researcher", {"order": order})]),
            make_tool(2, "researcher", {"order": order}, f"It is {said}.", call_id="a", end_ns=5_900_000_000),
            make_tool(3, "read", {"order": order}, f"the credit is {told} EUR", parent=2),
            make_llm(4, "So it is.", parent=2),
            make_tool(6, "issue_credit", {"order": order, "amount": said}, {"ok": True}, call_id="b"),
        ]

    found = _beside(run("C-771", "1.250,00", 125000.0), run("C-100", "480.00", 480.0))
    assert _material(found) == [(5, "arguments", "amount")]
    assert not _material(_beside(run("C-771", "1.250,00", 1250.0), run("C-100", "480.00", 480.0)))


def test_figures_from_nowhere_are_material_and_sums_are_not() -> None:
    def run(order: str, said: str) -> list[Span]:
        ours = _run(order, found={"items": [20.5, 41.7]})
        ours[4] = make_llm(5, said)
        return ours

    good = run("C-100", "It came to 62.2.")
    assert _material(_beside(run("C-771", "It came to 62.2 in all."), good)) == []
    assert _material(_beside(run("C-771", "It came to 99.9."), good)) == [(5, "figures", "")]


@pytest.mark.parametrize(
    ("sample", "step", "what"),
    [
        ("loan", 3, "result_keys"),
        ("delegation", 7, "figures"),
        ("invoice", 6, "figures"),
        ("retry-loop", 3, "calls"),
        ("legacy-empty", 4, "result"),
    ],
)
def test_where_the_samples_part(sample: str, step: int, what: str) -> None:
    (failed,) = read_capture(SAMPLES / f"{sample}.jsonl").sessions
    (good,) = read_capture(SAMPLES / f"{sample}-clean.jsonl").sessions
    found = put_beside(failed, good)
    assert found.first_divergence is not None
    pair = found.pairs[found.first_divergence]
    assert (pair.step, next(item.what for item in pair.differences if item.material)) == (step, what)
    assert sorted(pair.step for pair in found.pairs if pair.step is not None) == sorted(
        step.number for step in failed.steps
    )


def test_a_run_beside_itself_has_nothing_to_tell() -> None:
    (session,) = read_capture(SAMPLES / "loan.jsonl").sessions
    found = put_beside(session, session)
    assert all(pair.step == pair.good_step and not pair.differences for pair in found.pairs)


def test_nothing_where_the_good_run_found_something_is_where_they_part() -> None:
    def run(found: Any) -> SessionTrace:
        return make_session(
            make_tool(1, "search_policy", {"q": "refunds"}, found), make_llm(2, "In 30 days.")
        )

    found = put_beside(run([]), run([{"id": "POL-7"}]))
    assert found.first_divergence == 0
    assert [(item.what, item.ours) for item in found.pairs[0].differences if item.material] == [
        ("result", "[]")
    ]
    assert put_beside(run([{"id": "POL-8"}]), run([{"id": "POL-7"}])).first_divergence is None
    assert put_beside(run([]), run([])).first_divergence is None


@pytest.mark.parametrize(("indexed", "material"), [("2026-10-20", True), ("2026-11-16", False)])
def test_a_result_much_older_than_the_good_runs_is_material(indexed: str, material: bool) -> None:
    """Both say of what day they are; what counts is how old that was when it was read."""

    def read_on(day: int, month: int, told: str) -> Span:
        start = int(datetime(2026, month, day, tzinfo=UTC).timestamp()) * 1_000_000_000
        return make_tool(1, "search", result={"indexed_at": told, "price": 180}, start_ns=start)

    ours, good = make_session(read_on(17, 11, indexed)), make_session(read_on(12, 10, "2026-10-12"))
    found = put_beside(ours, good)
    assert (found.first_divergence == 0) is material
    told = [item.ours for item in found.pairs[0].differences if item.material]
    assert told == ([f"{indexed}, read 28 days later"] if material else [])
