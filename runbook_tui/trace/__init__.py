"""Values of the domain: spans, steps, sessions, findings. Frozen, without I/O."""

from runbook_tui.trace.errors import RunbookError
from runbook_tui.trace.finding import (
    Action,
    AgentRun,
    CascadeStep,
    Cause,
    Classification,
    Evidence,
    Findings,
    Flag,
    MissingField,
    Readiness,
    SessionSummary,
    Signal,
    StepRow,
    Suspect,
    ToolUse,
)
from runbook_tui.trace.forest import build_session, lay_out
from runbook_tui.trace.layout import HeldSpans, Layout, PlacedSession
from runbook_tui.trace.lazy import LazyTrace, lazily
from runbook_tui.trace.outline import Mark, Outline, Outliner, parents_of, without_repeats
from runbook_tui.trace.packed import PackedSpan, SpanSummary, pack, unpack, with_agent
from runbook_tui.trace.session import Defects, Place, SessionTrace, Step, rfc3339
from runbook_tui.trace.span import NOT_RECORDED, TOLD, Message, Part, Signals, Span, SpanEvent, ToolCall
from runbook_tui.trace.told import as_read, changed, was_recorded
from runbook_tui.trace.visible import is_visible, visible, visible_tree

__all__ = [
    "NOT_RECORDED",
    "TOLD",
    "Action",
    "AgentRun",
    "CascadeStep",
    "Cause",
    "Classification",
    "Defects",
    "Evidence",
    "Findings",
    "Flag",
    "HeldSpans",
    "Layout",
    "LazyTrace",
    "Mark",
    "Message",
    "MissingField",
    "Outline",
    "Outliner",
    "PackedSpan",
    "Part",
    "Place",
    "PlacedSession",
    "Readiness",
    "RunbookError",
    "SessionSummary",
    "SessionTrace",
    "Signal",
    "Signals",
    "Span",
    "SpanEvent",
    "SpanSummary",
    "Step",
    "StepRow",
    "Suspect",
    "ToolCall",
    "ToolUse",
    "as_read",
    "build_session",
    "changed",
    "is_visible",
    "lay_out",
    "lazily",
    "pack",
    "parents_of",
    "rfc3339",
    "unpack",
    "visible",
    "visible_tree",
    "was_recorded",
    "with_agent",
    "without_repeats",
]
