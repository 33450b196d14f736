"""Haystack's own tracing: `haystack.component.*` and `haystack.agent.*`, with content where that is turned on.

A generator is a model call. What an invoker of tools did is in the messages around it, one call or several.
"""

from __future__ import annotations

from typing import Any, Final

from runbook_tui.intake.draft import Draft
from runbook_tui.intake.exchange import answer_facts, opened, usage_in
from runbook_tui.intake.messages import read_messages
from runbook_tui.intake.raw import RawSpan
from runbook_tui.trace.jsontext import as_text

__all__ = ["read"]

_COMPONENT: Final = "haystack.component."


def read(raw: RawSpan, draft: Draft) -> bool:
    """Offer what a component or an agent recorded; True when the span is one."""
    if any(name.startswith("haystack.agent.") for name in raw.attributes):
        draft.offer(kind="agent")
        return True
    kind = as_text(raw.attributes.get(_COMPONENT + "type"))
    if kind is None:
        return False
    if kind == "Agent":
        draft.offer(agent=as_text(raw.attributes.get(_COMPONENT + "name")))
    elif kind.endswith("Generator"):
        _read_call(raw, draft)
    elif kind.endswith("Retriever"):
        draft.offer(
            kind="retrieval",
            tool_name=as_text(raw.attributes.get(_COMPONENT + "name")),
            arguments=as_text(raw.attributes.get(_COMPONENT + "input")),
            result=as_text(raw.attributes.get(_COMPONENT + "output")),
        )
    return True


def _read_call(raw: RawSpan, draft: Draft) -> None:
    given, got = (_mapping(raw.attributes.get(_COMPONENT + side)) for side in ("input", "output"))
    replies = got.get("replies")
    meta = _mapping(
        next((item.get("meta") for item in _objects(replies)), None) or next(_objects(got.get("meta")), None)
    )
    usage = usage_in(meta.get("usage"))
    draft.offer(
        kind="llm",
        model=as_text(meta.get("model")),
        finish_reason=answer_facts(meta)[3],
        input_tokens=usage[0],
        output_tokens=usage[1],
        input_messages=read_messages(given.get("messages", given.get("prompt")), "user"),
        output_messages=read_messages(replies, "assistant"),
    )


def _mapping(value: Any) -> dict[str, Any]:
    value = opened(value)
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> Any:
    return (item for item in value if isinstance(item, dict)) if isinstance(value, list) else iter(())
