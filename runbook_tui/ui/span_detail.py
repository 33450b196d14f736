"""The text of a span's detail, as rows: pure functions from a span to what its tabs show."""

from __future__ import annotations

import hashlib
from typing import Any, Final, Literal, get_args

import msgspec

from runbook_tui.evidence import FlagRow
from runbook_tui.trace import Message, Span, rfc3339
from runbook_tui.trace.blobs import without_blobs
from runbook_tui.trace.jsontext import decode
from runbook_tui.ui.jsonlines import held
from runbook_tui.ui.rows import Row, heading
from runbook_tui.ui.words import duration

__all__ = ["TABS", "Tab", "detail_rows", "laid_out", "payload_text", "text_rows"]

Tab = Literal["output", "input", "context", "attributes", "raw", "read next", "to do"]
TABS: Final[tuple[Tab, ...]] = get_args(Tab)

_LINES: Final = 200
_CHARACTERS: Final = 20_000
_JSON_CHARACTERS: Final = 100_000
"""Of JSON more is shown: what is long in it is folded."""
_HASHED: Final = 12
"""Digits of a long text's hash: enough to tell two of them apart."""


def detail_rows(span: Span, tab: Tab, flags: list[FlagRow], note: str | None) -> list[Row]:
    """The rows of a tab of one span."""
    rows = [Row(f"{flag.flag}  {flag.detail} ({flag.source})", sign="flag", tone="flag") for flag in flags]
    if note:
        rows.append(Row(f"note: {note}", sign="mark", tone="strong"))
    if tab == "output":
        return rows + _output(span)
    if tab == "input":
        return rows + _input(span)
    if tab == "raw":
        return rows + text_rows(payload_text(span))
    return rows + _attributes(span)


def _output(span: Span) -> list[Row]:
    rows: list[Row] = []
    if span.status_message:
        rows += [Row("status", tone="heading"), Row(span.status_message, tone="danger")]
    if span.tool is not None:
        rows += [Row(f"result of {span.tool.name}", tone="dim"), *text_rows(span.tool.result)]
    for message in span.output_messages:
        rows += _message(message)
    if not rows:
        rows.append(Row("No output was recorded for this span.", tone="dim"))
    return rows


def _input(span: Span) -> list[Row]:
    rows: list[Row] = []
    if span.tool is not None:
        rows += [Row(f"arguments of {span.tool.name}", tone="dim"), *text_rows(span.tool.arguments)]
    for message in span.input_messages:
        rows += _message(message)
    if not rows:
        rows.append(Row("No input was recorded for this span.", tone="dim"))
    return rows


def _attributes(span: Span) -> list[Row]:
    facts = {
        "span": span.span_id,
        "trace": span.trace_id,
        "parent": span.parent_id,
        "kind": span.kind,
        "agent": span.agent,
        "model": span.model,
        "started": rfc3339(span.start_ns),
        "took": duration(span.duration_ms) or None,
        "tokens": f"{span.input_tokens} in, {span.output_tokens} out"
        if span.input_tokens is not None
        else None,
        "status": span.status,
    }
    rows = [Row(f"{name:9}{value}") for name, value in facts.items() if value]
    rows.append(heading("attributes"))
    rows += [Row(f"{key} = {_short(value)}") for key, value in sorted(span.attributes.items())]
    for event in span.events:
        rows.append(heading(f"event {event.name}"))
        rows += [Row(f"{key} = {_short(value)}") for key, value in sorted(event.attributes.items())]
    return rows


def _message(message: Message) -> list[Row]:
    rows = [heading(message.role)]
    for part in message.parts:
        if part.type == "tool_call":
            rows.append(Row(f"calls {part.name or 'a tool'}", tone="accent"))
        elif part.type == "tool_result":
            rows.append(Row(f"result {part.name or ''}".rstrip(), tone="accent"))
        rows += text_rows(part.text)
    return rows


def text_rows(text: str | None) -> list[Row]:
    """A text as rows, JSON laid out; a long one by its first lines, its length and its hash."""
    if text is None:
        return [Row("not recorded", tone="dim")]
    if not text.strip():
        return [Row("empty", tone="dim")]
    told = without_blobs(text)
    if len(told) <= _JSON_CHARACTERS and (laid := laid_out(told)) is not told:
        lines = laid.split("\n")
        return [
            Row(line, indent=1, json=True, holds=below)
            for line, below in zip(lines, held(lines), strict=True)
        ]
    lines = told[:_CHARACTERS].split("\n")
    rows = [Row(line, indent=1) for line in lines[:_LINES]]
    if len(told) > _CHARACTERS or len(lines) > _LINES:
        digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:_HASHED]
        rows.append(Row(f"{len(text):,} characters in all, sha256 {digest}; v shows them", tone="dim"))
    return rows


def laid_out(text: str) -> str:
    """JSON laid out over lines; any other text as it is."""
    value = decode(text)
    if not isinstance(value, dict | list):
        return text
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    flat = " ".join(text.split())
    return flat if len(flat) <= 600 else f"{flat[:600]} … ({len(text):,} characters)"


def payload_text(span: Span) -> str:
    """The whole span as laid-out JSON."""
    return msgspec.json.format(msgspec.json.encode(span), indent=2).decode()
