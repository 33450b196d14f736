"""One tool asked the same in other words, and what is no loop."""

from __future__ import annotations

from typing import Any

from runbook_tui.diagnosis import diagnose
from runbook_tui.playbook import Playbook
from tests.factories import make_session, make_tool

WORDINGS = (
    "interpretation of a fixed service charge clause",
    "fixed service charge clause, how to interpret it",
    "how is a clause on fixed service charge read",
    "service charge clause fixed interpretation in leases",
)
HITS = {"total": 1, "hits": [{"cite": "[2014] UKSC 9", "score": 0.71}]}


def loops(playbook: Playbook, *calls: tuple[str, Any, Any]) -> list[int | None]:
    session = make_session(
        *[make_tool(at, name, asked, got) for at, (name, asked, got) in enumerate(calls, 1)]
    )
    return [flag.step for flag in diagnose(session, playbook).flags if flag.flag == "LOOP_DETECTED"]


def test_asking_in_other_words_for_the_same_answer_is_a_loop(playbook: Playbook) -> None:
    same = [("search", {"query": words}, HITS) for words in WORDINGS]
    assert loops(playbook, *same) == [2]
    assert loops(playbook, *same[:3]) == []


def test_another_answer_or_another_question_is_none(playbook: Playbook) -> None:
    assert loops(playbook, *[("search", {"query": words}, {"hit": words}) for words in WORDINGS]) == []
    others = ("leases", "weather in Oslo", "a cake with plums", "trains from Bergen")
    assert loops(playbook, *[("search", {"query": words}, HITS) for words in others]) == []
    states = [("get_state", {"id": f"C-{at}"}, {"state": "active"}) for at in range(5)]
    assert loops(playbook, *states) == []


def test_something_done_in_between_is_progress(playbook: Playbook) -> None:
    asked = [("search", {"query": words}, HITS) for words in WORDINGS]
    assert (
        loops(playbook, *asked[:2], ("read_case", {"cite": "[2014] UKSC 9"}, {"text": "..."}), *asked[2:])
        == []
    )


def test_acts_that_are_answered_alike_are_no_loop(playbook: Playbook) -> None:
    items = ("red apples", "green apples", "yellow apples", "sweet apples", "sour apples")
    assert loops(playbook, *[("add_item", {"item": item}, {"status": "added"}) for item in items]) == []
