"""How a session is built, told from who speaks when and who does the work."""

from __future__ import annotations

import pytest

from runbook_tui.diagnosis.case import Case
from runbook_tui.diagnosis.shape import choosing_turns, shape_of, writes_code
from runbook_tui.playbook import Playbook
from runbook_tui.trace import Span
from tests.factories import make_llm, make_session, make_turn


def speak(number: int, agent: str, text: str = "I go on with the work at hand, as it was agreed.") -> Span:
    return make_llm(number, text, agent=agent)


HUB_AND_WORKERS = [("hub" if number % 2 else f"w{number}") for number in range(1, 10)]


@pytest.mark.parametrize(
    ("spans", "shape"),
    [
        ([speak(1, "a"), speak(2, "a")], "single"),
        ([speak(n, name) for n, name in enumerate("abcacb", 1)], "group"),
        ([speak(n, name) for n, name in enumerate(HUB_AND_WORKERS, 1)], "orchestrated"),
        (
            [span for n in range(3) for span in (make_turn(2 * n + 1, "hello"), speak(2 * n + 2, "a"))],
            "dialogue",
        ),
    ],
)
def test_the_shape_comes_from_structure(playbook: Playbook, spans: list[Span], shape: str) -> None:
    found, hub = shape_of(Case(make_session(*spans), playbook))
    assert found == shape
    assert (hub is not None) == (shape == "orchestrated")


def test_an_agent_that_does_the_work_coordinates_nobody(playbook: Playbook) -> None:
    spans = [
        speak(number, name, "```python\nprint(1)\n```" if name == "hub" else "It printed what it should.")
        for number, name in enumerate(HUB_AND_WORKERS, 1)
    ]
    assert shape_of(Case(make_session(*spans), playbook)) == ("group", None)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Here it is:\n```python\nprint(1)\n```", True),
        ("import json\nprint(json)", True),
        ("def total(rows):\n    return sum(rows)", True),
        ("The terminal runs what stands in ```python code blocks``` and nothing else.", False),
        ("Goods we import today cost more.", False),
    ],
)
def test_code_is_what_stands_on_lines_of_its_own(playbook: Playbook, text: str, code: bool) -> None:
    (step,) = Case(make_session(make_llm(1, text)), playbook).session.steps
    assert writes_code(step) is code


def test_remarks_and_the_coordinator_choose_nothing(playbook: Playbook) -> None:
    spans = [
        speak(number, name, "Done." if number == 4 else "I looked it up and this is the page that came.")
        for number, name in enumerate(HUB_AND_WORKERS, 1)
    ]
    case = Case(make_session(*spans), playbook)
    assert choosing_turns(case, "hub") == {5, 7}
    assert choosing_turns(case, None) == frozenset()


def test_too_few_turns_of_others_make_a_group(playbook: Playbook) -> None:
    spans = [speak(number, name) for number, name in enumerate(HUB_AND_WORKERS[:5], 1)]
    assert shape_of(Case(make_session(*spans), playbook)) == ("group", None)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"code": "import math\nprint(math.pi)"}, True),
        ({"code": "import math"}, True),
        ({"note": "first line\nsecond line"}, False),
        ({"note": "the import of goods"}, False),
    ],
)
def test_code_in_the_arguments_of_a_call_is_code(
    playbook: Playbook, arguments: dict[str, str], code: bool
) -> None:
    (step,) = Case(make_session(make_llm(1, "", calls=[("c", "run", arguments)])), playbook).session.steps
    assert writes_code(step) is code


def test_code_between_tags_is_code(playbook: Playbook) -> None:
    (step,) = Case(
        make_session(make_llm(1, "Thought: I look.\n<code>\nlook(1)\n</code>")), playbook
    ).session.steps
    assert writes_code(step)
