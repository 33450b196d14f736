"""Files to sessions: containers, attribute dialects, grouping."""

from runbook_tui.intake.capture import BadLine, Capture, CaptureError, read_capture

__all__ = ["BadLine", "Capture", "CaptureError", "read_capture"]
