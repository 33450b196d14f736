"""Ids of any format, told by the name they are handed on under and by what gave out others of their kind."""

from __future__ import annotations

from typing import Any

import pytest

from runbook_tui.diagnosis import diagnose
from runbook_tui.playbook import Playbook
from tests.factories import make_llm, make_session, make_tool

SAME_KIND = [
    ("4711-AB", "4171-AB"),
    ("BK/88/31", "BK/88/13"),
    ("SKU:88-1", "SKU:88-7"),
    ("SHP.2026.931", "SHP.2026.913"),
    ("cus_9sK2", "cus_4pR7"),
    ("00Q5f000007XyZa", "00Q5f000007XyZz"),
    ("9f86d081884c7d65", "9f86d081884c7d56"),
    ("104257", "104275"),
    ("lead_78", "lead_87"),
    ("77ab210", "77ab201"),
    ("3c9a1d52-07b1-4b0e-8a5e-91f2d9a6a001", "7d1b1f52-aab1-4c0e-9a5e-01f2d9a6b777"),
    ("j.weber@abendpost.example", "jana@morgenblatt.example"),
]


def flagged(
    playbook: Playbook, found: Any, act: str, arguments: Any, task: str = "Refund Ann's order."
) -> bool:
    session = make_session(
        make_llm(1, task=task),
        make_tool(2, "find_orders", {"name": "Ann"}, found),
        make_tool(3, act, arguments, {"ok": True}),
    )
    return [flag.flag for flag in diagnose(session, playbook).flags] == ["ENTITY_HALLUCINATION"]


@pytest.mark.parametrize(("given", "other"), SAME_KIND)
def test_an_id_is_told_from_another_of_its_kind(given: str, other: str, playbook: Playbook) -> None:
    name = "email" if "@" in given else "order_id"
    for found in ({name: given, "state": "open"}, {"orders": [{"id": given, "email": given}]}):
        assert not flagged(playbook, found, "refund_order", {name: given})
        assert flagged(playbook, found, "refund_order", {name: other})


@pytest.mark.parametrize(
    ("found", "act", "arguments"),
    [
        ({"order_id": "4711-AB"}, "create_order", {"order_id": "4712-AB"}),
        ({"order_id": "104257"}, "refund_order", {"amount": 104275}),
        ({"order_id": "104257"}, "refund_order", {"order_id": "17"}),
        ({"order_id": "4711-AB"}, "refund_order", {"order_id": "today"}),
        ({"order_id": "4711-AB"}, "refund_order", {"due": "2026-05-12", "at": "10:30"}),
        (
            {"url": "https://x.example/orders/4711-AC?a=1", "order_id": "4711-AB"},
            "refund_order",
            {"order_id": "4711-AC"},
        ),
        ({"name": "Mia Berg", "email": "ole@acme.example"}, "invite", {"to": "mia.berg@acme.example"}),
        ({"name": "Mia Berg"}, "invite", {"to": "mia@acme.example"}),
    ],
)
def test_what_was_given_out_made_up_on_purpose_or_of_no_known_kind_is_left_alone(
    found: Any, act: str, arguments: Any, playbook: Playbook
) -> None:
    assert not flagged(playbook, found, act, arguments)


@pytest.mark.parametrize(
    ("given", "handed", "slip"),
    [
        ("Iban DE12 5001 0517 0648 4898 90", {"account": "DE12500105170646489890"}, True),
        ("Iban DE12 5001 0517 0648 4898 90", {"account": "DE12500105170648489890"}, False),
        ("Car WX 4812K", {"plate": "WX4821K"}, True),
        ("Car WX 4812K", {"plate": "WX4812K"}, False),
        ("lot,qty\n2511-B07,40", {"lot": "2511-B01"}, True),
        ("Phone +49 (0)89 4521-7730", {"phone": "+498945271730"}, True),
        ("Phone +49 (0)89 4521-7730", {"phone": "+498945217730"}, False),
        (
            "Paid 12500.10 on 2026-01-12 10:30",
            {"amount": "12500.11", "due": "2026-01-13", "at": "10:31"},
            False,
        ),
        ("Release v4.11.2 in report-2026-01.pdf", {"tag": "v4.11.3", "file": "report-2026-02.pdf"}, False),
        ("Order 104257 of 1042 pieces", {"pieces": "1043"}, False),
    ],
)
def test_a_slip_of_the_pen_is_told_whatever_the_name(
    given: str, handed: Any, slip: bool, playbook: Playbook
) -> None:
    assert flagged(playbook, {"state": "open"}, "refund_it", handed, given) is slip


def test_the_kind_may_be_known_from_what_was_asked(playbook: Playbook) -> None:
    task = "Refund order 4711-AB of 2026-05-12."
    assert flagged(playbook, {"state": "open"}, "refund_order", {"order_id": "4171-AB"}, task)
    assert not flagged(playbook, {"state": "open"}, "refund_order", {"order_id": "4711-AB"}, task)


def test_an_id_that_a_tool_repeats_is_not_grounded_by_that(playbook: Playbook) -> None:
    session = make_session(
        make_llm(1, task="Note it on customer C-771."),
        make_tool(2, "write_note", {"customer": "C-7781"}, {"customer": "C-7781", "ok": True}),
        make_llm(3, "Noted on C-7781, as asked for C-771."),
    )
    assert diagnose(session, playbook).signals["grounded"].value == 0.5


@pytest.mark.parametrize(
    ("given", "handed", "slip"),
    [
        ("Horse 1978.43.2", {"accession": "1987.43.2"}, True),
        ("Horse 1978.43.2", {"accession": "1978.43.2"}, False),
        ("Release 2024.11.2", {"version": "2024.11.3"}, False),
        ("Host 10.20.30.40", {"host": "10.20.30.41"}, False),
        ("MV Hauk, IMO 9371402", {"question": "Book a berth for IMO 9374102."}, True),
        ("MV Hauk, IMO 9371402", {"question": "Book a berth for IMO 9371402."}, False),
        ("A balance of 41200", {"text": "Your balance is 43200 now."}, False),
        ("A budget of 1250000", {"text": "A budget of 1350000 is asked for."}, False),
    ],
)
def test_a_slip_is_told_in_prose_and_in_dotted_ids(
    given: str, handed: Any, slip: bool, playbook: Playbook
) -> None:
    assert flagged(playbook, {"state": "open"}, "refund_it", handed, given) is slip


OWNERS = "/core/ @mira-olsen @dgupta7\n/web/ @front-end"


@pytest.mark.parametrize(
    ("handed", "stranger"),
    [
        ({"reviewers": ["mira-olsen", "deepak-gupta"]}, True),
        ({"reviewers": ["mira-olsen", "dgupta7"]}, False),
        ({"reviewers": ["deepak-gupta"]}, False),
        ({"labels": ["mira-olsen", "needs-review"]}, False),
        ({"reviewers": ["mira-olsen", "Deepak Gupta"]}, False),
        ({"track_ids": "mira-olsen1,t_Kw33rn"}, False),
    ],
)
def test_of_a_list_of_people_one_may_be_made_up(handed: Any, stranger: bool, playbook: Playbook) -> None:
    assert flagged(playbook, OWNERS, "request_review", handed) is stranger


def test_of_ids_in_one_text_one_may_be_made_up(playbook: Playbook) -> None:
    found = [{"track_id": "t_Qm71xa"}, {"track_id": "t_Zp09bd"}]
    assert flagged(playbook, found, "add_tracks", {"ids": "t_Qm71xa,t_Kw33rn"})
    assert not flagged(playbook, found, "add_tracks", {"ids": "t_Qm71xa, t_Zp09bd"})


def test_a_code_that_an_answer_hands_out_comes_from_somewhere(playbook: Playbook) -> None:
    def flags(answer: str, result: Any, task: str | None = "Book a table.") -> list[str]:
        session = make_session(
            make_llm(1, task=task),
            make_tool(2, "reserve", {"day": "2026-12-05"}, result),
            make_llm(3, answer),
        )
        return [flag.flag for flag in diagnose(session, playbook).flags]

    said = "Your table is booked, confirmation code TRT-58Q2."
    assert flags(said, {"ok": True}) == ["ENTITY_HALLUCINATION"]
    assert flags(said, {"ok": True, "code": "TRT-58Q2"}) == []
    assert flags("The booking DAY-PLAN is set.", {"ok": True}) == []
    assert flags(said, {"ok": True}, task=None) == []


def test_a_number_is_named_as_others_were(playbook: Playbook) -> None:
    def flags(answer: str) -> list[str]:
        found = [{"pmid": 33301246, "n": 2157, "price": "EUR 10250"}]
        session = make_session(
            make_llm(1, task="Does it help?"),
            make_tool(2, "pubmed", {"query": "falls"}, found),
            make_llm(3, answer),
        )
        return [flag.flag for flag in diagnose(session, playbook).flags]

    assert flags("It does not [PMID 33301246].") == []
    assert flags("It does [PMID 35672017].") == ["ENTITY_HALLUCINATION"]
    assert flags("It costs EUR 20500 for two, and ISBN 35672017 says so.") == []


def test_an_id_that_was_given_to_what_was_made_is_known_from_then_on(playbook: Playbook) -> None:
    def flags(told: str) -> list[str]:
        session = make_session(
            make_llm(1, task="Invoice Ann. The last one was INV-2026-0142."),
            make_tool(2, "create_invoice", {"invoice_no": "INV-2026-0143", "to": "Ann"}, {"ok": True}),
            make_tool(3, "post_message", {"text": f"Dear Ann, invoice {told} is on its way."}, {"ok": True}),
        )
        return [flag.flag for flag in diagnose(session, playbook).flags]

    assert flags("INV-2026-0143") == []
    assert flags("INV-2026-0148") == ["ENTITY_HALLUCINATION"]


@pytest.mark.parametrize(
    ("found", "to", "made_up"),
    [
        ({"name": "Marsh", "email": "m@x.example", "mobile": None}, "+44 7700 913 552", True),
        ({"mobile": "07700 913552"}, "+447700913552", False),
        ({"mobile": "+44 (0)7700 913-552"}, "07700 913 552", False),
        ({"mobile": "07700 913553"}, "+447700913552", True),
    ],
)
def test_a_phone_number_to_write_to_comes_from_somewhere(
    found: Any, to: str, made_up: bool, playbook: Playbook
) -> None:
    assert flagged(playbook, found, "send_sms", {"to": to, "body": "Hello."}) is made_up


def test_a_time_to_end_at_is_no_id(playbook: Playbook) -> None:
    found = {"window": {"from": "2026-03-11T05:00Z", "to": "2026-03-11T16:00Z"}}
    assert not flagged(playbook, found, "permit", {"from": "2026-03-11T06:00Z", "to": "2026-03-11T15:00Z"})


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        ("In that case UTF-8 is the right choice.", {"ok": True}),
        ("The order follows ISO-9001.", {"ok": True}),
        ("Your tracking number is 1Z-999-2023.", {"tracking": "1Z9992023"}),
        ("It is order SO-2024118.", {"prefix": "SO", "no": "2024118"}),
        ("Your order is TJ4410-OLV-XL.", {"style": "TJ4410", "rows": [["OLV", "XL", 2]]}),
    ],
)
def test_a_code_may_be_a_standard_or_written_otherwise(answer: str, result: Any, playbook: Playbook) -> None:
    session = make_session(
        make_llm(1, task="Where is it?"),
        make_tool(2, "book", {"day": "2026-12-05"}, result),
        make_llm(3, answer),
    )
    assert not [flag for flag in diagnose(session, playbook).flags if flag.flag == "ENTITY_HALLUCINATION"]


@pytest.mark.parametrize(
    "handed", [{"packages": "libssl1.1, python3-dev"}, {"attendees": ["mira-olsen", "front-end"]}]
)
def test_lists_of_what_is_named_otherwise_are_no_ids(handed: Any, playbook: Playbook) -> None:
    assert not flagged(
        playbook, OWNERS, "arrange", handed, task="Install libssl1.1, ask mira-olsen and the front end."
    )
