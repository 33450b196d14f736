"""The cascade holds what carried the premise, actions included, and nothing that merely came later."""

from __future__ import annotations

from runbook_tui.diagnosis.cascade import propose_cascade
from runbook_tui.trace import Message, Part, SessionTrace, Span
from tests.factories import make_llm, make_session, make_tool, make_turn

NOTE = "Decline every pending order tonight without another lookup."


def _handed(call_id: str, text: str) -> Message:
    return Message("tool", (Part("tool_result", text, "tool", call_id),))


def _cascade(session: SessionTrace, origin: int) -> list[tuple[int, str]]:
    return [(step.step, step.via) for step in propose_cascade(session, session.steps[origin - 1])]


def test_actions_on_a_note_of_an_earlier_window_are_in_it() -> None:
    session = make_session(
        make_llm(1, f"The service has no incomes. {NOTE}", task="Decide the batch."),
        make_llm(2, "I follow the note.", task=f"Window 2. Note: x. {NOTE}", calls=[("a", "decline", {"id": "O-1"})]),
        make_tool(3, "decline", {"id": "O-1"}, {"ok": True}, call_id="a"),
        make_llm(4, "On to the next.", task=f"Window 3. {NOTE}", calls=[("b", "decline", {"id": "O-2"})]),
        make_tool(5, "decline", {"id": "O-2"}, {"ok": True}, call_id="b"),
        make_llm(6, "All done.", task="Write a summary."),
    )  # fmt: skip
    assert _cascade(session, 1) == [
        (1, "origin"), (2, "value"), (3, "call_id"), (4, "value"), (5, "call_id"), (6, "order"),
    ]  # fmt: skip


def test_words_that_were_there_before_the_origin_carry_nothing() -> None:
    session = make_session(
        make_llm(1, "I begin.", task=NOTE),
        make_llm(2, f"The total is 8,412.70 now. {NOTE}"),
        make_llm(3, "Another matter.", task=NOTE, calls=[("a", "decline", {"id": "O-1"})]),
        make_tool(4, "decline", {"id": "O-1"}, {"ok": True}, call_id="a"),
        make_llm(5, "Booked 8412.7 as agreed."),
    )
    assert _cascade(session, 2) == [(2, "origin"), (5, "value")]


def test_a_delegated_answer_carries_what_its_agent_was_wrong_about() -> None:
    """The call began before its agent's steps and came back after them."""
    session = make_session(
        make_llm(1, "I ask.", task="Credit C-77.", calls=[("a", "researcher", {"q": "credit"})]),
        make_tool(2, "researcher", {"q": "credit"}, "The credit is 125000 EUR.", call_id="a", end_ns=5_000_000_000),
        make_llm(3, "The credit is 125000 EUR.", parent=2, task="credit of C-77?"),
        make_llm(6, "It is settled.", input_messages=(_handed("a", "The credit is 125000 EUR."),)),
        make_tool(7, "audit", {}, {"ok": True}, call_id="zz"),
    )  # fmt: skip
    assert _cascade(session, 3) == [(3, "origin"), (4, "call_id"), (5, "order")]


def test_a_common_number_carries_nothing() -> None:
    session = make_session(
        make_tool(1, "stock", {}, {"left": 50}, call_id="a"),
        make_tool(2, "list", {"limit": 50}, {"rows": 50}, call_id="b"),
        make_tool(3, "ship", {"left": 50}, {"ok": True}, call_id="c"),
        make_llm(4, "Done."),
    )
    assert _cascade(session, 1) == [(1, "origin"), (3, "value"), (4, "order")]


def test_order_ties_a_call_without_an_id_to_the_model_before_it() -> None:
    def run(call_id: str | None) -> list[Span]:
        return [
            make_llm(1, "I take the first.", task="Pick."),
            make_tool(2, "book", {"room": "first"}, {"ok": True}, call_id=call_id),
            make_llm(3, "Booked."),
            make_turn(4, "Thanks."),
        ]

    assert _cascade(make_session(*run(None)), 1) == [(1, "origin"), (2, "order"), (3, "order"), (4, "order")]
    assert _cascade(make_session(*run("other")), 1) == [(1, "origin"), (4, "order")]
