"""LiteLLM's own callback: the request and the answer as the provider had them, one attribute a field (`llm.PROVIDER.*`).

The span around it tells the same in GenAI names, but where the caller had a span open that one is overwritten call
by call; these are the calls.
"""

from __future__ import annotations

from typing import Any, Final

from runbook_tui.intake.draft import Draft
from runbook_tui.intake.exchange import answer_facts, answered, asked, offered_tools, opened
from runbook_tui.intake.raw import RawSpan
from runbook_tui.trace.jsontext import as_text

__all__ = ["read"]

_NAME: Final = "raw_gen_ai_request"


def read(raw: RawSpan, draft: Draft) -> bool:
    """Offer what the provider was sent and answered; True when the span is such an exchange."""
    if raw.name != _NAME:
        return False
    fields: dict[str, Any] = {}
    for name, value in raw.attributes.items():
        root, _, field = name.partition(".")
        _, _, field = field.partition(".")
        if root == "llm" and field:
            fields[field] = opened(value)
    usage, response_id, _, finish = answer_facts(fields)
    draft.offer(
        kind="llm",
        model=as_text(fields.get("model")),
        response_id=response_id,
        finish_reason=finish,
        input_tokens=usage[0],
        output_tokens=usage[1],
        input_messages=asked(fields),
        output_messages=answered({name: fields[name] for name in _ANSWERS if name in fields}),
        tool_definitions=offered_tools(fields),
    )
    return True


_ANSWERS: Final = ("choices", "output", "candidates", "content", "role")
