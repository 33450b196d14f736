"""One small module a convention: it reads a raw span and offers what it knows to the draft."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final

import msgspec

from runbook_tui.intake.dialects import (
    code_function,
    genai,
    genai_legacy,
    genkit,
    google_adk,
    haystack,
    langfuse,
    langsmith,
    litellm,
    logfire,
    mastra,
    mlflow,
    openinference,
    openllmetry,
    runbook_attributes,
    vercel_ai,
    voltagent,
)
from runbook_tui.intake.draft import Draft
from runbook_tui.intake.raw import RawSpan
from runbook_tui.trace import Span

__all__ = ["DIALECTS", "Dialect", "read_span"]


class Dialect(msgspec.Struct, frozen=True):
    """A convention."""

    name: str
    read: Callable[[RawSpan, Draft], bool]
    marks: tuple[str, ...]
    """Beginnings of the attribute names it reads; a span with none of them need not be asked."""
    events: bool = False
    """Whether a span's events may speak it too."""
    scope: str = ""
    """The scope whose every span is its own, bare ones too."""


DIALECTS: Final[tuple[Dialect, ...]] = (
    Dialect("runbook", runbook_attributes.read, runbook_attributes.MARKS),
    Dialect("mastra", mastra.read, ("mastra.",)),
    Dialect("openinference", openinference.read, ("openinference.",)),
    Dialect("openllmetry", openllmetry.read, ("traceloop.",)),
    Dialect("vercel-ai", vercel_ai.read, ("ai.",)),
    Dialect("langfuse", langfuse.read, ("langfuse.",)),
    Dialect("langsmith", langsmith.read, ("langsmith.",)),
    Dialect("mlflow", mlflow.read, ("mlflow.",)),
    Dialect("google-adk", google_adk.read, google_adk.MARKS, scope=google_adk.SCOPE),
    Dialect("logfire", logfire.read, logfire.MARKS),
    Dialect("genkit", genkit.read, ("genkit:",)),
    Dialect("voltagent", voltagent.read, voltagent.MARKS),
    Dialect("haystack", haystack.read, ("haystack.",)),
    Dialect("litellm", litellm.read, ("llm.",)),
    Dialect("genai", genai.read, ("gen_ai.",), events=True),
    Dialect("code-function", code_function.read, code_function.MARKS),
    Dialect("genai-legacy", genai_legacy.read, genai_legacy.MARKS, events=True),
)
"""In order of precedence. OpenInference names a span's kind outright, so it is asked before GenAI."""


def read_span(raw: RawSpan) -> tuple[Span, list[str]]:
    """The normalised span, and the names of the dialects that recognised it."""
    draft = Draft()
    known = [
        dialect.name
        for dialect in _spoken(frozenset(raw.attributes), bool(raw.events), _known_scope(raw))
        if dialect.read(raw, draft)
    ]
    return draft.finish(raw), known


_SCOPES: Final = frozenset(dialect.scope for dialect in DIALECTS if dialect.scope)


def _known_scope(raw: RawSpan) -> str:
    return raw.scope if raw.scope in _SCOPES else ""


@lru_cache(maxsize=4096)  # spans of one library carry the same few sets of names over and over
def _spoken(names: frozenset[str], has_events: bool, scope: str) -> tuple[Dialect, ...]:
    return tuple(
        dialect
        for dialect in DIALECTS
        if (has_events and dialect.events)
        or (scope and dialect.scope == scope)
        or any(name.startswith(dialect.marks) for name in names)
    )
