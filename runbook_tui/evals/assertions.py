"""What a run can be required to do: a closed vocabulary, so that a case is data and never code."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from runbook_tui.evals.run_assertions import (
    EntitiesInContext,
    FinalNotContains,
    MaxSteps,
    MaxTokens,
    NoFlag,
    SignalIs,
)
from runbook_tui.evals.tool_assertions import (
    ForbiddenTool,
    MaxRepeat,
    RequiredTool,
    ToolArgs,
    ToolOutputFields,
)

__all__ = [
    "Assertion",
    "EntitiesInContext",
    "FinalNotContains",
    "ForbiddenTool",
    "MaxRepeat",
    "MaxSteps",
    "MaxTokens",
    "NoFlag",
    "RequiredTool",
    "SignalIs",
    "ToolArgs",
    "ToolOutputFields",
]

Assertion = Annotated[
    ForbiddenTool
    | RequiredTool
    | ToolArgs
    | ToolOutputFields
    | MaxRepeat
    | MaxSteps
    | MaxTokens
    | FinalNotContains
    | EntitiesInContext
    | NoFlag
    | SignalIs,
    Field(discriminator="type"),
]
"""One requirement; `type` says which."""
