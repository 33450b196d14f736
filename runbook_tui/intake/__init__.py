"""Files to sessions: containers, attribute dialects, grouping."""

from runbook_tui.intake.capture import BadLine, Capture, CaptureError, read_capture
from runbook_tui.intake.complete import complete
from runbook_tui.intake.tokens import vocabulary_path

__all__ = ["BadLine", "Capture", "CaptureError", "complete", "read_capture", "vocabulary_path"]
