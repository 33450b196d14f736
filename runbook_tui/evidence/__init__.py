"""The SQLite store: sessions, spans, captures as received, incidents."""

from runbook_tui.evidence.agents import AgentEdge, AgentNode, agent_edges, agent_nodes
from runbook_tui.evidence.baselines import BaselineRow, BaselineTable
from runbook_tui.evidence.captures import (
    StoredCapture,
    capture_bytes,
    captures_of,
    has_capture,
    write_capture,
)
from runbook_tui.evidence.completion import completions
from runbook_tui.evidence.filters import (
    FilterError,
    SpanFilter,
    filter_spans,
    filter_values,
    parse_filter,
)
from runbook_tui.evidence.findings import lean, read_findings, save_findings
from runbook_tui.evidence.inbox import Inbox, InboxTakenError, Received, inbox_path
from runbook_tui.evidence.incidents import IncidentRow, IncidentTable, JournalRow
from runbook_tui.evidence.kept import Looked, StoredLayout, lazy_session, stored_layout
from runbook_tui.evidence.labels import find_spans, span_labels
from runbook_tui.evidence.lineage import (
    forget_session,
    lacks_root,
    late_spans,
    link_capture,
    note_links,
    note_session,
    note_traces,
    received_at,
    related_sessions,
    sessions_of_traces,
)
from runbook_tui.evidence.payloads import is_pattern
from runbook_tui.evidence.received import ReceivedCaptures
from runbook_tui.evidence.receiver import ReceiverRow, note_receiver, read_receiver, store_version
from runbook_tui.evidence.session_filters import (
    SESSION_FIELDS,
    SORTS,
    alike,
    chosen_sessions,
    sorted_sessions,
)
from runbook_tui.evidence.sessions import (
    SessionRow,
    find_row,
    find_session,
    list_sessions,
    read_session,
    sessions_of_agent,
    stored_spans,
)
from runbook_tui.evidence.snapshot import Snapshot
from runbook_tui.evidence.spans import FlagRow, SpanRow, SpanTable
from runbook_tui.evidence.store import RESTORE, Store, StoreError, default_path, is_of_the_file, unreadable
from runbook_tui.evidence.times import step_times
from runbook_tui.evidence.writing import write_session

__all__ = [
    "RESTORE",
    "SESSION_FIELDS",
    "SORTS",
    "AgentEdge",
    "AgentNode",
    "BaselineRow",
    "BaselineTable",
    "FilterError",
    "FlagRow",
    "Inbox",
    "InboxTakenError",
    "IncidentRow",
    "IncidentTable",
    "JournalRow",
    "Looked",
    "Received",
    "ReceivedCaptures",
    "ReceiverRow",
    "SessionRow",
    "Snapshot",
    "SpanFilter",
    "SpanRow",
    "SpanTable",
    "Store",
    "StoreError",
    "StoredCapture",
    "StoredLayout",
    "agent_edges",
    "agent_nodes",
    "alike",
    "capture_bytes",
    "captures_of",
    "chosen_sessions",
    "completions",
    "default_path",
    "filter_spans",
    "filter_values",
    "find_row",
    "find_session",
    "find_spans",
    "forget_session",
    "has_capture",
    "inbox_path",
    "is_of_the_file",
    "is_pattern",
    "lacks_root",
    "late_spans",
    "lazy_session",
    "lean",
    "link_capture",
    "list_sessions",
    "note_links",
    "note_receiver",
    "note_session",
    "note_traces",
    "parse_filter",
    "read_findings",
    "read_receiver",
    "read_session",
    "received_at",
    "related_sessions",
    "save_findings",
    "sessions_of_agent",
    "sessions_of_traces",
    "sorted_sessions",
    "span_labels",
    "step_times",
    "store_version",
    "stored_layout",
    "stored_spans",
    "unreadable",
    "write_capture",
    "write_session",
]
