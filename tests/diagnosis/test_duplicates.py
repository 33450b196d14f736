"""The same act done twice: in other notation, by a tool that no catalogue knows, and what is no second one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from runbook_tui.diagnosis import diagnose
from runbook_tui.playbook import Playbook
from runbook_tui.trace import Message, Part, Span
from tests.factories import make_llm, make_session, make_tool

HIRE = {"name": "Nadia El-Amrani", "start": "2026-11-02", "site": "Eindhoven"}
ORDER = {"for": "Nadia El-Amrani", "deliver_to": "Eindhoven", "by": "2026-10-30"}


def doubled(playbook: Playbook, *calls: Span, task: str = "Prepare the hire.") -> list[int | None]:
    session = make_session(make_llm(1, task=task), make_tool(2, "get_hire", {"req": "R-1"}, HIRE), *calls)
    return [flag.step for flag in diagnose(session, playbook).flags if flag.flag == "DUPLICATE_SIDE_EFFECT"]


@pytest.mark.parametrize(
    ("again", "same"),
    [
        ({"for": "EL-AMRANI, Nadia", "deliver_to": "Eindhoven site", "by": "30-10-2026"}, True),
        ({"for": "Nadia El-Amrani", "deliver_to": "Eindhoven", "by": "2026-10-31"}, False),
        ({"for": "Omar El-Amrani", "deliver_to": "Eindhoven", "by": "2026-10-30"}, False),
    ],
)
def test_an_act_is_the_same_in_another_notation(again: Any, same: bool, playbook: Playbook) -> None:
    calls = [
        make_tool(3, "order_laptop", ORDER, {"id": "HW-1"}),
        make_tool(4, "order_laptop", again, {"id": "HW-2"}),
    ]
    assert doubled(playbook, *calls) == ([4] if same else [])


@pytest.mark.parametrize(
    ("tool", "second", "acts"),
    [
        ("debit", {"debit": "bg_20120", "state": "accepted"}, True),
        ("debit", {"debit": "bg_20119", "state": "accepted"}, False),
        ("get_debit", {"debit": "bg_20120"}, False),
        ("wait", {"ticket": "w_20120"}, False),
        ("run_sql", {"row": "bg_20120"}, False),
    ],
)
def test_a_tool_nobody_knows_acts_where_it_gives_out_another_id(
    tool: str, second: Any, acts: bool, playbook: Playbook
) -> None:
    arguments = {"donor": "dn_5", "amount": 250}
    first = make_tool(3, tool, arguments, {"debit": "bg_20119", "state": "accepted"})
    assert doubled(playbook, first, make_tool(4, tool, arguments, second)) == ([4] if acts else [])


def test_what_timed_out_and_was_done_again_is_told_at_both(playbook: Playbook) -> None:
    arguments = {"donor": "dn_5", "amount": 250}
    calls = (
        make_tool(3, "debit", arguments, "Error: ReadTimeout", status="error", status_message="ReadTimeout"),
        make_tool(4, "debit", arguments, {"debit": "bg_20120"}),
    )
    assert doubled(playbook, *calls) == [3, 4]


def test_keys_that_a_result_gave_out_tell_two_acts_apart(playbook: Playbook) -> None:
    def grants(*keys: str) -> list[Span]:
        gift = {"player": "p-1", "gems": 500}
        return [
            make_tool(4 + at, "grant_gems", {**gift, "request_id": key}, {"ok": True})
            for at, key in enumerate(keys)
        ]

    runs = make_tool(3, "raid_log", {"player": "p-1"}, [{"run": "it-0418-771"}, {"run": "it-0419-302"}])
    assert doubled(playbook, runs, *grants("it-0418-771", "it-0419-302")) == []
    assert doubled(playbook, runs, *grants("9f31c0de", "77ab42be")) == [5]


@pytest.mark.parametrize(
    ("asked", "again"),
    [
        ("Send exactly the same message once more as a reminder.", True),
        ("Please notify them again.", True),
        ("Did that go out to everyone?", False),
        ("And two of the mugs again, to the same address.", False),
    ],
)
def test_what_a_user_asks_for_again_is_no_duplicate(asked: str, again: bool, playbook: Playbook) -> None:
    note = {"group": "hedgehogs", "text": "Bring rain clothes."}

    def asking(number: int, *said: str) -> Span:
        shown = tuple(Message("user", (Part("text", text),)) for text in said)
        call = Part("tool_call", json.dumps(note), "notify_parents", f"c{number}")
        return make_llm(number, input_messages=shown, output_messages=(Message("assistant", (call,)),))

    session = make_session(
        asking(1, "Tell the parents."),
        make_tool(2, "notify_parents", note, {"id": "PN-4401"}, call_id="c1"),
        asking(3, "Tell the parents.", asked),
        make_tool(4, "notify_parents", note, {"id": "PN-4407"}, call_id="c3"),
    )
    flags = [flag.flag for flag in diagnose(session, playbook).flags]
    assert flags == ([] if again else ["DUPLICATE_SIDE_EFFECT"])


def test_an_act_that_answered_that_it_did_nothing_may_be_tried_again(playbook: Playbook) -> None:
    text = {"segment": "UI-2041", "target": "Tallenna"}
    calls = [make_tool(at, "submit_target", text, {"id": f"T-{at}1", "verdict": "FAIL"}) for at in (3, 4)]
    assert doubled(playbook, *calls) == []


@pytest.mark.parametrize(
    ("tool", "one", "other"),
    [
        ("book_train", "Berlin-Hamburg", "Hamburg-Berlin"),
        ("book_room", "2026-03-04", "2026-04-03"),
        ("create_reminder", "10:12", "12:10"),
        ("update_score", "2:1", "1:2"),
        ("reserve_seat", "row 12 12", "row 12"),
        ("send_invitation", "Mr Smith", "Mrs Smith"),
    ],
)
def test_order_and_number_of_words_tell_acts_apart(
    tool: str, one: str, other: str, playbook: Playbook
) -> None:
    calls = [
        make_tool(3 + at, tool, {"what": what, "for": "Ann"}, {"ok": True})
        for at, what in enumerate((one, other))
    ]
    assert doubled(playbook, *calls) == []


@pytest.mark.parametrize("tool", ["tail_logs", "receive_messages", "latest_orders"])
def test_a_feed_gives_out_other_ids_each_time(tool: str, playbook: Playbook) -> None:
    calls = [make_tool(at, tool, {"queue": "q-1", "max": 1}, {"message": f"M-{at}00"}) for at in (3, 4)]
    assert doubled(playbook, *calls) == []
