"""The OpenAI Agents SDK's own export: `trace` and `trace.span` objects, one a line, or a posted `data` list.

The trace object carries the session (`group_id`). What a function returned is the repr of a Python value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from runbook_tui.intake.exchange import answer_facts
from runbook_tui.intake.forms.building import (
    Record,
    given,
    listing,
    mapping,
    native_id,
    native_span,
    objects,
    text,
)
from runbook_tui.intake.raw import RawSpan

__all__ = ["read", "recognises"]


def recognises(record: Record) -> bool:
    """Whether it is a trace or a span of the SDK's, or a posted list of them."""
    if _is_ours(record):
        return True
    return any(_is_ours(item) for item in list(objects(record, "data"))[:1])


def _is_ours(item: Record) -> bool:
    return item.get("object") in ("trace", "trace.span") and isinstance(item.get("id"), str)


def read(records: list[Record]) -> Iterator[RawSpan]:
    """The spans of a file."""
    items = [
        item for record in records for item in ([record] if _is_ours(record) else objects(record, "data"))
    ]
    traces = {str(item.get("id")): item for item in items if item.get("object") == "trace"}
    for item in items:
        if item.get("object") == "trace.span" and native_id(item.get("id")):
            yield _span(item, traces.get(str(item.get("trace_id")), {}))


def _span(item: Record, trace: Record) -> RawSpan:
    data = mapping(item, "span_data")
    kind = str(data.get("type"))
    error = item.get("error")
    message = text(error, "message") if isinstance(error, dict) else None
    attributes = {
        **given(
            session__id=text(trace, "group_id"),
            openai_agents__span_type=kind,
            openai_agents__error=error,
            openai_agents__data=data.get("data"),
            gen_ai__workflow__name=text(trace, "workflow_name") if item.get("parent_id") is None else None,
        ),
        **_TYPES.get(kind, _other)(data),
    }
    name = _NAMES[kind](data) if kind in _NAMES else text(data, "name") or kind
    return native_span(
        native_id(item.get("trace_id")),
        native_id(item.get("id")),
        native_id(item.get("parent_id")),
        name,
        attributes,
        start=item.get("started_at"),
        end=item.get("ended_at"),
        error=message or ("failed" if error else None),
        scope="openai.agents",
    )


def _agent(data: Record) -> Record:
    return given(gen_ai__operation__name="invoke_agent", gen_ai__agent__name=text(data, "name"))


def _model_call(data: Record) -> Record:
    usage = mapping(data, "usage")
    response = mapping(data, "response")
    usage = usage or mapping(response, "usage")
    tokens = (
        usage.get("input_tokens", usage.get("prompt_tokens")),
        usage.get("output_tokens", usage.get("completion_tokens")),
    )
    output = data.get("output") or response.get("output")
    finish = None
    if completion := _completion(output):
        tokens, _, _, finish = answer_facts(completion)
        output = [choice.get("message") for choice in objects(completion, "choices")]
    return given(
        gen_ai__operation__name="chat",
        gen_ai__request__model=text(data, "model"),
        gen_ai__response__model=text(response, "model"),
        gen_ai__response__id=text(data, "response_id") or text(response, "id"),
        gen_ai__usage__input_tokens=tokens[0],
        gen_ai__usage__output_tokens=tokens[1],
        gen_ai__system_instructions=text(response, "instructions"),
        gen_ai__input__messages=data.get("input"),
        gen_ai__response__finish_reason=finish,
        gen_ai__output__messages=output,
        gen_ai__tool__definitions=listing(response, "tools"),
    )


def _completion(output: Any) -> Record | None:
    """A chat completion, which the JavaScript library records whole."""
    only = output[0] if isinstance(output, list) and len(output) == 1 else None
    return only if isinstance(only, dict) and only.get("object") == "chat.completion" else None


def _function(data: Record) -> Record:
    return given(
        gen_ai__operation__name="execute_tool",
        gen_ai__tool__name=text(data, "name"),
        gen_ai__tool__call__arguments=text(data, "input"),
        gen_ai__tool__call__result=text(data, "output"),
        mcp__data=data.get("mcp_data"),
    )


def _handoff(data: Record) -> Record:
    return given(
        gen_ai__operation__name="execute_tool",
        gen_ai__tool__name=_handoff_name(data),
        openai_agents__handoff=True,
        gen_ai__tool__call__arguments=text(data, "from_agent"),
        gen_ai__tool__call__result=text(data, "to_agent"),
    )


def _handoff_name(data: Record) -> str:
    return f"handoff to {text(data, 'to_agent') or 'an agent'}"


def _guardrail(data: Record) -> Record:
    return given(openinference__span__kind="GUARDRAIL", guardrail__triggered=bool(data.get("triggered")))


def _other(data: Record) -> Record:
    return given(openai_agents__name=text(data, "name"))


_TYPES: Final[dict[str, Callable[[Record], Record]]] = {
    "agent": _agent,
    "generation": _model_call,
    "response": _model_call,
    "function": _function,
    "handoff": _handoff,
    "guardrail": _guardrail,
}
_NAMES: Final[dict[str, Callable[[Record], Any]]] = {"handoff": _handoff_name}
