"""Each assertion of the vocabulary on runs that hold it and runs that break it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from runbook_tui.evals import Assertion
from runbook_tui.evals.trial import Trial
from runbook_tui.playbook import Playbooks
from runbook_tui.trace import SessionTrace, Signals
from tests.factories import make_llm, make_session, make_tool

ADAPTER: TypeAdapter[Any] = TypeAdapter(Assertion)

RUN = make_session(
    make_llm(1, "Reading.", task="Refund order ORD-1001.", calls=[("c1", "get_order", {"id": "ORD-1001"})]),
    make_tool(2, "get_order", {"id": "ORD-1001"}, {"id": "ORD-1001", "total": 40}, call_id="c1"),
    make_tool(3, "refund", {"id": "ORD-1001", "amount": 40.0, "lines": [{"sku": "A"}]}, {"ok": True}),
    make_llm(4, "Refunded ORD-1001.", input_tokens=90, output_tokens=10, signals=Signals(grounded=0.5)),
)


def verdict(playbooks: Playbooks, session: SessionTrace, **data: Any) -> tuple[bool, int | None]:
    found = ADAPTER.validate_json(ADAPTER.dump_json(ADAPTER.validate_python(_tuples(data))))
    result = found.check(Trial(session, playbooks.default))
    assert found.label
    return result.passed, result.step


def _tuples(data: dict[str, Any]) -> dict[str, Any]:
    lists = ("tools", "fields", "optional", "absent", "texts", "flags")
    return {key: tuple(value) if key in lists else value for key, value in data.items()}


@pytest.mark.parametrize(
    ("data", "passed", "step"),
    [
        ({"type": "forbidden_tool", "tools": ["refund"]}, False, 3),
        ({"type": "forbidden_tool", "tools": ["delete"]}, True, None),
        ({"type": "forbidden_tool", "tools": ["refund"], "after": "EMPTY_RESULT"}, True, None),
        ({"type": "required_tool", "tools": ["get_order", "refund"]}, True, None),
        ({"type": "required_tool", "tools": ["ask_human"]}, False, None),
        ({"type": "tool_args", "tool": "refund", "path": "amount", "equals": 40}, True, None),
        ({"type": "tool_args", "tool": "refund", "path": "amount", "equals": True}, False, 3),
        ({"type": "tool_args", "tool": "refund", "path": "lines[0].sku", "matches": "[A-C]"}, True, None),
        ({"type": "tool_args", "tool": "refund", "path": "lines", "equals": [{"sku": "A"}]}, True, None),
        ({"type": "tool_args", "tool": "refund", "path": "reason", "equals": None}, False, 3),
        ({"type": "tool_args", "tool": "get_order", "not_equals": {"id": "ORD-1001"}}, False, 2),
        ({"type": "tool_output_fields", "tool": "get_order", "fields": ["id", "total"]}, True, None),
        ({"type": "tool_output_fields", "tool": "get_order", "fields": ["id"]}, False, 2),
        ({"type": "tool_output_fields", "tool": "get_order", "fields": ["id"], "allow_extra": True}, True, None),
        ({"type": "tool_output_fields", "tool": "get_order", "fields": ["id"], "optional": ["total"]}, True, None),
        (
            {"type": "tool_output_fields", "tool": "get_order", "fields": [], "allow_extra": True,
             "absent": ["total"]},
            False,
            2,
        ),
        ({"type": "max_repeat", "tool": "get_order", "times": 1}, True, None),
        ({"type": "max_steps", "limit": 3}, False, 4),
        ({"type": "max_steps", "limit": 4}, True, None),
        ({"type": "max_tokens", "limit": 99}, False, None),
        ({"type": "max_tokens", "limit": 100}, True, None),
        ({"type": "final_not_contains", "texts": ["refunded ord"]}, False, 4),
        ({"type": "entities_in_context"}, True, None),
        ({"type": "no_flag", "flags": ["ENTITY_HALLUCINATION", "LOOP_DETECTED"]}, True, None),
        ({"type": "signal", "name": "grounded", "expected": ">= 0.80"}, False, None),
        ({"type": "signal", "name": "grounded", "expected": "< 0.80"}, True, None),
        ({"type": "signal", "name": "fallback", "expected": False}, False, None),
    ],
)  # fmt: skip
def test_verdict(playbooks: Playbooks, data: dict[str, Any], passed: bool, step: int | None) -> None:
    assert verdict(playbooks, RUN, **data) == (passed, step)


def test_repeats_are_counted_as_the_loop_detector_counts_them(playbooks: Playbooks) -> None:
    calls = [make_tool(n, "search", {"q": "customs code of the shipment"}, {"hits": []}) for n in range(1, 5)]
    session = make_session(*calls)
    assert verdict(playbooks, session, type="max_repeat", tool="search", times=4) == (True, None)
    assert verdict(playbooks, session, type="max_repeat", tool="search", times=3) == (False, 4)


def test_an_invented_id_is_not_in_context(playbooks: Playbooks) -> None:
    session = make_session(
        make_llm(1, task="Refund order ORD-1001."), make_tool(2, "refund", {"id": "ORD-7777"}, {"ok": True})
    )
    assert verdict(playbooks, session, type="entities_in_context") == (False, 2)


@pytest.mark.parametrize(
    "data",
    [
        {"type": "unheard_of"},
        {"type": "forbidden_tool", "tools": ()},
        {"type": "tool_args", "tool": "refund"},
        {"type": "tool_args", "tool": "refund", "equals": 1, "not_equals": 2},
        {"type": "tool_args", "tool": "refund", "matches": "("},
        {"type": "signal", "name": "grounded", "expected": True},
        {"type": "no_flag", "flags": ("HUNGRY",)},
        {"type": "max_steps", "limit": 0},
        {"type": "max_steps", "limit": 1, "extra": 1},
    ],
)
def test_what_is_no_assertion(data: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ADAPTER.validate_python(data)
