"""One small module a native form: it recognises its records by their fields and makes raw spans of them.

A reader translates into attribute names that a dialect knows, its own system's where it has some, so that
everything after it, from tool results to safe text, is the same for all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from runbook_tui.intake.forms import (
    claude_code,
    clickhouse,
    inspect_log,
    jaeger,
    langfuse_api,
    langsmith_runs,
    mlflow_traces,
    openai_agents,
    phoenix,
)
from runbook_tui.intake.forms.building import Elsewhere
from runbook_tui.intake.raw import RawSpan

__all__ = ["FORMS", "Elsewhere", "Form", "form_of"]

Record = dict[str, Any]


class Form(msgspec.Struct, frozen=True):
    """A native form."""

    name: str
    recognises: Callable[[Record], bool]
    read: Callable[[list[Record]], Iterable[RawSpan]]
    whole: bool = False
    """Whether a record means little without the others of its file, which are then read together."""
    elsewhere: Callable[[list[Record]], Elsewhere | None] | None = None
    """Where more records of what a file holds may lie; of a form that is read whole."""


FORMS: Final[tuple[Form, ...]] = (
    Form("clickhouse", clickhouse.recognises, clickhouse.read),
    Form("jaeger", jaeger.recognises, jaeger.read),
    Form("phoenix", phoenix.recognises, phoenix.read),
    Form("openai-agents", openai_agents.recognises, openai_agents.read, whole=True),
    Form("langsmith-runs", langsmith_runs.recognises, langsmith_runs.read, whole=True),
    Form("langfuse", langfuse_api.recognises, langfuse_api.read),
    Form("mlflow", mlflow_traces.recognises, mlflow_traces.read),
    Form("inspect", inspect_log.recognises, inspect_log.read),
    Form(
        "claude-code",
        claude_code.recognises,
        claude_code.read,
        whole=True,
        elsewhere=claude_code.elsewhere,
    ),
)
"""In the order in which they are asked; no two recognise the same record."""


def form_of(record: Record) -> Form | None:
    """The form of a record, by its fields."""
    return next((form for form in FORMS if form.recognises(record)), None)
