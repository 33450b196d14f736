"""Which sessions are listed, and in which order."""

from __future__ import annotations

import pytest

from runbook_tui.evidence import FilterError, SessionRow, alike, chosen_sessions, sorted_sessions
from runbook_tui.trace import Defects


def _row(
    name: str, agent: str | None, outcome: str, flags: tuple[str, ...], cost: float | None
) -> SessionRow:
    return SessionRow(
        id=name,
        agent=agent,
        task=f"task of {name}",
        started_at=f"2026-11-{10 + len(name)}T00:00:00.000Z",
        ended_at=f"2026-11-{10 + len(name)}T00:0{len(name)}:00.000Z",
        spans=1,
        steps=len(name),
        llm_calls=1,
        tool_calls=0,
        input_tokens=None,
        output_tokens=None,
        cost_usd=cost,
        outcome=outcome,
        flags=flags,
        format="test",
        defects=Defects(),
        diagnosed=True,
    )


ROWS = (
    _row("a", "desk", "bad_output", ("LOOP_DETECTED", "TOOL_ERROR"), 0.5),
    _row("bb", "desk", "bad_output", ("TOOL_ERROR", "LOOP_DETECTED"), None),
    _row("ccc", None, "completed", (), 2.0),
)


@pytest.mark.parametrize(
    ("line", "ids"),
    [
        ("", "a bb ccc"),
        ("outcome:completed", "ccc"),
        ("flag:loop agent:desk", "a bb"),
        ("cost>1", "ccc"),
        ("cost<1", "a"),
        ("took>90s", "bb ccc"),
        ("since:2026-11-12", "bb ccc"),
        ("before:2026-11-12", "a"),
        ("steps>2", "ccc"),
        ("steps=3", "ccc"),
        ("steps:>=2", "bb ccc"),
        ("outcome=completed", "ccc"),
        ("text:outcome:completed", ""),
        ('"task of bb"', "bb"),
    ],
)
def test_a_line_lets_these_through(line: str, ids: str) -> None:
    assert " ".join(row.id for row in chosen_sessions(ROWS, line)) == ids


@pytest.mark.parametrize("line", ["cost>much", "since:noon", "took>5", 'agent:"desk', "cost:1", "agent>1"])
def test_what_means_nothing_is_refused(line: str) -> None:
    with pytest.raises(FilterError):
        chosen_sessions(ROWS, line)


@pytest.mark.parametrize(
    ("by", "ids"),
    [
        ("worst", "a bb ccc"),
        ("latest", "ccc bb a"),
        ("cost", "ccc a bb"),
        ("duration", "ccc bb a"),
        ("agent", "a bb ccc"),
    ],
)
def test_orders(by: str, ids: str) -> None:
    assert " ".join(row.id for row in sorted_sessions(ROWS, by)) == ids


def test_the_same_failure_has_the_same_outcome_and_flags() -> None:
    assert [row.id for row in alike(ROWS, ROWS[0])] == ["a", "bb"]


@pytest.mark.parametrize("line", ["foo:bar", "foo=3", "foo>3"])
def test_a_field_that_there_is_not_is_refused_with_those_that_there_are(line: str) -> None:
    with pytest.raises(FilterError, match="no such field") as refused:
        chosen_sessions(ROWS, line)
    assert "agent" in refused.value.advice
    assert f"text:{line}" in refused.value.advice
