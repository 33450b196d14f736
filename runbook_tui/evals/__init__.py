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
from runbook_tui.evals.export import Export, export_case
from runbook_tui.evals.files import EvalCaseError, load_case, parse_case, write_case
from runbook_tui.evals.gate import CaseResult, GateReport, GradedRun, judge_cases
from runbook_tui.evals.grading import Grade, Result, grade
from runbook_tui.evals.junit import write_junit
from runbook_tui.evals.proof import Proof, prove, record_case
from runbook_tui.evals.proposal import propose_case
from runbook_tui.evals.runs import KeptCase, run_case

__all__ = [
    "Assertion",
    "CaseResult",
    "EntitiesInContext",
    "EvalCase",
    "EvalCaseError",
    "Export",
    "FinalNotContains",
    "ForbiddenTool",
    "GateReport",
    "Grade",
    "GradedRun",
    "KeptCase",
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
    "export_case",
    "grade",
    "judge_cases",
    "load_case",
    "parse_case",
    "propose_case",
    "prove",
    "record_case",
    "run_case",
    "write_case",
    "write_junit",
]
