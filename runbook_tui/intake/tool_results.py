"""What tools gave back, out of what libraries put around it."""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

from runbook_tui.trace.jsontext import as_text, decode

__all__ = [
    "TEXTS",
    "ToolMessage",
    "block_result",
    "is_failed",
    "result_text",
    "text_or_none",
    "tool_message",
    "unwrapped_result",
]

_SHOWN: Final = re.compile(
    r"""content=('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\s.*?\btool_call_id='([^']{1,200})'""", re.DOTALL
)
_FAILED: Final = re.compile(r"\bstatus='error'")
_FAILED_ENVELOPES: Final = ("error-json", "error-text")
_ENVELOPES: Final = ("json", "text", *_FAILED_ENVELOPES)
TEXTS: Final = ("text", "", "input_text", "output_text")
"""The types of content blocks that are text."""


class ToolMessage(NamedTuple):
    """What a tool answered a model."""

    content: str | None
    call_id: str | None
    status: str | None = None
    """`error` where the message says that the call failed."""
    name: str | None = None


def tool_message(value: Any) -> ToolMessage | None:
    """A LangChain tool message in its JSON forms or its `repr`; None when it is not one."""
    if isinstance(value, str):
        match = _SHOWN.match(value)
        content = decode(f"({match[1]},)") if match else None
        if match is None or not isinstance(content, list | tuple):
            return None
        failed = _FAILED.search(value, match.end())
        return ToolMessage(as_text(content[0]), match[2], "error" if failed else None)
    if isinstance(value, dict) and set(value) == {"output"} and isinstance(value["output"], str):
        return tool_message(value["output"])
    if not isinstance(value, dict):
        return None
    body = value.get("data") if value.get("type") == "tool" else None
    body = body or (value.get("kwargs") if "lc" in value else None)
    if not isinstance(body, dict) and "tool_call_id" in value and "content" in value:
        body = value
    if not isinstance(body, dict) or "tool_call_id" not in body:
        return None
    status = "error" if body.get("status") == "error" else None
    name = text_or_none(body.get("name"))
    return ToolMessage(result_text(body.get("content")), text_or_none(body.get("tool_call_id")), status, name)


def result_text(value: Any) -> str | None:
    """A tool's result as text, out of the envelopes that say only which call it answers.

    The AI SDK writes `{"type": "json", "value": ...}`, Google's function responses `{"id", "name",
    "response"}`, LlamaIndex's outputs `{"tool_name", "raw_output"}`, content blocks `[{"type": "text", "text": ...}]`.
    """
    if isinstance(value, dict):
        if set(value) == {"type", "value"} and value["type"] in _ENVELOPES:
            return as_text(value["value"])
        if "tool_name" in value and "raw_output" in value:
            return result_text(value["raw_output"])
        if "tool_name" in value and "tool_output" in value:
            return result_text(value["tool_output"])
        if "tool_name" in value and "blocks" in value:
            return result_text(value["blocks"])
        if "response" in value and set(value) <= {"id", "name", "response", "will_continue", "scheduling"}:
            return unwrapped_result(value["response"])
    if isinstance(value, list) and value and all(_is_text(item) for item in value):
        return "\n".join(item["text"] for item in value)
    return as_text(value)


def block_result(value: Any) -> str | None:
    """A tool's result out of Bedrock's content blocks: `[{"json": ...}]`, `[{"text": ...}]`; `$value` is Strands' own."""
    blocks = decode(value) if isinstance(value, str) else value
    if isinstance(blocks, list) and blocks and all(isinstance(item, dict) for item in blocks):
        if len(blocks) == 1 and set(blocks[0]) == {"json"}:
            value = blocks[0]["json"]
            is_wrapped = isinstance(value, dict) and set(value) == {"$value"}
            return as_text(value["$value"] if is_wrapped else value)
        if all(set(item) == {"text"} and isinstance(item["text"], str) for item in blocks):
            return "\n".join(item["text"] for item in blocks)
    return result_text(value)


def unwrapped_result(value: Any) -> str | None:
    """What a tool returned, out of the object that Google's interface wants around everything that is none."""
    value = decode(value) or value if isinstance(value, str) and value.startswith('{"result"') else value
    if isinstance(value, dict) and set(value) == {"result"} and value["result"] is not None:
        return as_text(value["result"])
    return result_text(value)


def _is_text(item: Any) -> bool:
    return isinstance(item, dict) and item.get("type") in TEXTS and isinstance(item.get("text"), str)


def is_failed(item: Any) -> bool:
    """Whether a tool result says beside its content that it is an error.

    Anthropic and MCP set `is_error`, LangChain and Bedrock a status, the AI SDK the type of the output.
    """
    return isinstance(item, dict) and (
        item.get("is_error") is True
        or item.get("isError") is True
        or item.get("status") == "error"
        or (item.get("type") in _FAILED_ENVELOPES and set(item) == {"type", "value"})
    )


def text_or_none(value: Any) -> str | None:
    """A name or an id as text; None for nothing."""
    return str(value) if value else None
