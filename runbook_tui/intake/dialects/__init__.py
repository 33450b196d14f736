"""One small module a convention: it reads a raw span and offers what it knows to the draft."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from runbook_tui.intake.dialects import (
    genai,
    genai_legacy,
    google_adk,
    langfuse,
    langsmith,
    logfire,
    mlflow,
    openinference,
    openllmetry,
    runbook_attributes,
    vercel_ai,
)
from runbook_tui.intake.draft import Draft
from runbook_tui.intake.raw import RawSpan
from runbook_tui.trace import Span

__all__ = ["DIALECTS", "read_span"]

DIALECTS: Final[tuple[tuple[str, Callable[[RawSpan, Draft], bool]], ...]] = (
    ("runbook", runbook_attributes.read),
    ("openinference", openinference.read),
    ("openllmetry", openllmetry.read),
    ("vercel-ai", vercel_ai.read),
    ("langfuse", langfuse.read),
    ("langsmith", langsmith.read),
    ("mlflow", mlflow.read),
    ("google-adk", google_adk.read),
    ("logfire", logfire.read),
    ("genai", genai.read),
    ("genai-legacy", genai_legacy.read),
)
"""In order of precedence. OpenInference names a span's kind outright, so it is asked before GenAI."""


def read_span(raw: RawSpan) -> tuple[Span, list[str]]:
    """The normalised span, and the names of the dialects that recognised it."""
    draft = Draft()
    known = [name for name, read in DIALECTS if read(raw, draft)]
    return draft.finish(raw), known
