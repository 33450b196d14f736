"""A span as it was on the wire: no convention read yet, values decoded, ids in hex."""

from __future__ import annotations

from typing import Any

import msgspec

__all__ = ["RawEvent", "RawSpan"]


class RawEvent(msgspec.Struct):
    """A span event."""

    name: str
    time_ns: int | None
    attributes: dict[str, Any]


class RawSpan(msgspec.Struct):
    """A span with its attributes as a plain dict."""

    trace_id: str
    span_id: str
    parent_id: str | None
    name: str
    start_ns: int | None
    end_ns: int | None
    status: str
    """`ok`, `error` or `unset`."""
    status_message: str | None
    attributes: dict[str, Any]
    events: list[RawEvent]
    links: list[str]
    resource: dict[str, Any]
    scope: str | None
    parent_is_remote: bool = False
    """Whether its parent is another process's span, as OTLP's flags say."""

    def first(self, *names: str) -> Any:
        """The first of these attributes that is present and not None."""
        for name in names:
            value = self.attributes.get(name)
            if value is not None:
                return value
        return None
