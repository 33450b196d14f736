"""What holds no data, in the many forms in which tools answer with nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from runbook_tui.diagnosis import is_empty
from runbook_tui.trace import ToolCall


def empty(result: Any, tool: str = "search_recipes", arguments: Any = None) -> bool:
    text = result if isinstance(result, str) else json.dumps(result)
    return is_empty(ToolCall(tool, None, json.dumps(arguments or {"q": "lentil soup", "limit": 400}), text))


@pytest.mark.parametrize(
    "result",
    [
        "",
        "null",
        "[]",
        "(0 rows)",
        " id | name \n----+------\n(0 rows)",
        "No results found for lentil soup.",
        "Nothing found",
        "There is no entry for this dish.",
        "No outages recorded.",
        "date,project,hours\n",
        "| id | name |\n|---|---|\n",
        "<results/>",
        '<history vin="W0L"></history>',
        {"results": []},
        {"total": 0},
        {"count": 0, "results": []},
        {"took": 5, "timed_out": False, "hits": {"total": {"value": 0}, "max_score": None, "hits": []}},
        {"data": {"recipes": {"edges": []}}},
        {"data": {"items": [], "query": "lentil soup"}},
        {"recipe": None},
        {"found": False},
        {"documents": [[]], "ids": [[]]},
        {"rows": [], "columns": ["id", "name"]},
        {"results": [], "max_kcal": 400},
        {"status": 200, "items": [], "shards": {"total": 4, "answered": 0}},
    ],
)
def test_it_is_empty(result: Any) -> None:
    assert empty(result)


@pytest.mark.parametrize(
    "result",
    [
        "0",
        "ok",
        "No, the shop is closed.",
        "red,green,blue",
        "date,project\n2026-01-02,ledger\n",
        "No results before 1990 are kept, but the archive has 12 of them",
        "<results><r/></results>",
        '<history vin="W0L">one owner</history>',
        {"results": [0]},
        {"total": 3, "results": []},
        {"balance": 0},
        {"status": "ok"},
        {"errors": []},
        {"items": 3, "errors": []},
        {"deploys": [], "last_deploy": "2026-01-16"},
        {"results": [], "max_kcal": 500},
        {"name": "Ann", "middle_name": None},
        {"open": False},
    ],
)
def test_it_is_not(result: Any) -> None:
    assert not empty(result)


def test_a_count_that_was_asked_for_may_be_nothing() -> None:
    assert not empty({"count": 0}, tool="count_recipes")
    assert not empty([], tool="find_duplicates")


@pytest.mark.parametrize(
    ("result", "nothing"),
    [
        ("Aucun tarif ne correspond à votre recherche (0 résultat).", True),
        ("Keine Treffer für diese Suche", True),
        ("Ningún resultado", True),
        ("2 tarifs correspondent (2 résultats)", False),
        ('"<recalls/>"', True),
        ('<landings vessel="x" year="2026"/>', True),
        ('Searched 3 collections.\n0 documents matched "oakmoss limit"', True),
        ('"<recalls>one</recalls>"', False),
        ("| Match | Minutes | Goals |\n|---|---|---|\n", True),
        ("| Match | Minutes | Goals |\n|---|---|---|\n| A | 90 | 1 |", False),
    ],
)
def test_nothing_is_told_in_other_languages_and_by_tables(result: str, nothing: bool) -> None:
    assert empty(result) is nothing
