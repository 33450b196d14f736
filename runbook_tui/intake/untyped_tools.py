"""Tools that were recorded without saying so: a plain span, named as a tool that the model asked for.

Older Langfuse traces and functions traced by hand have no kind for tools. A name alone is no evidence where the
same tool also has spans of its own; then the plain one is a wrapper.
"""

from __future__ import annotations

from typing import Any, Final

from runbook_tui.intake.exchange import call_arguments, opened
from runbook_tui.intake.members import Members
from runbook_tui.intake.tool_results import ToolMessage, result_text, tool_message
from runbook_tui.trace import Span, ToolCall

__all__ = ["recognise_untyped_tools"]

_RECORDED: Final = (
    ("langfuse.observation.input", "langfuse.observation.output"),
    ("gen_ai.prompt", "gen_ai.completion"),
    ("mlflow.spanInputs", "mlflow.spanOutputs"),
    ("traceloop.entity.input", "traceloop.entity.output"),
    ("input.value", "output.value"),
)
"""Where the conventions keep what went into a span and what came out."""


def recognise_untyped_tools(members: Members, asked: set[str | None]) -> None:
    """Make tools of the spans that the model asked for by their name."""
    wanted = {name for name in asked if name} - {span.tool for span in members}
    if not wanted:
        return
    named = [span.name if span.kind == "other" and span.name in wanted else None for span in members]
    for index, above in enumerate(members.above):
        if named[index] is not None and (above < 0 or named[above] != named[index]):
            members.change(index, **_as_tool(members[index]))


def _as_tool(span: Span) -> dict[str, Any]:
    """What makes a tool of a span; nothing where it carries neither arguments nor a result."""
    for given, got in _RECORDED:
        if given in span.attributes or got in span.attributes:
            result = opened(span.attributes.get(got))
            answer = tool_message(result) or ToolMessage(result_text(result), None)
            arguments = call_arguments(span.attributes.get(given))
            tool = ToolCall(span.name, answer.call_id, arguments, answer.content, status=answer.status)
            return {"kind": "tool", "tool": tool}
    return {}
