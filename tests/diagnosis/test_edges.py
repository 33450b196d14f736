"""Edges go by call id, then by value, then by order, and say which."""

from runbook_tui.diagnosis import causes_of, uses_of
from runbook_tui.trace import Message, Part, SessionTrace
from tests.factories import make_llm, make_session, make_tool, span_id

HANDED = Message("tool", (Part("tool_result", '{"total": 80.5}', "lookup", "a"),))


def _session() -> SessionTrace:
    return make_session(
        make_llm(1, task="Refund C-771.", calls=[("a", "lookup", {"order": "C-771"})]),
        make_tool(2, "lookup", {"order": "C-771"}, {"total": 80.5}, call_id="a"),
        make_llm(3, "Refunding 80.5.", input_messages=(HANDED,), calls=[("b", "refund", {"amount": 80.5})]),
        make_tool(4, "refund", {"amount": 80.5}, {"ok": True}, call_id="b"),
        make_tool(5, "audit", {"amount": "80.50"}, {"ok": True}),
        make_llm(6, "Done."),
    )


def _causes(number: int) -> list[tuple[int, str, str | None]]:
    return [(edge.step, edge.via, edge.value) for edge in causes_of(_session(), span_id(number))]


def test_a_call_rests_on_the_model_that_asked_for_it() -> None:
    assert _causes(4)[0] == (3, "call_id", "b")


def test_a_model_rests_on_the_results_it_was_handed() -> None:
    assert _causes(3) == [(2, "call_id", "a")]


def test_a_call_without_an_id_rests_on_the_first_statement_of_its_value() -> None:
    assert _causes(5) == [(2, "value", "80.5")]


def test_order_is_what_is_left() -> None:
    assert _causes(6) == [(5, "order", None)]
    assert _causes(1) == []


def test_uses_go_forward_and_never_by_order() -> None:
    found = [(edge.step, edge.via, edge.value) for edge in uses_of(_session(), span_id(2))]
    assert found == [(3, "call_id", "a"), (4, "value", "80.5"), (5, "value", "80.5")]
    assert uses_of(_session(), span_id(5)) == ()
    assert uses_of(_session(), "unknown") == ()
