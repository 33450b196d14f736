"""MLflow: `mlflow.spanType`, `mlflow.spanInputs`, `mlflow.spanOutputs`, `mlflow.chat.*`, `mlflow.llm.*`."""

from __future__ import annotations

from typing import Any, Final

from runbook_tui.intake.draft import Draft, as_float
from runbook_tui.intake.exchange import (
    answer_facts,
    answered,
    asked,
    call_arguments,
    offered_tools,
    only_reason,
    usage_in,
)
from runbook_tui.intake.raw import RawSpan
from runbook_tui.intake.tool_results import result_text, tool_message
from runbook_tui.trace.jsontext import as_text, decode
from runbook_tui.trace.words import Kind

__all__ = ["read"]

_KINDS: Final[dict[str, Kind]] = {
    "AGENT": "agent",
    "TOOL": "tool",
    "CHAT_MODEL": "llm",
    "LLM": "llm",
    "RETRIEVER": "retrieval",
    "RERANKER": "retrieval",
    "EMBEDDING": "retrieval",
    "MEMORY": "memory",
    "GUARDRAIL": "guardrail",
}
_ORIGINAL: Final = (
    "gen_ai.operation.name",
    "openinference.span.kind",
    "traceloop.span.kind",
    "ai.operationId",
    "langfuse.observation.type",
    "langsmith.span.kind",
)
"""Marks of a span that came over OTLP. What MLflow then adds is its own reading of them, which may lose something."""


def read(raw: RawSpan, draft: Draft) -> bool:
    """Offer what the MLflow attributes say; True when the span names its type and speaks no other convention."""
    kind = _value(raw, "mlflow.spanType")
    if not isinstance(kind, str) or any(name in raw.attributes for name in _ORIGINAL):
        return False
    given, got = _value(raw, "mlflow.spanInputs"), _value(raw, "mlflow.spanOutputs")
    draft.offer(
        kind=_KINDS.get(kind.upper(), "other"),
        agent=raw.name if kind.upper() == "AGENT" else None,
        session_id=as_text(_value(raw, "mlflow.trace.session")),
    )
    if draft.kind == "agent":
        used = usage_in(_value(raw, "mlflow.chat.tokenUsage"))
        draft.offer(input_tokens=used[0], output_tokens=used[1])
    elif draft.kind == "llm":
        recorded = usage_in(_value(raw, "mlflow.chat.tokenUsage"))
        usage, response_id, model, finish = answer_facts(got)
        cost = _value(raw, "mlflow.llm.cost")
        draft.offer(
            model=as_text(_value(raw, "mlflow.llm.model")) or model or as_text(_value(raw, "model")),
            provider=as_text(_value(raw, "mlflow.llm.provider")),
            response_id=response_id,
            finish_reason=finish,
            input_tokens=recorded[0] if recorded[0] is not None else usage[0],
            output_tokens=recorded[1] if recorded[1] is not None else usage[1],
            cost_usd=as_float(cost.get("total_cost")) if isinstance(cost, dict) else None,
            input_messages=asked(given),
            output_messages=answered(got),
            tool_definitions=offered_tools({"tools": _value(raw, "mlflow.chat.tools")}),
        )
    elif draft.kind == "other":
        draft.offer(finish_reason=only_reason(raw.attributes.get("mlflow.spanOutputs")))
    elif draft.kind in ("tool", "retrieval", "memory"):
        message = tool_message(got)
        draft.offer(
            tool_name=_tool_name(raw),
            call_id=message.call_id if message else None,
            arguments=call_arguments(given),
            result=message.content if message else result_text(got),
            tool_status=message.status if message else None,
        )
    return True


def _tool_name(raw: RawSpan) -> str:
    """The span's name, without the class that DSPy's tools have in front of their own."""
    name = _value(raw, "name")
    return name if isinstance(name, str) and name and raw.name.endswith(f".{name}") else raw.name


def _value(raw: RawSpan, name: str) -> Any:
    """An attribute, out of the JSON text that MLflow makes of every value."""
    value = raw.attributes.get(name)
    decoded = decode(value) if isinstance(value, str) else value
    return value if decoded is None else decoded
