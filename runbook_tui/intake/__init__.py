"""Files to sessions: containers, attribute dialects, grouping."""

from runbook_tui.intake.capture import (
    BadLine,
    Capture,
    CaptureError,
    Scan,
    read_capture,
    scan_capture,
)
from runbook_tui.intake.complete import complete
from runbook_tui.intake.errors import NoSpansError
from runbook_tui.intake.folders import files_to_read
from runbook_tui.intake.grouping import by_session as sessions_of
from runbook_tui.intake.placing import placed
from runbook_tui.intake.spill import SpanList
from runbook_tui.intake.tokens import vocabularies

__all__ = [
    "BadLine",
    "Capture",
    "CaptureError",
    "NoSpansError",
    "Scan",
    "SpanList",
    "complete",
    "files_to_read",
    "placed",
    "read_capture",
    "scan_capture",
    "sessions_of",
    "vocabularies",
]
