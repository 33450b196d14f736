"""Capture: what evidence there is, that it is whole, and what it cannot show."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import BindingType

from runbook_tui.evidence import capture_bytes
from runbook_tui.incident import Response
from runbook_tui.trace import RunbookError
from runbook_tui.trace.counted import counted
from runbook_tui.trace.words import Room
from runbook_tui.ui.dialogs import Field
from runbook_tui.ui.keys import Pane, bindings
from runbook_tui.ui.lines import Tone
from runbook_tui.ui.rooms.room import RoomView
from runbook_tui.ui.rooms.steps import step_rows
from runbook_tui.ui.rows import Row, heading
from runbook_tui.ui.words import clock_time, count

if TYPE_CHECKING:
    from runbook_tui.incident.fetching import Brought, FetchProgress, Source, Wanted

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
    summary, defects = response.findings.session, response.findings.readiness.defects
    traces = counted(len(summary.trace_ids), "trace")
    rows = [Row("As received", tone="heading")]
    for capture in response.captures:
        size = f"{capture.size:,} bytes, {clock_time(capture.received_at)} UTC"
        rows.append(Row(capture.name, ("capture", capture.sha256), "done", size))
        rows.append(Row(f"sha256 {capture.sha256}", tone="dim", indent=1))
    rows.append(Row("Fetch from a trace server ...", ("fetch",), right="late spans too"))
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
        "calls that only a message tells of": defects.unrecorded_calls,
        "texts that break off": defects.cut_texts,
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


def last_source(response: Response, names: tuple[str, ...]) -> str:
    """The source the latest capture came from, as its name tells; else the first one."""
    for capture in reversed(response.captures):
        for name in sorted(names, key=len, reverse=True):
            if capture.name.startswith(f"{name}-"):
                return name
    return names[0]


def fetched_line(brought: Brought, session_id: str) -> str:
    """What a fetch brought, in a sentence."""
    added = brought.fetched.added
    if not added.new_spans:
        return "Nothing new: the server has what is stored."
    if session_id in added.sessions:
        return f"{counted(added.new_spans, 'new span')} stored; the session was diagnosed again."
    return f"{counted(len(added.sessions), 'session')} stored. It is not this incident's: open it from home."


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
        """Hash a stored capture again, or fetch from a trace server."""
        if what[0] == "fetch":
            self._ask_what_to_fetch()
        elif what[0] == "capture":
            self._hash_again(what[1])

    def _hash_again(self, sha256: str) -> None:
        digest = hashlib.sha256()
        for chunk in capture_bytes(self.response.store, sha256):
            digest.update(chunk)
        if digest.hexdigest() == sha256:
            self.notify("Verified: the stored bytes have this hash.", markup=False)
        else:
            self.notify("The stored bytes do not have this hash.", severity="error", markup=False)

    def _ask_what_to_fetch(self) -> None:
        from runbook_tui.incident.fetching import Wanted, known_sources, resolve

        try:
            names = known_sources()
        except RunbookError as error:
            self.notify(f"{error.what}: {error.where}: {error.advice}", severity="warning", markup=False)
            return
        fields = [
            Field("source", "Source", last_source(self.response, names), options=names),
            Field("session", "Session or trace id", self.response.session_id),
            Field("url", "Address", hint="empty: its variable or sources.yaml", required=False),
        ]

        def found(values: dict[str, str]) -> Source:
            return resolve(values["source"], url=values["url"].strip() or None)

        def fetch(values: dict[str, str]) -> None:
            self._fetch(found(values), Wanted(values["session"].strip()))

        self.ask("Fetch from a trace server", fields, found, accept="fetch", then=fetch)

    def _fetch(self, source: Source, wanted: Wanted) -> None:
        from runbook_tui.incident.fetching import fetch_for_incident
        from runbook_tui.ui.rooms.fetching import FetchDialog

        response = self.response

        def job(tell: Callable[[FetchProgress], None], stopped: Callable[[], bool]) -> Brought:
            return fetch_for_incident(
                response.store.path,
                response.playbooks,
                response.id,
                source,
                wanted,
                progress=tell,
                cancelled=stopped,
                clock=response.clock,
            )

        self.app.push_screen(FetchDialog(f"Fetching {wanted} from {source.name}", job), self._take_in)

    def _take_in(self, brought: Brought | None) -> None:
        if brought is None:
            self.notify("Stopped. Nothing was stored.", markup=False)
            return
        if brought.prepared is not None:
            self.response.take_in(brought.prepared)
        self.notify(fetched_line(brought, self.response.session_id), markup=False)
        self.post_message(self.Changed())
