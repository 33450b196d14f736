"""Contain: stop the agent, check that it is stopped, stop what it started."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.binding import BindingType

from runbook_tui.incident import Response, StopWatch, watch_stop
from runbook_tui.playbook import ChoiceStep, Option
from runbook_tui.trace import rfc3339
from runbook_tui.trace.counted import counted
from runbook_tui.trace.words import Room
from runbook_tui.ui.dialogs import Field
from runbook_tui.ui.keys import Pane, bindings
from runbook_tui.ui.lines import Tone
from runbook_tui.ui.rooms.steps import step_rows
from runbook_tui.ui.rooms.stopping import StopFlow, latest_check
from runbook_tui.ui.rows import Row, heading
from runbook_tui.ui.words import ago, clock_time, one_line

__all__ = ["ContainRoom", "contain_rows"]


def _choices(response: Response) -> list[ChoiceStep]:
    return [step for step in response.playbook.rooms["contain"].steps if step.kind == "choice"]


def _option(response: Response, step_id: str, option_id: str) -> Option | None:
    step = response.playbook.step(step_id)
    options = step.options if step is not None and step.kind == "choice" else ()
    return next((option for option in options if option.id == option_id), None)


def contain_lead(response: Response) -> tuple[str, Tone]:
    """Whether it is contained; if not, what it did last."""
    state = response.state
    live = watch_stop(response)
    if live is not None and live.state == "broken":
        return f"It has not stopped. {live.said}.", "danger"
    if state.contained_at:
        return (
            f"Contained at {clock_time(state.contained_at)} UTC. Checked: {state.contained_how}",
            "verified",
        )
    if state.stops:
        return "A stop was carried out. It counts as contained when you have checked that it holds.", "flag"
    action = response.findings.actions[-1] if response.findings.actions else None
    ways = sum(len(step.options) for step in _choices(response))
    text = f"Not contained yet. {ways} ways to stop this agent."
    if action is not None:
        row = response.spans.row_of_span(action.span_id)
        at = row.end_ns if row else None
        when = ""
        if at is not None:
            when = f" {ago(rfc3339(at), response.clock())}"
        said = f" Its last action was{when}: {action.tool} ({action.effect})."
        if action.asked_by is not None:
            said = (
                f" It asked last for {action.tool} ({action.effect}): whether that was made is not recorded."
            )
        text += said
    return text, "flag"


def contain_rows(response: Response) -> list[Row]:
    """Ways to stop it, the check, the agents it started, the playbook's steps."""
    rows: list[Row] = []
    taken = {stop.option: stop for stop in response.state.stops}
    for step in _choices(response):
        rows.append(heading(step.title) if rows else Row(step.title, tone="heading"))
        for option in step.options:
            row = Row(option.label, ("option", step.id, option.id), "open", _about(option))
            last = response.state.last_command(option.id)
            stop = taken.get(option.id)
            if last is not None and not last.worked and (stop is None or last.at >= stop.at):
                row = Row(row.text, row.id, "failed", f"{clock_time(last.at)[-8:]}: {last.said}", "danger")
            elif stop is not None:
                row = Row(row.text, row.id, "done", f"done {clock_time(stop.at)[-8:]}")
            rows.append(row)
    rows.append(heading("Is it really stopped?"))
    checked = response.state.contained_at is not None
    check = latest_check(response)
    rows.append(
        Row(
            "Confirm that it is stopped: the contained clock starts here",
            ("check",),
            "done" if checked else "open",
        )
    )
    if check and not checked:
        rows.append(Row(check, tone="dim", indent=1))
    live = watch_stop(response)
    if live is not None and (not checked or live.state in ("holds", "broken")):
        rows.append(_live_row(live))
    spawned = [agent for agent in response.findings.agents if agent.parent is not None]
    if spawned:
        rows.append(heading("Agents it started"))
        for agent in spawned:
            how = response.state.agents_stopped.get(agent.span_id)
            right = one_line(how, 40) if how else f"{counted(agent.steps, 'step')}, started by {agent.parent}"
            rows.append(Row(agent.name, ("agent", agent.span_id), "done" if how else "open", right))
    rows.append(heading("When was it first detected?"))
    reported = response.state.detection_reported
    said = (
        clock_time(response.state.detected_at)
        if reported
        else "not recorded; the clocks run from the opening"
    )
    rows.append(Row("Detected at", ("detected",), "done" if reported else "open", said))
    choices = frozenset(step.id for step in _choices(response))
    return rows + step_rows(response, "contain", but_not=choices)


def _live_row(live: StopWatch) -> Row:
    """What a receiver sees of the stop."""
    text = live.said[0].upper() + live.said[1:]
    marks: dict[str, tuple[str, Tone]] = {
        "unknown": ("open", "dim"),
        "watching": ("under_way", "text"),
        "holds": ("done", "verified"),
        "broken": ("failed", "danger"),
    }
    mark, tone = marks[live.state]
    return Row(text, sign=mark, tone=tone, indent=1)


def _about(option: Option) -> str:
    if option.run is None:
        return "by hand"
    undo = "" if option.run.undo else " · no undo"
    return f"{option.scope or 'agent'} · {option.run.effect}{undo}"


class ContainRoom(StopFlow):
    """Room 1."""

    ROOM: ClassVar[Room] = "contain"
    PANES: ClassVar[tuple[Pane, ...]] = ("steps", "list", "incident", "everywhere")
    BINDINGS: ClassVar[list[BindingType]] = bindings("steps")

    def lead(self) -> tuple[str, Tone]:
        """Contained or not."""
        return contain_lead(self.response)

    def rows(self) -> list[Row]:
        """What can be done."""
        return contain_rows(self.response)

    def choose(self, what: tuple[Any, ...]) -> None:
        """Stop it, check it, or note that a spawned agent is stopped."""
        if what[0] == "option" and (option := _option(self.response, what[1], what[2])) is not None:
            self.stop_by(option)
        elif what[0] == "detected":
            self.app.call_later(self.screen.run_action, "set_detected")
        elif what[0] == "check":
            self.confirm()
        elif what[0] == "agent":
            self.ask(
                "Is this agent stopped or idle?",
                [Field("how", "How do you know?")],
                lambda values: self.response.agent_stopped(what[1], values["how"]),
            )
