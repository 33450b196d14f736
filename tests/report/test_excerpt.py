"""What is handed on is safe to paste."""

from __future__ import annotations

import json

from runbook_tui.evidence import FlagRow, SpanRow
from runbook_tui.report import outline, span_excerpt, value_excerpt
from tests.factories import make_llm, make_tool

SECRET = "sk-" + "abcdef0123456789abcdef"
FLAG = FlagRow(0, 3, "x", "TOOL_ERROR", "P1", "said *no*", "detected")


def test_markdown_has_place_flags_arguments_and_masks_secrets() -> None:
    span = make_tool(3, "refund", {"key": SECRET}, "done ``` \x1b[31m")
    found = span_excerpt(span, 3, "s-1", [FLAG], "markdown")
    assert "## Step 3: tool refund" in found.text
    assert "- TOOL_ERROR: said \\*no\\* (detected)" in found.text
    assert SECRET not in found.text
    assert found.redacted == 1
    assert "````" in found.text, "a fence in the text does not end the block"
    assert "\x1b" not in found.text


def test_json_is_one_document() -> None:
    found = span_excerpt(make_llm(2, "hello"), 2, "s-1", [], "json")
    told = json.loads(found.text)
    assert (told["session"], told["step"], told["kind"]) == ("s-1", 2, "llm")


def test_a_value_is_masked_too() -> None:
    assert value_excerpt(SECRET).redacted == 1
    assert value_excerpt("84000").text == "84000"


def test_an_outline_keeps_depth_and_flags() -> None:
    row = SpanRow(
        0, -1, 1, 0, "x", "tool", "n", "refund", None, "refund", 3, 0, 5_000_000, "ok", None, None, None, 0
    )
    assert outline([row], {0: ["TOOL_ERROR"]}, "markdown").text == "  - 3 tool refund (5 ms) **TOOL_ERROR**\n"
    assert json.loads(outline([row], {}, "json").text)[0]["label"] == "refund"
