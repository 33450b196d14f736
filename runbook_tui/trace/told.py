"""What a span tells by itself, kept apart from what the spans around it made of it.

A span's agent, its kind, the result of its call may come from other spans. Those may be wrong about it once more have
come, so what was read is kept with each field that was changed: a session is always made of what was read, and its
spans may come in any order and in any number of files.
"""

from __future__ import annotations

from functools import cache
from typing import Any, get_type_hints

import msgspec

from runbook_tui.trace.span import NOT_RECORDED, Span

__all__ = ["as_read", "changed", "was_recorded"]


def was_recorded(span: Span) -> bool:
    """Whether a file held the span."""
    return NOT_RECORDED not in span.attributes


def changed(span: Span, **fields: Any) -> Span:
    """The span with other values in these fields; what it told itself stays known."""
    read = dict(span.as_read)
    for name, value in fields.items():
        own = getattr(span, name)
        if own is not value and name not in read:
            read[name] = msgspec.to_builtins(own)
    return msgspec.structs.replace(span, **fields, as_read=read)


def as_read(span: Span) -> Span:
    """The span as it was read."""
    if not span.as_read:
        return span
    types = _types()
    told = {
        name: msgspec.convert(value, types[name]) for name, value in span.as_read.items() if name in types
    }
    return msgspec.structs.replace(span, **told, as_read={})


@cache
def _types() -> dict[str, Any]:
    return get_type_hints(Span)
