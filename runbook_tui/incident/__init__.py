"""The response to an incident: journal, state, use cases, checklist, progress."""

from runbook_tui.incident.acts import told
from runbook_tui.incident.answers import answer_hint
from runbook_tui.incident.checklist import (
    ChecklistLine,
    blockers,
    checklist,
    missing_types,
    open_steps,
    step_settled,
)
from runbook_tui.incident.files import (
    NamedCapture,
    case_captures,
    case_yaml,
    safe_names,
    write_captures,
    write_case_folder,
)
from runbook_tui.incident.importing import Added, add_capture, store_capture, store_session_of
from runbook_tui.incident.journal import Entry, Journal, JournalError
from runbook_tui.incident.noticed import check_noticed
from runbook_tui.incident.preparing import (
    LARGE,
    IncidentNotFoundError,
    Prepared,
    incident_rows,
    prepare,
    prepare_apart,
    recorded_evals,
)
from runbook_tui.incident.progress import RoomProgress, next_room, progress, waiting_for
from runbook_tui.incident.response import JudgedAction, RefusedError, Response
from runbook_tui.incident.sessions import (
    Loaded,
    SessionNotFoundError,
    diagnose_stored,
    inspect_session,
    load,
)
from runbook_tui.incident.severity import propose_severity
from runbook_tui.incident.starting import open_incident, resume_incident, start_incident
from runbook_tui.incident.state import (
    ActionItem,
    CommandRun,
    Containment,
    Decision,
    EvalRecord,
    Factor,
    IncidentState,
    Origin,
    Remediation,
)
from runbook_tui.incident.stop_watch import StopWatch, settle_stop, watch_stop
from runbook_tui.trace.clock import Clock, now_utc, parse_time, span_of, stamp

__all__ = [
    "LARGE",
    "ActionItem",
    "Added",
    "ChecklistLine",
    "Clock",
    "CommandRun",
    "Containment",
    "Decision",
    "Entry",
    "EvalRecord",
    "Factor",
    "IncidentNotFoundError",
    "IncidentState",
    "Journal",
    "JournalError",
    "JudgedAction",
    "Loaded",
    "NamedCapture",
    "Origin",
    "Prepared",
    "RefusedError",
    "Remediation",
    "Response",
    "RoomProgress",
    "SessionNotFoundError",
    "StopWatch",
    "add_capture",
    "answer_hint",
    "blockers",
    "case_captures",
    "case_yaml",
    "check_noticed",
    "checklist",
    "diagnose_stored",
    "incident_rows",
    "inspect_session",
    "load",
    "missing_types",
    "next_room",
    "now_utc",
    "open_incident",
    "open_steps",
    "parse_time",
    "prepare",
    "prepare_apart",
    "progress",
    "propose_severity",
    "recorded_evals",
    "resume_incident",
    "safe_names",
    "settle_stop",
    "span_of",
    "stamp",
    "start_incident",
    "step_settled",
    "store_capture",
    "store_session_of",
    "told",
    "waiting_for",
    "watch_stop",
    "write_captures",
    "write_case_folder",
]
