"""The same spans are the same session, whatever order and whatever files or requests they come in."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from runbook_tui.evidence import Inbox, Received, Store, captures_of, read_session, related_sessions
from runbook_tui.incident import add_capture, open_incident
from runbook_tui.incident.folding import Folding
from runbook_tui.playbook import Playbooks
from runbook_tui.trace import was_recorded
from tests.factories import request, span_id, wire_span

WireSpan = dict[str, Any]
SESSION = "one-run"
TRIES = 25


def said(role: str, *parts: dict[str, Any]) -> str:
    return json.dumps([{"role": role, "parts": list(parts)}])


def call(call_id: str, name: str, **arguments: str) -> dict[str, Any]:
    return {"type": "tool_call", "id": call_id, "name": name, "arguments": arguments}


def answer(call_id: str, result: str) -> dict[str, Any]:
    return {"type": "tool_call_response", "id": call_id, "result": result}


def span(number: int, parent: int, operation: str, start: int, end: int, **attributes: str) -> WireSpan:
    named = {key.replace("__", "."): value for key, value in attributes.items()}
    if operation:
        named["gen_ai.operation.name"] = operation
    times = {"startTimeUnixNano": str(10**18 + start * 10**6), "endTimeUnixNano": str(10**18 + end * 10**6)}
    above = {"parentSpanId": span_id(parent)} if parent else {}
    return wire_span(number, named, **times, **above)


def named(spans: Sequence[WireSpan]) -> list[WireSpan]:
    """The spans, each with the id of the session."""
    own = {"key": "session.id", "value": {"stringValue": SESSION}}
    return [{**item, "attributes": [*item["attributes"], own]} for item in spans]


ASKED = "gen_ai__output__messages"
SENT = "gen_ai__input__messages"
TOOL = "gen_ai__tool__name"
CALL = "gen_ai__tool__call__id"
SIMPLE = named(
    [
        span(1, 0, "invoke_agent", 0, 90, gen_ai__agent__name="shop"),
        span(2, 1, "chat", 1, 10, **{ASKED: said("assistant", call("c1", "send_email", to="u@x.org"))}),
        span(3, 1, "execute_tool", 11, 20, **{TOOL: "send_email", CALL: "c1"}),
    ]
)
RICH = [
    # only the root names the session; two agents, one of which is told by the span around it
    span(1, 0, "invoke_agent", 0, 900, gen_ai__agent__name="boss", session__id=SESSION),
    span(2, 1, "", 1, 400),
    span(
        3, 2, "chat", 2, 90, **{ASKED: said("assistant", call("a", "find", q="x"), call("b", "pay", to="7"))}
    ),
    # two calls in one millisecond; arguments of one and the result of both are in messages alone
    span(4, 2, "execute_tool", 100, 110, **{TOOL: "find", CALL: "a"}),
    span(5, 2, "execute_tool", 100, 110, **{TOOL: "pay"}),
    span(
        6,
        2,
        "chat",
        120,
        200,
        **{
            SENT: said("tool", answer("a", "found"), answer("b", "paid")),
            ASKED: said("assistant", call("c", "look")),
        },
    ),
    # a plain span that only its being asked for makes a tool, and a retrieval that the model called
    span(7, 2, "", 210, 220, traceloop__entity__input="{}", traceloop__entity__output='{"ok": 1}'),
    span(8, 1, "invoke_agent", 410, 700, gen_ai__agent__name="helper"),
    # one model call recorded by two libraries
    span(9, 8, "chat", 411, 500, gen_ai__request__model="m", gen_ai__response__id="r1"),
    span(
        10,
        9,
        "chat",
        412,
        499,
        gen_ai__response__id="r1",
        **{ASKED: said("assistant", call("d", "drop", id="9"))},
    ),
    span(11, 8, "", 510, 600),
    span(12, 11, "execute_tool", 520, 590, **{TOOL: "drop", CALL: "d", "gen_ai__tool__call__result": "gone"}),
    # killed while this one ran: no span, no answer
    span(13, 14, "chat", 710, 720, **{ASKED: said("assistant", call("e", "wipe", disk="1"))}),
]
RICH[6]["name"] = "look"


def stored(store: Store) -> list[object]:
    """All that is stored of the sessions but when it came."""
    rows = store.connection.execute(
        "select session.id, steps, llm_calls, tool_calls, span.* from span join session using (sid) order by id, position"
    )
    bodies = store.connection.execute("select body from payload order by id")
    return [tuple(row)[:4] + tuple(row)[5:] for row in rows] + [row["body"] for row in bodies]


def exported(folder: Path, part: Sequence[WireSpan], number: int = 0) -> Path:
    path = folder / f"{number}-{len(part)}.json"
    path.write_text(json.dumps(request(*part)), encoding="utf-8")
    return path


def imported(folder: Path, parts: Sequence[Sequence[WireSpan]], playbooks: Playbooks) -> list[object]:
    with Store(folder / f"{random.random()}.db") as store:
        for number, part in enumerate(parts):
            add_capture(store, exported(folder, part, number), playbooks.default)
        return stored(store)


def received(folder: Path, parts: Sequence[Sequence[WireSpan]], playbooks: Playbooks) -> list[object]:
    """Each part is written before the next one comes."""
    db = folder / f"{random.random()}.db"
    inbox = Inbox(db)
    with Store(db) as store:
        folding = Folding(store, inbox, playbooks.default)
        for part in parts:
            body = json.dumps(request(*part)).encode()
            inbox.add([Received("traces", "json", "2026-11-20T02:20:00.000Z", len(part), body)])
            folding.drain(diagnose=False)
        found = stored(store)
        # in this test no span comes twice; what only messages tell of did not come
        assert folding.spans == sum(len(part) for part in parts)
        assert folding.sessions == {row["id"] for row in store.connection.execute("select id from session")}
    inbox.close()
    return found


def split(spans: Sequence[WireSpan], chance: random.Random) -> list[list[WireSpan]]:
    """The spans in another order, in some parts."""
    left = list(spans)
    chance.shuffle(left)
    parts = []
    while left:
        size = chance.choice([1, 1, 2, 3, len(left)])
        parts.append(left[:size])
        left = left[size:]
    return parts


WAYS = pytest.mark.parametrize("way", [imported, received])


@WAYS
def test_a_call_that_was_asked_for_is_one_span_in_any_order(
    tmp_path: Path, playbooks: Playbooks, way: Any
) -> None:
    whole = imported(tmp_path, [SIMPLE], playbooks)
    assert len(whole) == 2 * 3
    for order in permutations(SIMPLE):
        assert way(tmp_path, [[item] for item in order], playbooks) == whole
        assert way(tmp_path, [order[:2], order[2:]], playbooks) == whole


@WAYS
@pytest.mark.parametrize("spans", [named(RICH), RICH], ids=["every span names it", "the root names it"])
def test_any_split_gives_one_session(
    tmp_path: Path, playbooks: Playbooks, way: Any, spans: list[WireSpan]
) -> None:
    whole = imported(tmp_path, [spans], playbooks)
    chance = random.Random(7)
    for _ in range(TRIES):
        parts = split(spans, chance)
        assert way(tmp_path, parts, playbooks) == whole, [
            [item["spanId"][-2:] for item in part] for part in parts
        ]


def test_what_a_span_says_of_itself_does_not_hide_it(tmp_path: Path, playbooks: Playbooks) -> None:
    hidden = span(
        3, 1, "execute_tool", 11, 20, **{TOOL: "send_email", CALL: "c1", "runbook__not_recorded": "x"}
    )
    imported(tmp_path, [[hidden]], playbooks)
    with Store(next(tmp_path.glob("*.db"))) as store:
        (name,) = store.connection.execute("select id from session").fetchone()
        session = read_session(store, name)
        assert session is not None
        assert [(step.kind, was_recorded(step.span)) for step in session.steps] == [("tool", True)]


def test_what_was_said_of_a_call_is_said_of_its_record(tmp_path: Path, playbooks: Playbooks) -> None:
    with Store(tmp_path / "x.db") as store:
        asked, rest = exported(tmp_path, SIMPLE[1:2]), exported(tmp_path, SIMPLE)
        add_capture(store, asked, playbooks.default)
        response = open_incident(store, playbooks, SESSION)
        told = response.session.steps[-1].span.span_id
        response.mark_origin(told, "it sent a mail")
        add_capture(store, rest, playbooks.default)
        again = open_incident(store, playbooks, SESSION)
        row = again.spans.row_of_span(told)
        assert row is not None
        assert (row.span_id, row.tool) == (span_id(3), "send_email")
        assert [action.after_origin for action in again.findings.actions] == [True]


@WAYS
@pytest.mark.parametrize(
    ("opened", "spans"),
    [(["a" * 32], {"a" * 32: 4}), (["a" * 32, SESSION], {"a" * 32: 2, SESSION: 4})],
    ids=["of one", "of both"],
)
def test_sessions_that_become_one_keep_their_incidents(
    tmp_path: Path, playbooks: Playbooks, way: Any, opened: list[str], spans: dict[str, int]
) -> None:
    inner = [span(2, 1, "chat", 1, 10), span(3, 1, "chat", 11, 20)]
    other = {**span(4, 0, "chat", 100, 110, session__id=SESSION), "traceId": "b" * 32}
    root = span(1, 0, "chat", 0, 90, session__id=SESSION)
    with Store(tmp_path / "x.db") as store:
        for number, part in enumerate([inner, [other], [root]]):
            if number == 2:
                for name in opened:
                    open_incident(store, playbooks, name)
            bring(way, store, exported(tmp_path, part, number), playbooks)
        assert dict(map(tuple, store.connection.execute("select id, spans from session"))) == spans


@WAYS
def test_a_run_that_moves_on_leaves_no_kin_behind(tmp_path: Path, playbooks: Playbooks, way: Any) -> None:
    """A child names the session of its caller until its own root comes."""
    mine = span(1, 0, "chat", 0, 90, session__id="mine")
    child = {**span(11, 10, "chat", 100, 110, session__id="mine"), "traceId": "b" * 32}
    child["links"] = [{"traceId": "c" * 32, "spanId": span_id(21)}]
    root = {**span(10, 0, "chat", 99, 120, session__id="other"), "traceId": "b" * 32}
    far = {**span(21, 0, "chat", 0, 5, session__id="far"), "traceId": "c" * 32}
    with Store(tmp_path / "x.db") as store:
        for number, part in enumerate([[far], [mine, child], [root]]):
            bring(way, store, exported(tmp_path, part, number), playbooks)
        assert related_sessions(store, "mine") == ["mine"]
        assert related_sessions(store, "other") == ["other"]
        assert set(related_sessions(store, "far")) == {"far", "other"}


@WAYS
@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_captures_are_those_of_each_session_that_holds_a_span_of_them(
    tmp_path: Path, playbooks: Playbooks, way: Any, order: Sequence[int]
) -> None:
    mine = span(1, 0, "chat", 0, 90, session__id="mine")
    child = {**span(11, 10, "chat", 100, 110, session__id="mine"), "traceId": "b" * 32}
    root = {**span(10, 0, "chat", 99, 120, session__id="other"), "traceId": "b" * 32}
    far = {**span(21, 0, "chat", 0, 5, session__id="far"), "traceId": "c" * 32}
    files = [exported(tmp_path, part, at) for at, part in enumerate([[mine, child], [root], [far]])]
    sums = [
        hashlib.sha256(path.read_bytes().strip() + b"\n" * (way is received)).hexdigest() for path in files
    ]
    with Store(tmp_path / "x.db") as store:
        for at in order:
            bring(way, store, files[at], playbooks)
        assert {
            name: {sums.index(item.sha256) for item in captures_of(store, name)}
            for name in ("mine", "other", "far")
        } == {"mine": {0}, "other": {0, 1}, "far": {2}}


def bring(way: Any, store: Store, path: Path, playbooks: Playbooks) -> None:
    """A file into a store that stays."""
    if way is imported:
        add_capture(store, path, playbooks.default)
        return
    inbox = Inbox(store.path)
    body = path.read_bytes()
    inbox.add([Received("traces", "json", "2026-11-20T02:20:00.000Z", 1, body)])
    Folding(store, inbox, playbooks.default).drain()
    inbox.close()
