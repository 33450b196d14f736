"""OTLP over HTTP and gRPC: the protocol alone. What becomes of an accepted request is the caller's business."""

from runbook_tui.intake.wire.export import Export, Form, InvalidExportError, Signal, read_export
from runbook_tui.intake.wire.records import read_request
from runbook_tui.intake.wire.taking import BusyError, Take

__all__ = [
    "BusyError",
    "Export",
    "Form",
    "InvalidExportError",
    "Signal",
    "Take",
    "read_export",
    "read_request",
]
