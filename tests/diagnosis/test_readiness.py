"""What was wrong with a recording is counted, and what follows from it is said."""

from runbook_tui.diagnosis import diagnose
from runbook_tui.playbook import Playbook
from tests.factories import make_llm, make_session, make_span, make_tool


def test_damage_is_counted_and_its_consequence_said(playbook: Playbook) -> None:
    session = make_session(
        make_llm(1, "Reading.", attributes={"gen_ai.input.messages": '[{"role": "user", "par'}),
        make_tool(2, "look", parent=77),
        make_span(3, start_ns=9_000_000_000, end_ns=8_000_000_000),
        make_span(4, start_ns=None, end_ns=None),
        make_span(5, parent=1, start_ns=1_000_000_000),
        make_span(6, parent=1, start_ns=1_000_000_000),
        make_tool(7, "pay", attributes={"runbook.not_recorded": "asked for by the last message"}),
    )
    found = diagnose(session, playbook).readiness
    told = {name: getattr(found.defects, name) for name in found.defects.__struct_fields__}
    assert told == {
        "orphans": 1,
        "duplicates": 0,
        "cycles": 0,
        "reversed_times": 1,
        "missing_times": 1,
        "equal_times": 2,
        "cut_texts": 1,
        "unrecorded_calls": 1,
    }
    assert [text for text in found.cannot_conclude if ": 1; " in text] == [
        "Spans whose parent is not here: 1; earlier or enclosing work may be missing.",
        "Calls that only a message tells of: 1; whether they were made cannot be told.",
        "Spans with a text that breaks off: 1; what it held cannot be told.",
        "Spans without a time: 1; their place in the order is a guess.",
        "Spans that end before they start: 1; their duration cannot be told.",
    ]
