"""The files an incident leaves: postmortem, timeline, record for machines, evidence. No Textual."""

from runbook_tui.report.clocks import Clocks, clocks, lasted
from runbook_tui.report.excerpt import Excerpt, Form, outline, span_excerpt, value_excerpt
from runbook_tui.report.folder import Exported, ExportError, export, incident_json
from runbook_tui.report.postmortem import postmortem_markdown, preview
from runbook_tui.report.timeline import Event, timeline
from runbook_tui.trace.redaction import MASK, Redactor

__all__ = [
    "MASK",
    "Clocks",
    "Event",
    "Excerpt",
    "ExportError",
    "Exported",
    "Form",
    "Redactor",
    "clocks",
    "export",
    "incident_json",
    "lasted",
    "outline",
    "postmortem_markdown",
    "preview",
    "span_excerpt",
    "timeline",
    "value_excerpt",
]
