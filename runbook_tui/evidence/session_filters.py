"""Which sessions to list, in which order: `outcome:bad_output flag:LOOP agent:desk cost>0.1 took>1m since:2026-11-19`."""

from __future__ import annotations

import operator
import shlex
from collections.abc import Callable, Sequence
from typing import Final

from runbook_tui.evidence.filters import COMPARED, NAMED, FilterError, duration_ms, no_such_field
from runbook_tui.evidence.sessions import SessionRow
from runbook_tui.trace.clock import parse_time, span_of

__all__ = ["SESSION_FIELDS", "SORTS", "alike", "chosen_sessions", "sorted_sessions"]

SESSION_FIELDS: Final = ("outcome", "flag", "agent", "since", "before", "cost", "took", "steps")
"""What can be asked for; the last three with <, >, <=, >= or =."""
_FIGURES: Final = {"cost": "cost>0.1", "took": "took>90s", "steps": "steps>40"}
"""What is compared, each with an example."""
_HOW: Final[dict[str, Callable[[float, float], bool]]] = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
    "=": operator.eq,
}

SORTS: Final = ("worst", "latest", "cost", "duration", "agent")

_Test = Callable[[SessionRow], bool]


def chosen_sessions(rows: Sequence[SessionRow], line: str) -> tuple[SessionRow, ...]:
    """The sessions that every term of a line lets through; a word is looked for in id, agent, task and flags.

    Raises:
        FilterError: a term that means nothing.
    """
    try:
        tests = [_test(term) for term in shlex.split(line)]
    except ValueError as error:
        raise FilterError("not a filter", line, "close the quotes") from error
    return tuple(row for row in rows if all(test(row) for test in tests))


def _test(term: str) -> _Test:
    if term.startswith("text:"):
        return _worded(term.removeprefix("text:"))
    compared, named = COMPARED.fullmatch(term), NAMED.fullmatch(term)
    name = named["field"] if named else compared["field"] if compared else None
    if name is None or (name not in SESSION_FIELDS and " " in term):
        return _worded(term)
    if name not in SESSION_FIELDS:
        raise no_such_field(term, SESSION_FIELDS)
    if compared and name in _FIGURES:
        return _figure(term, name, compared["how"], compared["value"])
    if compared and compared["how"] != "=":
        raise FilterError("cannot be compared", term, f"compare one of {', '.join(_FIGURES)}")
    value = compared["value"] if compared else named["value"] if named else ""
    wanted = value.casefold()
    if name in ("since", "before"):
        moment = parse_time(value)
        if moment is None:
            raise FilterError("not a time", term, "write it as since:2026-11-19 or since:2026-11-19T20:00")
        return lambda row: (
            (started := parse_time(row.started_at) if row.started_at else None) is not None
            and (started >= moment if name == "since" else started < moment)
        )
    if name == "flag":
        return lambda row: any(wanted in flag.casefold() for flag in row.flags)
    if name == "agent":
        return lambda row: wanted in (row.agent or "").casefold()
    if name == "outcome":
        return lambda row: wanted == (row.outcome or "").casefold()
    raise FilterError("no figure", term, f"write it as {_FIGURES[name]}")


def _worded(term: str) -> _Test:
    text = term.casefold()
    return lambda row: any(text in part.casefold() for part in _texts(row))


def _figure(term: str, name: str, how: str, value: str) -> _Test:
    limit = duration_ms(value) if name == "took" else None
    try:
        wanted = limit if limit is not None else float(value if name != "took" else "no unit")
    except ValueError:
        raise FilterError("no figure", term, f"write it as {_FIGURES[name]}") from None

    def test(row: SessionRow) -> bool:
        figure = _took(row) if name == "took" else row.cost_usd if name == "cost" else float(row.steps)
        return figure is not None and _HOW[how](figure, wanted)

    return test


def _took(row: SessionRow) -> float | None:
    seconds = span_of(row.started_at, row.ended_at)
    return None if seconds is None else seconds * 1000


def _texts(row: SessionRow) -> tuple[str, ...]:
    return (row.id, row.agent or "", row.task or "", " ".join(row.flags), row.outcome or "")


def sorted_sessions(rows: Sequence[SessionRow], by: str) -> tuple[SessionRow, ...]:
    """In one of the orders of `SORTS`; worst first is the order in which they are listed. Unknown comes last."""
    if by == "latest":
        return tuple(sorted(rows, key=lambda row: row.started_at or "", reverse=True))
    if by == "cost":
        return tuple(
            sorted(rows, key=lambda row: -1.0 if row.cost_usd is None else row.cost_usd, reverse=True)
        )
    if by == "duration":
        return tuple(sorted(rows, key=lambda row: -1.0 if (ms := _took(row)) is None else ms, reverse=True))
    if by == "agent":
        return tuple(sorted(rows, key=lambda row: (row.agent is None, row.agent or "")))
    return tuple(rows)


def alike(rows: Sequence[SessionRow], one: SessionRow) -> tuple[SessionRow, ...]:
    """Sessions with the same failure signature: the same outcome and the same kinds of flags."""
    signature = (one.outcome, frozenset(one.flags))
    return tuple(row for row in rows if (row.outcome, frozenset(row.flags)) == signature)
