"""A traced Python function that is a tool: `code.function.parameters.NAME.value` and `code.function.return.value`.

OpenTelemetry's Google GenAI instrumentation records the tools it wraps so; what is no scalar is JSON.
"""

from __future__ import annotations

from typing import Any, Final

from runbook_tui.intake.draft import Draft
from runbook_tui.intake.raw import RawSpan
from runbook_tui.trace.jsontext import as_text, decode

__all__ = ["MARKS", "read"]

MARKS: Final = ("code.function.parameters.", "code.function.return.")
_GIVEN, _RETURNED = MARKS
_VALUE: Final = ".value"
_TYPE: Final = ".type"
_TEXT: Final = "str"


def read(raw: RawSpan, draft: Draft) -> bool:
    """Offer what a tool's function was given and returned; True when it was a tool."""
    if draft.kind != "tool":
        return False
    names = (name for name in raw.attributes if name.startswith(_GIVEN) and name.endswith(_VALUE))
    given = {
        name.removeprefix(_GIVEN).removesuffix(_VALUE): _value(raw, name.removesuffix(_VALUE))
        for name in names
    }
    draft.offer(
        arguments=as_text(given) if given else None,
        result=as_text(raw.attributes.get("code.function.return.value")),
    )
    return True


def _value(raw: RawSpan, name: str) -> Any:
    value = raw.attributes[name + _VALUE]
    if not isinstance(value, str) or raw.attributes.get(name + _TYPE) == _TEXT:
        return value
    decoded = decode(value)
    return value if decoded is None else decoded
