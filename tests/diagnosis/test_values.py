"""Values keep their identity in another notation, and their way through the session is told."""

import pytest

from runbook_tui.diagnosis import follow
from runbook_tui.diagnosis.known import values
from runbook_tui.trace import SessionTrace
from tests.factories import make_llm, make_session, make_tool


def _session(*texts: str) -> SessionTrace:
    """A tool that returns each text, one a step."""
    return make_session(*(make_tool(number, "read", {}, text) for number, text in enumerate(texts, 1)))


@pytest.mark.parametrize(
    ("value", "text", "via"),
    [
        ("1,234.50", "total 1234.5 due", "number"),
        ("1234.5", "total €1.234,50 due", "number"),
        ("1234.5", '{"total": "1 234,50 EUR"}', "number"),
        ("$1,234.50", '{"total": 1234.50}', "number"),
        ("12 %", "a rate of 12%", "same"),
        ("250ms", "took 250 ms", "same"),
        ("2026-11-20", "due on 20 November 2026", "date"),
        ("Nov 20, 2026", '{"due": "2026-11-20T00:00:00Z"}', "date"),
        ("20.11.2026", "due 11/20/2026", "date"),
        ("ACME Ltd", "the customer is Acme  ltd.", "case"),
        ('say "hi"', '{"text": "say \\"hi\\" now"}', "same"),
        ("café", '{"name": "caf\\u00e9"}', "same"),
        ("C-771", "order C-771 is", "same"),
    ],
)
def test_the_same_value_in_another_notation(value: str, text: str, via: str) -> None:
    found = follow(_session(text), value)
    assert found.first is not None
    assert found.first.via == via


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1234.5", "total 12345"),
        ("12", "in 2012"),
        ("50", "1,050"),
        ("C-771", "C-7712"),
        ("cat", "concatenate"),
        ("2026-11-20", "2026-11-21"),
        ("1.234", "1234"),
    ],
)
def test_another_value_is_not_it(value: str, text: str) -> None:
    found = follow(_session(text), value)
    assert found.first is None
    assert not found.sightings


def test_cents_are_offered_and_not_assumed() -> None:
    found = follow(_session('{"amount": 123450}'), "1,234.50")
    assert found.first is None
    assert [sighting.written for sighting in found.in_cents] == ["123450"]


def test_from_the_first_statement_to_every_carrier() -> None:
    session = make_session(
        make_llm(1, task="refund order C-771", calls=[("a", "lookup", {"order": "C-771"})]),
        make_tool(2, "lookup", {"order": "C-771"}, {"total": 80.0}, call_id="a"),
        make_llm(3, "The total is 800.00.", calls=[("b", "refund", {"amount": 800})]),
        make_tool(4, "refund", {"amount": 800}, {"ok": True}, call_id="b"),
    )
    order = follow(session, "C-771")
    assert order.first is not None
    assert (order.first.step, order.first.where, order.from_nowhere) == (1, "prompt", False)
    assert [(sighting.step, sighting.where) for sighting in order.sightings] == [
        (1, "prompt"), (1, "request"), (2, "arguments"),
    ]  # fmt: skip
    amount = follow(session, "800")
    assert amount.first is not None
    assert (amount.first.step, amount.first.where, amount.from_nowhere) == (3, "output", True)
    assert [sighting.step for sighting in amount.sightings] == [3, 3, 4]


@pytest.mark.parametrize(
    ("value", "text", "found"),
    [
        ('"quantity": 50', '{"limit": 50}', False),
        ('"quantity": 50', '{"limit": 50, "quantity": "50"}', True),
        ('"quantity": 50', "50 applications", False),
        ("50 applications", '{"quantity": 50}', False),
        ("50 applications", "Decline these 50 applications.", True),
        ('"amount": 800', "I refund $800 now.", True),
        ('"amount": 800', "The total is 800.00.", True),
        ('"amount": 800', "after 800 ms", False),
        ("limit=50", '{"page": 50}', False),
        ('"amount": 50000', "it is 50000 then", True),
    ],
)
def test_a_common_number_is_the_same_only_where_it_counts_the_same(
    value: str, text: str, found: bool
) -> None:
    assert (follow(_session(text), value).first is not None) is found


def test_a_delegated_answer_comes_after_the_step_that_gave_it() -> None:
    session = make_session(
        make_llm(1, "I ask.", task="How much?", calls=[("a", "researcher", {})]),
        make_tool(2, "researcher", {}, "It is 125000.", call_id="a", end_ns=9_000_000_000),
        make_llm(3, "It is 125000.", parent=2),
    )
    found = follow(session, "125000")
    assert found.first is not None
    assert (found.first.step, found.first.where, found.from_nowhere) == (3, "output", True)
    assert [sighting.step for sighting in found.sightings] == [3, 2]


def test_nothing_asked_nothing_found() -> None:
    assert follow(_session("text"), "  ").first is None


def test_what_an_interface_calls_its_calls_is_no_value() -> None:
    ids = "call_VX1zW0tS9QkqLb3mN5pR7uYd toolu_01A09q90qw90lq917835lq9 fc_68a1b2c3d4e5f60718293a4b resp_0a1b2c3d4e5f6a7b"
    assert values(f"{ids} call_4411 A-1001") == ("call_4411", "a-1001")
