"""Failures that a tool's result tells in its own fields, and results that only look like it."""

from __future__ import annotations

from typing import Any

import pytest

from runbook_tui.diagnosis.failures import error_text
from tests.factories import make_tool


@pytest.mark.parametrize(
    ("result", "said"),
    [
        ({"error": "no such order"}, "no such order"),
        (
            {"error": {"code": "PERMISSION_DENIED", "message": "flags:write is missing"}, "at": 1},
            "flags:write is missing",
        ),
        (
            {"error": {"code": "PERMISSION_DENIED"}, "request": "r-1", "took_ms": 3, "retry": False},
            "PERMISSION_DENIED",
        ),
        (
            {"success": False, "reason": "the batch was submitted before", "batch": "B-1", "items": []},
            "the batch was submitted before",
        ),
        ({"ok": False, "error": "channel_not_found"}, "channel_not_found"),
        ({"statusCode": 403, "status": "FAILED", "message": "forbidden", "id": "x"}, "forbidden"),
        ({"http_status": "503", "detail": "down", "a": 1, "b": 2}, "down"),
        ({"status": "error", "message": "bad month"}, "bad month"),
        ("Error: no such order", "Error: no such order"),
    ],
)
def test_a_failure_is_told_by(result: Any, said: str) -> None:
    assert error_text(make_tool(1, "get_order", {"id": 1}, result)) == said


@pytest.mark.parametrize(
    "result",
    [
        {"error": None, "state": "open"},
        {"error": "", "state": "open"},
        {"errors": [], "failed": 0, "items": [1]},
        {"error": "timeout", "count": 4, "at": "02:14", "service": "payments"},
        {"success": True, "message": "done"},
        {"ok": False},
        {"status": "REJECTED", "reason": "income too low"},
        {"status": "error", "message": "boom", "level": "E", "service": "payments"},
        {"statusCode": 200, "message": "fine"},
        ["error"],
        "errors are counted by hour",
    ],
)
def test_no_failure_is_told_by(result: Any) -> None:
    assert error_text(make_tool(1, "get_order", {"id": 1}, result)) is None
