"""From a flat, damaged, shuffled list of spans to one tree: nothing is lost, everything is counted."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from runbook_tui.trace import SessionTrace, Span, ToolCall, build_session
from tests.factories import make_llm, make_session, make_span, make_tool, span_id

KINDS = ["agent", "llm", "tool", "other", "retrieval", "user"]


@st.composite
def spans_and_shuffle(draw: st.DrawFn) -> tuple[list[Span], list[Span]]:
    """Spans with any parents (orphans and cycles too), some twice, and the same in another order."""
    count = draw(st.integers(1, 25))
    spans = []
    for number in range(count):
        kind: Any = draw(st.sampled_from(KINDS))
        fields: dict[str, Any] = {"kind": kind}
        if kind in ("tool", "retrieval"):
            fields["tool"] = ToolCall(draw(st.sampled_from("fg")))
        if draw(st.booleans()):
            fields["end_ns"] = None
        parent = draw(st.none() | st.integers(0, count + 2))
        spans.append(make_span(number, parent=parent, **fields))
    unfinished = [msgspec.structs.replace(span, end_ns=None, attributes={}) for span in spans]
    spans += draw(st.lists(st.sampled_from([*spans, *unfinished]), max_size=5))
    return spans, draw(st.permutations(spans))


@given(spans_and_shuffle())
def test_any_order_of_the_same_spans_is_the_same_session(pair: tuple[list[Span], list[Span]]) -> None:
    first, second = pair
    assert build_session("s", "test", first) == build_session("s", "test", second)


@given(spans_and_shuffle())
def test_no_span_is_lost_and_repeats_are_counted(pair: tuple[list[Span], list[Span]]) -> None:
    session = build_session("s", "test", pair[1])
    assert {span.key for span in session.spans} == {span.key for span in pair[0]}
    assert len(session.spans) + session.defects.duplicates == len(pair[0])


@given(spans_and_shuffle())
def test_the_places_are_one_consistent_depth_first_order(pair: tuple[list[Span], list[Span]]) -> None:
    _consistent(build_session("s", "test", pair[1]))


@given(spans_and_shuffle())
def test_placing_the_placed_again_changes_nothing(pair: tuple[list[Span], list[Span]]) -> None:
    """What the store reads back is what was written."""
    session = build_session("s", "test", pair[1])
    again = build_session("s", "test", session.spans)
    assert (again.spans, again.places, again.steps) == (session.spans, session.places, session.steps)


def _consistent(session: SessionTrace) -> None:
    assert [place.position for place in session.places] == list(range(len(session.spans)))
    for place in session.places:
        if place.parent < 0:
            assert place.depth == 0
        else:
            above = session.places[place.parent]
            assert above.position < place.position <= place.last <= above.last
            assert place.depth == above.depth + 1
            assert session.spans[place.position].parent_id == session.spans[place.parent].span_id
        inside = session.places[place.position + 1 : place.last + 1]
        assert all(below.depth > place.depth for below in inside)
        after = session.places[place.last + 1 : place.last + 2]
        assert all(below.depth <= place.depth for below in after)
    numbered = [step.index for step in session.steps]
    assert numbered == list(range(len(session.steps)))


def test_an_orphan_becomes_a_root_and_is_marked() -> None:
    session = make_session(make_span(1), make_span(2, parent=99), make_span(3, parent=2))
    assert [(place.depth, place.orphan) for place in session.places] == [(0, False), (0, True), (1, False)]
    assert session.defects.orphans == 1


def test_a_cycle_is_cut_at_its_first_span_in_time() -> None:
    session = make_session(make_span(3, parent=2), make_span(1, parent=3), make_span(2, parent=1))
    assert [span.span_id for span in session.spans] == [span_id(1), span_id(2), span_id(3)]
    assert [place.depth for place in session.places] == [0, 1, 2]
    assert session.defects.cycles == 1


def test_a_span_that_is_its_own_parent_is_a_root() -> None:
    session = make_session(make_span(1, parent=1))
    assert (session.places[0].parent, session.defects.cycles) == (-1, 1)


def test_of_two_spans_with_one_id_the_finished_one_stays() -> None:
    started = make_span(1, end_ns=None, attributes={"a": 1, "b": 2})
    finished = make_span(1, attributes={"a": 1})
    for spans in ([started, finished], [finished, started]):
        session = make_session(*spans)
        assert session.spans == (finished,)
        assert session.defects.duplicates == 1


def test_a_child_whose_clock_is_behind_still_follows_its_parent() -> None:
    parent, early = make_span(5), make_span(1, parent=5)
    session = make_session(early, parent)
    assert [span.span_id for span in session.spans] == [span_id(5), span_id(1)]


def test_broken_times_are_counted_and_the_spans_kept() -> None:
    session = make_session(
        make_span(1), make_span(2, end_ns=1_000_000), make_span(3, start_ns=None, end_ns=None)
    )
    assert (session.defects.reversed_times, session.defects.missing_times) == (1, 1)
    assert len(session.spans) == 3


def test_a_very_deep_chain_does_not_exhaust_the_stack() -> None:
    depth = 20_000
    session = make_session(*(make_span(number, parent=number - 1) for number in range(1, depth)))
    assert session.places[-1].depth == depth - 2


def test_steps_are_numbered_from_one_and_wrappers_are_none() -> None:
    session = make_session(
        make_span(0, kind="agent"), make_llm(1, parent=0), make_span(2, parent=0), make_tool(3, "f", parent=2)
    )
    assert [(step.number, step.kind) for step in session.steps] == [(1, "llm"), (2, "tool")]


def test_a_wrapper_around_the_same_call_is_not_a_second_step() -> None:
    session = make_session(
        make_llm(1), make_llm(2, parent=1), make_tool(3, "f"), make_tool(4, "f", parent=3), make_tool(5, "g")
    )
    assert [step.span.span_id for step in session.steps] == [span_id(2), span_id(4), span_id(5)]


def test_recorded_numbers_are_shown_where_most_steps_carry_one() -> None:
    session = make_session(
        make_llm(1, recorded_step=4),
        make_tool(2, "f", recorded_step=4),
        make_llm(3, recorded_step=7),
        make_tool(4, "g"),
    )
    assert [step.number for step in session.steps] == [4, 4, 7, 7]
    assert [step.span.span_id for step in session.steps_numbered(4)] == [span_id(1), span_id(2)]


def test_a_single_recorded_number_among_many_steps_is_not_followed() -> None:
    session = make_session(make_llm(1), make_llm(2, recorded_step=9), make_llm(3))
    assert [step.number for step in session.steps] == [1, 2, 3]


def test_tools_that_start_together_follow_the_order_they_were_asked_in() -> None:
    asks = make_llm(1, calls=[("c1", "first", {}), ("c2", "second", {}), ("c3", "third", {})])
    together: dict[str, Any] = {"start_ns": 2_000_000_000}
    tools = [
        make_tool(9, "first", call_id="c1", end_ns=9_000_000_000, **together),
        make_tool(8, "second", call_id="c2", end_ns=3_000_000_000, **together),
        make_tool(7, "third", call_id="c3", end_ns=2_000_000_001, **together),
    ]
    for order in (tools, tools[::-1]):
        session = make_session(*order, asks)
        called = [step.span.tool.name for step in session.steps if step.span.tool]
        assert called == ["first", "second", "third"]


def test_an_empty_session_is_a_session() -> None:
    session = make_session()
    assert (session.spans, session.steps, session.trace_ids) == ((), (), ())
