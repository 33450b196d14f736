"""The SQLite store: sessions, spans, captures as received, incidents."""

from runbook_tui.evidence.captures import (
    StoredCapture,
    capture_bytes,
    captures_of,
    has_capture,
    write_capture,
)
from runbook_tui.evidence.incidents import IncidentRow, IncidentTable, JournalRow
from runbook_tui.evidence.sessions import (
    SessionRow,
    find_session,
    list_sessions,
    read_findings,
    read_session,
    save_findings,
    write_session,
)
from runbook_tui.evidence.spans import FlagRow, SpanRow, SpanTable
from runbook_tui.evidence.store import Store, StoreError, default_path

__all__ = [
    "FlagRow",
    "IncidentRow",
    "IncidentTable",
    "JournalRow",
    "SessionRow",
    "SpanRow",
    "SpanTable",
    "Store",
    "StoreError",
    "StoredCapture",
    "capture_bytes",
    "captures_of",
    "default_path",
    "find_session",
    "has_capture",
    "list_sessions",
    "read_findings",
    "read_session",
    "save_findings",
    "write_capture",
    "write_session",
]
