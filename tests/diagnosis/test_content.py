"""What a step's words and acts say about how early to read it."""

from __future__ import annotations

from typing import Any

import pytest

from runbook_tui.diagnosis.case import Case
from runbook_tui.diagnosis.content import read_content, shape_of
from runbook_tui.playbook import Playbook
from runbook_tui.trace import Message, Part, Span
from tests.factories import make_llm, make_session, make_span, make_tool


def turn(number: int, text: str) -> Span:
    return make_span(number, kind="user", input_messages=(Message("user", (Part("text", text),)),))


def speak(number: int, agent: str, text: str = "I go on with the work at hand, as it was agreed.") -> Span:
    return make_llm(number, text, agent=agent)


@pytest.mark.parametrize(
    ("spans", "shape"),
    [
        ([speak(1, "a"), speak(2, "a")], "single"),
        ([speak(n, name) for n, name in enumerate("abcacb", 1)], "group"),
        ([speak(n, "hub" if n % 2 else f"w{n}") for n in range(1, 10)], "orchestrated"),
        ([span for n in range(3) for span in (turn(2 * n + 1, "hello"), speak(2 * n + 2, "a"))], "dialogue"),
    ],
)
def test_the_shape_comes_from_structure(playbook: Playbook, spans: list[Span], shape: str) -> None:
    found, hub = shape_of(Case(make_session(*spans), playbook))
    assert found == shape
    assert (hub is not None) == (shape == "orchestrated")


def said(playbook: Playbook, *spans: Span) -> list[tuple[float, list[str]]]:
    return [
        (content.score, [reason.text for reason in content.reasons])
        for content in read_content(Case(make_session(*spans), playbook))
    ]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        (
            {"says": "The total is 4711 for order PO-99."},
            "brings in 2 values seen nowhere before: 4711, po-99",
        ),
        ({"says": "I assume that the vendor is still the same one."}, 'hedges: "assume"'),
        (
            {"says": "Everything is verified and all conditions are met here."},
            'says "verified" with nothing new',
        ),
        ({"says": "", "calls": [("c", "get_order", {})]}, "acts: calls get_order"),
        ({"says": "```python\nprint(1)\n``` that should be all there is to it"}, "acts: writes code"),
        ({"says": "", "calls": [("c", "delete_volume", {})]}, "changes something outside: delete_volume"),
    ],
)
def test_a_reason_names_what_it_saw(playbook: Playbook, fields: dict[str, Any], reason: str) -> None:
    plain = speak(1, "a", "I begin with the plan that was agreed on before.")
    ((_, _), (score, reasons)) = said(playbook, plain, make_llm(2, **fields))
    assert any(text.startswith(reason) for text in reasons)
    ((_, _), (bare, none)) = said(playbook, plain, speak(2, "a"))
    assert none == []
    assert score > bare or fields["says"] == "" or "verified" in reason


def test_what_a_result_already_held_is_not_new(playbook: Playbook) -> None:
    spans = (
        make_tool(1, "get_order", {}, {"total": 4711}),
        make_llm(2, "The total of this order is 4711 euros."),
    )
    assert all("seen nowhere" not in reason for _, reasons in said(playbook, *spans) for reason in reasons)


def test_the_step_before_trouble_is_read_before_the_one_after(playbook: Playbook) -> None:
    spans = (
        speak(1, "a", "I open with the plan that everybody agreed on."),
        make_llm(
            2, "I look for the order of this customer right now.", calls=[("c1", "search_orders", {"q": "x"})]
        ),
        make_tool(3, "search_orders", {"q": "x"}, []),
        speak(4, "a", "There was nothing, so the customer has no orders at all."),
    )
    scores = said(playbook, *spans)
    assert scores[1][0] > scores[3][0]
    assert any("right before an error or an empty result at step 3" in reason for reason in scores[1][1])
