"""A kept request, read as a file of the same content would be."""

from __future__ import annotations

from runbook_tui.intake.reading import Reading
from runbook_tui.intake.wire.export import Form

__all__ = ["read_request"]


def read_request(body: bytes, form: Form) -> Reading:
    """The spans and log records of a request that was accepted."""
    reading = Reading()
    if form == "json":
        reading.line(0, body)
    else:
        from runbook_tui.intake.otlp_proto import proto_records

        for record in proto_records(body)[0]:
            reading.value(0, record)
    reading.read_kept()
    return reading
