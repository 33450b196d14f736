"""Session to findings: flags, signals, mode, causes, reading order. Pure; no model is called."""

from runbook_tui.diagnosis.baseline import Profile, Range, ToolProfile, profile
from runbook_tui.diagnosis.beside import Beside, Pair, put_beside
from runbook_tui.diagnosis.case import Case
from runbook_tui.diagnosis.context_diff import (
    ContextChange,
    MessageChange,
    context_change_of,
    context_changes,
)
from runbook_tui.diagnosis.contract import Contract, result_fields
from runbook_tui.diagnosis.diagnose import actions_after, diagnose
from runbook_tui.diagnosis.differences import Difference
from runbook_tui.diagnosis.edges import Edge, causes_of, uses_of
from runbook_tui.diagnosis.emptiness import is_empty
from runbook_tui.diagnosis.flags import find_flags
from runbook_tui.diagnosis.flags.loop_detected import find_loops
from runbook_tui.diagnosis.line_diff import LinePair, line_diff
from runbook_tui.diagnosis.pointing import values_in
from runbook_tui.diagnosis.rules import Facts
from runbook_tui.diagnosis.signals import find_signals
from runbook_tui.diagnosis.summary import cost, main_agent, tokens_used
from runbook_tui.diagnosis.values import Follow, Sighting, follow

__all__ = [
    "Beside",
    "Case",
    "ContextChange",
    "Contract",
    "Difference",
    "Edge",
    "Facts",
    "Follow",
    "LinePair",
    "MessageChange",
    "Pair",
    "Profile",
    "Range",
    "Sighting",
    "ToolProfile",
    "actions_after",
    "causes_of",
    "context_change_of",
    "context_changes",
    "cost",
    "diagnose",
    "find_flags",
    "find_loops",
    "find_signals",
    "follow",
    "is_empty",
    "line_diff",
    "main_agent",
    "profile",
    "put_beside",
    "result_fields",
    "tokens_used",
    "uses_of",
    "values_in",
]
