"""Results and arguments of every kind come out as the tool gave or was given them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from runbook_tui.intake import read_capture
from runbook_tui.trace import SessionTrace
from tests.factories import request, wire_attribute, wire_span, write_lines

ITEMS = [{"sku": "S-1", "qty": 2}, {"sku": "S-2", "qty": 1}]


def _session(tmp_path: Path, *spans: dict[str, Any]) -> SessionTrace:
    (session,) = read_capture(write_lines(tmp_path / "one.jsonl", request(*spans))).sessions
    return session


def _event(name: str, **said: Any) -> dict[str, Any]:
    return {"name": name, "attributes": [wire_attribute(key, value) for key, value in said.items()]}


def test_a_list_of_objects_in_a_tools_message_is_no_list_of_blocks(tmp_path: Path) -> None:
    call = {"id": "c1", "function": {"name": "list_items", "arguments": "{}"}}
    asked = wire_span(1, {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"})
    asked["events"] = [
        _event("gen_ai.choice", message=json.dumps({"role": "assistant", "tool_calls": [call]}))
    ]
    heard = wire_span(2, {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"})
    heard["events"] = [_event("gen_ai.tool.message", id="c1", content=json.dumps(ITEMS))]
    tool = next(span.tool for span in _session(tmp_path, asked, heard).spans if span.tool)
    assert json.loads(tool.result or "") == ITEMS


def test_broken_arguments_are_read_as_they_were_asked_for_under_any_name(tmp_path: Path) -> None:
    broken = json.dumps({"INVALID_JSON": '{"id": "A-10'})
    for name in ("tool_arguments", "gen_ai.tool.call.arguments"):
        said = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "lookup", name: broken}
        tool = _session(tmp_path, wire_span(1, said)).spans[0].tool
        assert tool is not None
        assert tool.arguments == '{"id": "A-10'
