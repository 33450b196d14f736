"""What went into a model's context, what fell out of it, and when that is a flag."""

from runbook_tui.diagnosis import Case, context_changes, find_flags
from runbook_tui.playbook import load_all, playbook_dirs
from runbook_tui.trace import Flag, Message, Part, SessionTrace, Span
from tests.factories import make_session, make_span

RULES = Message("system", (Part("text", "Never refund more than 100 without approval."),))
ASK = Message("user", (Part("text", "Refund order C-771 in full, and tell me when it is done."),))
LOOKUP = Message("assistant", (Part("tool_call", '{"order": "C-771"}', "lookup", "a"),))
FOUND = Message(
    "tool", (Part("tool_result", '{"total": 80, "items": ["a lamp", "a chair", "a rug"]}', "lookup", "a"),)
)
CUT = Message(
    "tool", (Part("tool_result", '{"total": 80, "items": ["a lamp", "a chair" [cut]', "lookup", "a"),)
)


def _call(number: int, *given: Message, says: Message = LOOKUP) -> Span:
    return make_span(number, kind="llm", input_messages=given, output_messages=(says,))


def _changes(*spans: Span) -> list[tuple[int, str, str]]:
    return [
        (change.step.number, item.change, item.role)
        for change in context_changes(make_session(*spans))
        for item in change.changes
    ]


def _flags(session: SessionTrace) -> list[Flag]:
    playbook = load_all(playbook_dirs()).default
    return [flag for flag in find_flags(Case(session, playbook)) if flag.flag == "CONTEXT_TRUNCATED"]


def test_what_is_added_leaves_no_flag() -> None:
    spans = (_call(1, RULES, ASK), _call(2, RULES, ASK, LOOKUP, FOUND))
    assert _changes(*spans) == [(2, "added", "tool")]
    assert _flags(make_session(*spans)) == []


def test_a_dropped_instruction_is_told_first() -> None:
    spans = (_call(1, RULES, ASK, LOOKUP, FOUND), _call(2, ASK, LOOKUP))
    assert _changes(*spans) == [(2, "dropped", "system"), (2, "dropped", "tool")]
    (flag,) = _flags(make_session(*spans))
    assert (flag.severity, flag.step) == ("P0", 2)
    assert "Never refund more than 100" in flag.detail
    assert "and 1 more" in flag.detail


def test_a_cut_result_is_told_as_such() -> None:
    spans = (_call(1, RULES, ASK, LOOKUP, FOUND), _call(2, RULES, ASK, LOOKUP, CUT))
    assert _changes(*spans) == [(2, "truncated", "tool")]
    (flag,) = _flags(make_session(*spans))
    assert flag.severity == "P1"
    assert flag.detail.endswith("of step 1's context is cut")


def test_other_instructions_are_rewritten_not_lost() -> None:
    other = Message("system", (Part("text", "You are the billing agent."),))
    spans = (_call(1, RULES, ASK), _call(2, other, ASK))
    assert _changes(*spans) == [(2, "rewritten", "system")]
    assert _flags(make_session(*spans)) == []


def test_an_agent_that_starts_afresh_lost_nothing() -> None:
    task = Message("user", (Part("text", "Check the stock of lamps."),))
    assert _changes(_call(1, RULES, ASK), _call(2, RULES, task)) == []


def test_conversations_that_alternate_are_told_apart() -> None:
    task = Message("user", (Part("text", "Check the stock of lamps."),))
    spans = (
        _call(1, RULES, ASK),
        _call(2, RULES, task),
        _call(3, RULES, ASK, LOOKUP, FOUND),
        _call(4, RULES, task, LOOKUP, FOUND),
    )
    assert [
        (change.previous.number, change.step.number) for change in context_changes(make_session(*spans))
    ] == [
        (1, 3),
        (2, 4),
    ]
    assert _flags(make_session(*spans)) == []


def test_a_run_that_begins_anew_has_lost_nothing() -> None:
    spans = (
        _call(1, RULES, ASK),
        _call(2, RULES, ASK, LOOKUP, FOUND),
        _call(3, RULES, ASK),
        _call(4, RULES, ASK, LOOKUP, CUT),
    )
    assert [change[0] for change in _changes(*spans)] == [2, 4]
    assert _flags(make_session(*spans[:3])) == []


def test_an_agent_that_comes_back_to_what_it_knew_lost_nothing_of_the_one_it_sent() -> None:
    """A supervisor is told the outcome, not how its worker came to it."""
    clerk = Message("system", (Part("text", "Look orders up and answer in one word."),))
    answer = Message("assistant", (Part("text", "It costs 80."),))
    spans = (
        _call(1, RULES, ASK),
        _call(2, clerk, ASK),
        _call(3, clerk, ASK, LOOKUP, FOUND),
        _call(4, RULES, ASK, answer),
    )
    assert _flags(make_session(*spans)) == []
    cut = _call(5, RULES, answer)
    assert [flag.step for flag in _flags(make_session(*spans, cut))] == [5]
