"""OpenInference: `openinference.span.kind`, `llm.*`, `input.value`, `output.value`, `retrieval.documents.*`."""

from __future__ import annotations

import re
from typing import Any, Final

from runbook_tui.intake.draft import Draft, as_asked, as_float, as_int
from runbook_tui.intake.exchange import answer_facts, answered, only_reason, opened
from runbook_tui.intake.messages import read_message
from runbook_tui.intake.raw import RawSpan
from runbook_tui.intake.tool_results import result_text, tool_message
from runbook_tui.trace import Message
from runbook_tui.trace.jsontext import as_text, decode
from runbook_tui.trace.words import Kind

__all__ = ["read"]

_KINDS: Final[dict[str, Kind]] = {
    "AGENT": "agent",
    "LLM": "llm",
    "TOOL": "tool",
    "RETRIEVER": "retrieval",
    "RERANKER": "retrieval",
    "EMBEDDING": "retrieval",
    "GUARDRAIL": "guardrail",
}
_SESSION_KEYS: Final = ("session_id", "conversation_id", "thread_id")
_MESSAGE: Final = re.compile(r"llm\.(input|output)_messages\.(\d{1,5})\.message\.(.+)")
_CALL: Final = re.compile(r"tool_calls\.(\d{1,5})\.tool_call\.(?:function\.)?(id|name|arguments)")
_CONTENT: Final = re.compile(r"contents\.(\d{1,5})\.message_content\.(type|text)")
_DOCUMENT: Final = re.compile(r"retrieval\.documents\.(\d{1,5})\.document\.(.+)")
_ANSWER_ID: Final = re.compile(r'\{\s*"id"\s*:\s*"([^"\\]{6,200})"')
"""Where clients' answers, recorded whole, have their id: first."""
_GENERATIONS: Final = '{"generations"'
_REFUSED: Final = '"invalid_tool_calls": [{'
_METHOD: Final = ".__call__"
_RUN: Final = ".run"
"""How smolagents names an agent's span, after the agent."""
_DEFINITION: Final = re.compile(r"llm\.tools\.(\d{1,5})\.tool\.json_schema")


def read(raw: RawSpan, draft: Draft) -> bool:
    """Offer what the OpenInference attributes say; True when the span names its kind."""
    kind = as_text(raw.attributes.get("openinference.span.kind"))
    if kind is None:
        return False
    metadata = decode(as_text(raw.attributes.get("metadata")))
    if not isinstance(metadata, dict):  # Phoenix takes it apart
        names = (*_SESSION_KEYS, "lc_agent_name")
        metadata = {name: raw.attributes.get(f"metadata.{name}") for name in names}
    asked, answered = _messages(raw.attributes)
    draft.offer(
        kind=_kind(raw, kind.upper()),
        agent=as_text(raw.first("agent.name", "graph.node.id") or metadata.get("lc_agent_name"))
        or (raw.name.removesuffix(_RUN) if kind == "AGENT" and raw.name.endswith(_RUN) else None),
        session_id=next((as_text(metadata[key]) for key in _SESSION_KEYS if metadata.get(key)), None),
        model=as_text(raw.first("llm.response.model_name", "llm.model_name", "llm.request.model_name")),
        provider=as_text(raw.first("llm.provider", "llm.system")),
        finish_reason=as_text(raw.attributes.get("llm.finish_reason")),
        input_tokens=as_int(raw.attributes.get("llm.token_count.prompt")),
        output_tokens=as_int(raw.attributes.get("llm.token_count.completion")),
        cost_usd=as_float(raw.attributes.get("llm.cost.total")),
        input_messages=asked,
        output_messages=answered,
        tool_definitions=_definitions(raw.attributes),
    )
    if draft.kind == "llm":
        _read_answer(raw, draft)
    elif draft.kind in ("tool", "handoff"):
        _read_tool(raw, draft)
    elif draft.kind == "retrieval":
        documents = _documents(raw.attributes)
        draft.offer(
            tool_name=raw.name,
            arguments=as_text(raw.attributes.get("input.value")),
            result=as_text(documents) if documents else as_text(raw.attributes.get("output.value")),
        )
    return True


def _kind(raw: RawSpan, kind: str) -> Kind:
    """The kind; a tool with `agent` in its name is called an agent by the LangChain instrumentation."""
    if kind == "AGENT" and "tool.name" in raw.attributes:
        return "tool"
    return _KINDS.get(kind, "other")


def _read_answer(raw: RawSpan, draft: Draft) -> None:
    """The id of an answer that is recorded whole, for which the convention has no name, and why it ended."""
    answer = as_text(raw.attributes.get("output.value")) or ""
    match = _ANSWER_ID.match(answer)
    if match is not None:
        draft.offer(response_id=match[1])
    elif answer.startswith(_GENERATIONS):
        _, response_id, _, finish = answer_facts(answer)
        draft.offer(response_id=response_id, finish_reason=finish)
        if (
            _REFUSED in answer
        ):  # calls whose arguments LangChain could not decode are in no attribute of their own
            draft.output_messages = answered(answer)
    if draft.finish_reason is None:
        draft.offer(finish_reason=only_reason(answer))


def _read_tool(raw: RawSpan, draft: Draft) -> None:
    given = as_text(raw.first("tool.parameters.value", "input.value"))
    output = as_text(raw.attributes.get("output.value"))
    value = decode(output)
    inner = value.get("output") if isinstance(value, dict) else None  # servers keep OpenLLMetry's envelope
    message = tool_message(value) or (tool_message(inner) if inner is not None else None)
    draft.offer(
        tool_name=as_text(raw.attributes.get("tool.name")) or raw.name.removesuffix(_METHOD),
        call_id=as_text(raw.first("tool.id", "tool_call.id")) or (message.call_id if message else None),
        arguments=_unwrapped(given, raw.attributes.get("tool.parameters")),
        result=message.content if message else _out_of_envelope(value, output),
        tool_status=message.status if message else None,
    )


def _out_of_envelope(value: Any, output: str | None) -> str | None:
    """What the tool returned, without LlamaIndex's `ToolOutput` or Google's function response around it."""
    if isinstance(value, dict) and ("tool_name" in value or {"response", "name"} <= value.keys()):
        return result_text(value)
    blocks = value if isinstance(value, list) else [value]
    if blocks and all(_is_text_block(item) for item in blocks):
        return result_text(blocks)  # what an MCP server answers with
    return output


def _is_text_block(item: Any) -> bool:
    return isinstance(item, dict) and item.get("type") == "text" and isinstance(item.get("text"), str)


def _unwrapped(text: str | None, parameters: Any) -> str | None:
    """The arguments out of a recorded Python call (`{"args": [], "kwargs": {...}}`), or as they were asked for."""
    value = decode(text)
    if not isinstance(value, dict) or not isinstance(value.get("kwargs"), dict):
        return as_asked(text)
    named = opened(parameters)
    places = list(named) if isinstance(named, dict) else []
    given = value.get("args") or []
    if not isinstance(given, list) or len(given) > len(places):
        return text if given else as_text(value["kwargs"])
    return as_text({**dict(zip(places, given, strict=False)), **value["kwargs"]})


def _messages(attributes: dict[str, Any]) -> tuple[tuple[Message, ...], tuple[Message, ...]]:
    found: dict[str, dict[int, dict[str, Any]]] = {"input": {}, "output": {}}
    for key, value in attributes.items():
        match = _MESSAGE.fullmatch(key)
        if match is None:
            continue
        message = found[match[1]].setdefault(int(match[2]), {})
        if call := _CALL.fullmatch(match[3]):
            message.setdefault("calls", {}).setdefault(int(call[1]), {})[call[2]] = value
        elif content := _CONTENT.fullmatch(match[3]):
            message.setdefault("pieces", {}).setdefault(int(content[1]), {})[content[2]] = value
        else:
            message[match[3]] = value
    return _built(found["input"], "user"), _built(found["output"], "assistant")


def _built(found: dict[int, dict[str, Any]], role: Any) -> tuple[Message, ...]:
    messages = []
    for index in sorted(found):
        item = found[index]
        calls, pieces = item.pop("calls", {}), item.pop("pieces", {})
        item["tool_calls"] = [calls[at] for at in sorted(calls)]
        if pieces and not item.get("content"):
            item["content"] = [pieces[at] for at in sorted(pieces)]
        messages.append(read_message(item, role))
    return tuple(messages)


def _documents(attributes: dict[str, Any]) -> list[dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    for key, value in attributes.items():
        if match := _DOCUMENT.fullmatch(key):
            decoded = decode(value) if match[2] == "metadata" and isinstance(value, str) else value
            found.setdefault(int(match[1]), {})[match[2]] = decoded
    return [found[index] for index in sorted(found)]


def _definitions(attributes: dict[str, Any]) -> tuple[Any, ...]:
    found = {
        int(match[1]): decode(as_text(value))
        for key, value in attributes.items()
        if (match := _DEFINITION.fullmatch(key))
    }
    return tuple(found[index] for index in sorted(found) if isinstance(found[index], dict))
