"""Which spans a line lets through."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook_tui.evidence import (
    FilterError,
    Store,
    completions,
    filter_spans,
    filter_values,
    parse_filter,
    save_findings,
    write_session,
)
from runbook_tui.incident import inspect_session
from runbook_tui.playbook import Playbook
from tests.factories import make_llm, make_session, make_span, make_tool


@pytest.fixture
def filled(store: Store, playbook: Playbook) -> Store:
    session = make_session(
        make_span(1, kind="agent", agent="desk"),
        make_llm(
            2, "Paying A-1.", parent=1, agent="desk", input_tokens=900, output_tokens=200, cost_usd=0.02
        ),
        make_tool(3, "refund", {"order": "A-1"}, {"ok": True}, parent=1, agent="desk", end_ns=7_000_000_000),
        make_tool(4, "look_up", {"order": "50%_off"}, {}, parent=1, agent="desk", status="error"),
        make_llm(5, "Done.", parent=1, agent="Other Agent"),
    )
    with store.writing() as connection:
        write_session(connection, session, None, "2026-11-20T02:14:00.000Z")
    save_findings(store, session, inspect_session(session, playbook))
    return store


@pytest.mark.parametrize(
    ("line", "positions"),
    [
        ("", [0, 1, 2, 3, 4]),
        ("kind:tool", [2, 3]),
        ("kind:tool,llm -tool:refund", [1, 3, 4]),
        ("tool:refund", [2]),
        ("tool:", [2, 3]),
        ("-tool:", [0, 1, 4]),
        ("agent:desk", [0, 1, 2, 3]),
        ('agent:"other agent"', [4]),
        ("status:error", [3]),
        (">2s", [2]),
        ("took<=500ms kind:llm", [1, 4]),
        ("tokens>1000", [1]),
        ("cost>0.01", [1]),
        ("step:2-3", [2, 3]),
        ("step>3", [4]),
        ("step=3", [3]),
        ("took:>2s", [2]),
        ("tokens:>=1000", [1]),
        ("tool=refund", [2]),
        ("agent:=desk", [0, 1, 2, 3]),
        ("kind=tool", [2, 3]),
        ("http://nowhere", []),
        ('"so it goes: on"', []),
        ("A-1", [1, 2]),
        ("text:A-1 kind:tool", [2]),
        ("-A-1 kind:tool", [3]),
        ("50%_off", [3]),
        ("tool:50%_off", []),
        ("flag:TOOL_ERROR", [3]),
        ("-flag: kind:tool", [2]),
    ],
)
def test_a_line_lets_these_through(filled: Store, line: str, positions: list[int]) -> None:
    assert filter_spans(filled, "session-1", parse_filter(line)) == positions


@pytest.mark.parametrize("line", ["took>2", "step:x", "name>3", 'text:"open', "cost>much"])
def test_a_term_that_means_nothing_is_refused_with_advice(line: str) -> None:
    with pytest.raises(FilterError) as refused:
        parse_filter(line)
    assert refused.value.advice


@given(st.text(max_size=40))
def test_any_line_is_a_filter_or_refused(line: str) -> None:
    with contextlib.suppress(FilterError):
        parse_filter(line)


@pytest.mark.parametrize(
    ("line", "completed"),
    [
        ("ki", "kind:"),
        ("kind:tool sta", "kind:tool status:"),
        ("kind:t", "kind:tool"),
        ("tool:re", "tool:refund"),
        ("-tool:lo", "-tool:look_up"),
        ('agent:"oth', 'agent:"other agent"'),
    ],
)
def test_the_last_word_is_completed(line: str, completed: str) -> None:
    known = {"kind": ("llm", "tool"), "tool": ("look_up", "refund"), "agent": ("desk", "other agent")}
    assert completions(line, known)[0] == completed


def test_completion_offers_what_the_session_has(filled: Store) -> None:
    known = filter_values(filled, "session-1")
    assert known["kind"] == ("agent", "llm", "tool")
    assert known["tool"] == ("look_up", "refund")
    assert "TOOL_ERROR" in known["flag"]


@pytest.mark.parametrize("line", ["foo:bar", "foo=3", "foo>3"])
def test_a_field_that_there_is_not_is_refused_with_those_that_there_are(line: str) -> None:
    with pytest.raises(FilterError, match="no such field") as refused:
        parse_filter(line)
    assert "agent" in refused.value.advice
    assert f"text:{line}" in refused.value.advice


def test_a_text_may_be_asked_for_with_an_equals_sign() -> None:
    assert parse_filter("text=refund").texts == parse_filter("text:refund").texts == (("refund", False),)
    assert parse_filter("-text=refund").texts == (("refund", True),)
