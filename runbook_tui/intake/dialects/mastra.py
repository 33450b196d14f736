"""Mastra's own kinds of span: `mastra.span.type`, and `mastra.<type>.input` and `.output` where GenAI has no name for them.

A generation holds one step for each time the model was asked, a step the inference, and that its chunks: one call is
recorded up to three times, and the step knows what was said.
"""

from __future__ import annotations

from typing import Any, Final

from runbook_tui.intake.draft import Draft
from runbook_tui.intake.exchange import answer_facts, asked, opened
from runbook_tui.intake.messages import read_message
from runbook_tui.intake.raw import RawSpan
from runbook_tui.trace import Message
from runbook_tui.trace.jsontext import as_text
from runbook_tui.trace.words import Kind

__all__ = ["read"]

_KINDS: Final[dict[str, Kind]] = {
    "agent_run": "agent",
    "workflow_run": "agent",
    "model_generation": "llm",
    "llm_generation": "llm",
    "model_step": "llm",
    "llm_step": "llm",
    "model_inference": "llm",
    "model_chunk": "other",
    "llm_chunk": "other",
    "tool_call": "tool",
    "mcp_tool_call": "tool",
}
_STEPS: Final = ("model_step", "llm_step", "model_inference")


def read(raw: RawSpan, draft: Draft) -> bool:
    """Offer the span's kind, and what a step of a model says; True when Mastra named the kind."""
    kind = as_text(raw.attributes.get("mastra.span.type"))
    if kind is None:
        return False
    draft.offer(kind=_KINDS.get(kind))
    if kind in _STEPS:
        body = raw.attributes.get("mastra.metadata.body")
        metadata = opened(raw.attributes.get("metadata"))
        if body is None and isinstance(metadata, dict):
            body = metadata.get("body")
        usage, response, model, finish = answer_facts(body)
        draft.offer(
            model=model,
            response_id=response,
            finish_reason=finish,
            input_tokens=usage[0],
            output_tokens=usage[1],
            input_messages=asked(raw.attributes.get(f"mastra.{kind}.input")),
            output_messages=_answer(raw.attributes.get(f"mastra.{kind}.output")),
        )
    return True


def _answer(value: Any) -> tuple[Message, ...]:
    said = opened(value)
    if not isinstance(said, dict):
        return ()
    message = {"role": "assistant", "content": said.get("text"), "tool_calls": said.get("toolCalls")}
    return (read_message(message, "assistant"),)
