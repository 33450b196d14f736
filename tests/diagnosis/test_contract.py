"""When a result departs from what good runs returned, and when the difference is but other data."""

from __future__ import annotations

from typing import Any

import pytest

from runbook_tui.diagnosis import diagnose
from runbook_tui.diagnosis.text_tables import rows_of
from runbook_tui.playbook import Playbook
from tests.factories import make_llm, make_session, make_tool

GOOD = {"invoice": "I-1", "total": 129.5, "note": "paid by card", "rates": {"USD": 1.08, "GBP": 0.85}}


def drifted(playbook: Playbook, result: Any, times: int = 1, arguments: Any = None) -> list[str]:
    goods = tuple(
        make_session(
            make_tool(1, "get_invoice", {"id": "I-1"}, GOOD),
            make_llm(2, "The total is 129.5."),
            session_id=f"good-{number}",
        )
        for number in range(times)
    )
    ours = make_session(make_tool(1, "get_invoice", arguments or {"id": "I-2"}, result), make_llm(2, "Done."))
    flags = diagnose(ours, playbook, goods).flags
    return [
        flag.detail.partition(": ")[2].partition(", against")[0] for flag in flags if "DRIFT" in flag.flag
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"total": None, "total_amount": 80}, ["total -> total_amount"]),
        ({"total": None}, ["-total"]),
        ({"note": None, "discount_pct": 3}, []),
        ({"alt": "x"}, []),
        ({"rates": {"SEK": 11.2, "NOK": 11.6}}, []),
        ({"total": "80.00"}, []),
        ({"total": {"value": 80, "unit": "EUR"}}, ["total: number -> object, +total.unit, +total.value"]),
        ({"total": "80 EUR"}, ["total: number -> text"]),
        ({"rates": [1.08, 0.85]}, ["rates: object -> list"]),
        ({"rates": []}, []),
        ({"note": ["paid", "late"]}, []),
    ],
)
def test_one_good_run_tells_renames_and_the_loss_of_what_it_used(
    change: dict[str, Any], said: list[str], playbook: Playbook
) -> None:
    result = {
        name: value for name, value in {**GOOD, "invoice": "I-2", **change}.items() if value is not None
    }
    assert drifted(playbook, result) == said


def test_three_good_runs_tell_what_is_new_and_what_is_missing(playbook: Playbook) -> None:
    assert drifted(playbook, {**GOOD, "alt": "x"}, times=3) == ["+alt"]
    without = {name: value for name, value in GOOD.items() if name != "note"}
    assert drifted(playbook, without, times=3) == ["-note"]


def test_what_was_asked_for_is_no_field(playbook: Playbook) -> None:
    asked = {"names": ["berlin", "oslo"]}
    assert drifted(playbook, {**GOOD, "berlin": 1, "oslo": 2}, times=3, arguments=asked) == []


def test_an_error_is_no_drift(playbook: Playbook) -> None:
    assert drifted(playbook, {"error": {"code": "DENIED", "message": "no right"}}) == []


TABLE = "emp_no;name;regular_h;overtime_h\n40117;Petrosyan, A;152.0;6.5\n"


def table_drift(playbook: Playbook, good: str, result: str) -> list[str]:
    good_run = make_session(
        make_tool(1, "export_hours", {"month": "2026-05"}, good),
        make_llm(2, "Petrosyan has 6.5 h."),
        session_id="g",
    )
    session = make_session(make_tool(1, "export_hours", {"month": "2026-05"}, result))
    flags = diagnose(session, playbook, (good_run,)).flags
    return [flag.detail for flag in flags if flag.flag == "TOOL_SCHEMA_DRIFT"]


def test_a_table_in_text_drifts_by_its_columns_and_their_order(playbook: Playbook) -> None:
    moved = "emp_no;name;overtime_h;regular_h\n40117;Petrosyan, A;6.5;152.0\n"
    (detail,) = table_drift(playbook, TABLE, moved)
    assert "overtime_h (column D) -> overtime_h (column C)" in detail
    assert table_drift(playbook, TABLE, TABLE.replace("6.5", "7.5")) == []
    assert table_drift(playbook, TABLE, TABLE.replace(";overtime_h", "").replace(";6.5", "")) != []
    assert table_drift(playbook, "Hello, dear all, and welcome\nfine, thanks", moved) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a;b;c",
        "a;b\n1;2",
        "a;b;c\n1;2",
        "1;2;3\n4;5;6",
        'a,b,c\n"1,2',
        "x" * 300_000,
        "|a|b|\n|--|--|\n|1|2|",
    ],
)
def test_text_that_is_no_table_has_no_rows(text: str) -> None:
    assert rows_of(text) == []


def test_rows_of_csv_and_of_markdown() -> None:
    named = {"a (column A)": "1", "b (column B)": "x, y", "c (column C)": "3"}
    assert rows_of('a,b,c\n1,"x, y",3\n') == [named]
    assert rows_of("| a | b | c |\n|---|---|---|\n| 1 | x, y | 3 |") == [named]
