"""What is to be fetched, and how far that has got."""

from __future__ import annotations

import re
from typing import Final

import msgspec

__all__ = ["AGENT_ATTRIBUTES", "SESSION_ATTRIBUTES", "Marker", "Page", "Wanted", "looks_like_trace"]

SESSION_ATTRIBUTES: Final = (
    "session.id",
    "gen_ai.conversation.id",
    "langfuse.session.id",
    "traceloop.association.properties.session_id",
    "traceloop.association.properties.thread_id",
    "ai.telemetry.metadata.sessionId",
    "langsmith.metadata.session_id",
    "langsmith.metadata.thread_id",
)
"""Span attributes that carry a session's id, the usual ones first."""

AGENT_ATTRIBUTES: Final = ("gen_ai.agent.name", "agent.name", "agent_name", "traceloop.workflow.name")
"""Span attributes that carry an agent's name; `service.name` of the resource does too."""

_TRACE: Final = re.compile(r"(?:tr-)?(?:[0-9a-fA-F]{32}|[0-9a-fA-F]{16})")


class Wanted(msgspec.Struct, frozen=True):
    """One session or trace by its id, or the latest ones of an agent."""

    session: str | None = None
    """A session's id or a trace's."""
    latest: int | None = None
    agent: str | None = None
    since_ns: int | None = None
    """Only what began at or after; nanoseconds since 1970."""

    def __str__(self) -> str:
        if self.session is not None:
            return self.session
        return f"latest {self.latest}" + (f" of {self.agent}" if self.agent else "")


class Marker(msgspec.Struct):
    """How far fetching has got; kept beside what was fetched, so that it can go on after a kill."""

    traces: list[str]
    """What there is to fetch, as the server's module names it."""
    done: int = 0
    """How many of them are complete."""
    cursor: str | None = None
    """Where the one after them goes on."""
    pages: int = 0


class Page(msgspec.Struct, frozen=True):
    """One answer that holds spans, as received, and how far it brings one."""

    data: bytes
    done: int
    total: int
    """Traces, of which `done` are complete."""


def looks_like_trace(text: str) -> bool:
    """Whether an id has the form of a trace's; such a one is tried as a trace first."""
    return _TRACE.fullmatch(text) is not None
