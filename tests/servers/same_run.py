"""What must be the same of a run whichever way it came: its calls in order, their texts, its tokens."""

from __future__ import annotations

import json
from typing import Any

from runbook_tui.evidence import Store, read_session
from runbook_tui.trace import SessionTrace
from tests.intake import samples

__all__ = ["assert_sample", "outline", "stored", "text_replaced"]


def stored(store: Store, session_id: str) -> SessionTrace:
    session = read_session(store, session_id)
    assert session is not None
    return session


def outline(session: SessionTrace) -> list[tuple[Any, ...]]:
    """Kind, tool, arguments, result and tokens of every step, in order."""
    found: list[tuple[Any, ...]] = []
    for step in session.steps:
        span = step.span
        tool = span.tool
        said = (tool.name, _value(tool.arguments), _value(tool.result)) if tool else ()
        tokens = (span.input_tokens, span.output_tokens) if step.kind == "llm" else ()
        found.append((step.kind, *said, *tokens))
    return found


def _value(text: str | None) -> Any:
    try:
        return json.loads(text or "null")
    except ValueError:
        return text


def assert_sample(session: SessionTrace, runs: int = 1) -> None:
    """That it is the sample run, so many times."""
    calls = [("lookup", samples.ARGUMENTS, samples.RESULT)] * runs
    steps = outline(session)
    assert [step[1:4] for step in steps if step[0] == "tool"] == calls
    models = [step for step in steps if step[0] == "llm"]
    assert sum(step[1] for step in models) == samples.TOKENS[0] * runs
    assert sum(step[2] for step in models) == samples.TOKENS[1] * runs


def text_replaced(value: Any, old: str, new: str) -> Any:
    """The same document with a text in it changed: another trace of the same run."""
    return json.loads(json.dumps(value).replace(old, new))
