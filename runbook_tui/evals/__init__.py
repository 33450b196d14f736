"""Eval cases: proposed from an incident, proven on its traces, written down, graded. No model is called."""

from runbook_tui.evals.assertions import (
    Assertion,
    EntitiesInContext,
    FinalNotContains,
    ForbiddenTool,
    MaxRepeat,
    MaxSteps,
    MaxTokens,
    NoFlag,
    RequiredTool,
    SignalIs,
    ToolArgs,
    ToolOutputFields,
)
from runbook_tui.evals.case import EvalCase, TraceFile
from runbook_tui.evals.files import EvalCaseError, load_case, parse_case, run_case, write_case
from runbook_tui.evals.grading import Grade, Result, grade
from runbook_tui.evals.proof import Proof, prove, record_case
from runbook_tui.evals.proposal import propose_case

__all__ = [
    "Assertion",
    "EntitiesInContext",
    "EvalCase",
    "EvalCaseError",
    "FinalNotContains",
    "ForbiddenTool",
    "Grade",
    "MaxRepeat",
    "MaxSteps",
    "MaxTokens",
    "NoFlag",
    "Proof",
    "RequiredTool",
    "Result",
    "SignalIs",
    "ToolArgs",
    "ToolOutputFields",
    "TraceFile",
    "grade",
    "load_case",
    "parse_case",
    "propose_case",
    "prove",
    "record_case",
    "run_case",
    "write_case",
]
