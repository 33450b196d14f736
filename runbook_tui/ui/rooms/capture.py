"""Capture: what evidence there is, that it is whole, and what it cannot show."""

from __future__ import annotations

import hashlib
from typing import Any, ClassVar

from textual.binding import BindingType

from runbook_tui.evidence import capture_bytes
from runbook_tui.incident import Response
from runbook_tui.trace.counted import counted
from runbook_tui.trace.words import Room
from runbook_tui.ui.keys import Pane, bindings
from runbook_tui.ui.lines import Tone
from runbook_tui.ui.rooms.room import RoomView
from runbook_tui.ui.rooms.steps import step_rows
from runbook_tui.ui.rows import Row, heading
from runbook_tui.ui.words import clock_time, count

__all__ = ["CaptureRoom", "capture_rows"]


def capture_lead(response: Response) -> tuple[str, Tone]:
    """Whether the evidence is safe, and how much of what is needed it carries."""
    readiness = response.findings.readiness
    if not response.captures:
        return "No capture is stored for this session. Import its trace before it rotates out.", "flag"
    gaps = len(readiness.missing)
    text = f"The evidence is safe: frozen and hashed. {readiness.score:.0%} of the required fields are there"
    gap = "1 field has gaps" if gaps == 1 else f"{gaps} fields have gaps"
    return text + (f", {gap}." if gaps else "."), "verified" if not gaps else "text"


def capture_rows(response: Response) -> list[Row]:
    """Files, counts, missing fields, what follows from them, steps."""
    summary, defects = response.findings.session, response.session.defects
    traces = counted(len(summary.trace_ids), "trace")
    rows = [Row("As received", tone="heading")]
    for capture in response.captures:
        size = f"{capture.size:,} bytes, {clock_time(capture.received_at)} UTC"
        rows.append(Row(capture.name, ("capture", capture.sha256), "done", size))
        rows.append(Row(f"sha256 {capture.sha256}", tone="dim", indent=1))
    tokens = f"{count(summary.input_tokens) or '?'} tokens in, {count(summary.output_tokens) or '?'} out"
    estimated = " (estimated)" if summary.tokens_estimated else ""
    rows += [
        heading("What is in it"),
        Row(
            f"{counted(summary.spans, 'span')}, {counted(summary.steps, 'step')}, {traces}, {summary.format}"
        ),
        Row(f"{summary.llm_calls} LLM calls, {summary.tool_calls} tool calls, {tokens}{estimated}"),
        Row(f"{clock_time(summary.started_at)} to {clock_time(summary.ended_at)} UTC"),
    ]
    damage = {
        "orphans: their parent is not here": defects.orphans,
        "duplicates, kept once": defects.duplicates,
        "parent cycles, cut": defects.cycles,
        "spans that end before they start": defects.reversed_times,
        "spans without a time": defects.missing_times,
    }
    rows += [Row(f"{number} {what}", sign="flag", tone="flag") for what, number in damage.items() if number]
    missing = response.findings.readiness.missing
    rows.append(heading("Missing fields" if missing else "No required field is missing"))
    for field in missing:
        shown = ", ".join(map(str, field.steps[:6])) + (" ..." if len(field.steps) > 6 else "")
        rows.append(Row(field.field, sign="open", right=f"{counted(field.spans, 'span')}, steps {shown}"))
    cannot = response.findings.readiness.cannot_conclude
    if cannot:
        rows.append(heading("Cannot be concluded from this capture"))
        rows += [Row(text, sign="flag", tone="text") for text in cannot]
    return rows + step_rows(response, "capture")


class CaptureRoom(RoomView):
    """Room 2."""

    ROOM: ClassVar[Room] = "capture"
    PANES: ClassVar[tuple[Pane, ...]] = ("steps", "list", "incident", "everywhere")
    BINDINGS: ClassVar[list[BindingType]] = bindings("steps")

    def lead(self) -> tuple[str, Tone]:
        """Safe or not."""
        return capture_lead(self.response)

    def rows(self) -> list[Row]:
        """What there is."""
        return capture_rows(self.response)

    def choose(self, what: tuple[Any, ...]) -> None:
        """Hash a stored capture again."""
        if what[0] != "capture":
            return
        digest = hashlib.sha256()
        for chunk in capture_bytes(self.response.store, what[1]):
            digest.update(chunk)
        if digest.hexdigest() == what[1]:
            self.notify("Verified: the stored bytes have this hash.", markup=False)
        else:
            self.notify("The stored bytes do not have this hash.", severity="error", markup=False)
