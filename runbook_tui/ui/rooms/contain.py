"""Contain: stop the agent, check that it is stopped, stop what it started."""

from __future__ import annotations

import shlex
from typing import Any, ClassVar

import msgspec
from textual.binding import BindingType

from runbook_tui.incident import Response, StopWatch, watch_stop
from runbook_tui.playbook import ChoiceStep, Option, variables_of
from runbook_tui.trace import rfc3339
from runbook_tui.trace.counted import counted
from runbook_tui.trace.words import Room
from runbook_tui.ui.dialogs import Field
from runbook_tui.ui.keys import Pane, bindings
from runbook_tui.ui.lines import Tone
from runbook_tui.ui.rooms.room import RoomView
from runbook_tui.ui.rooms.steps import step_rows
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
        text += f" Its last action was{when}: {action.tool} ({action.effect})."
    return text, "flag"


def contain_rows(response: Response) -> list[Row]:
    """Ways to stop it, the check, the agents it started, the playbook's steps."""
    rows: list[Row] = []
    taken = {stop.option: stop for stop in response.state.stops}
    for step in _choices(response):
        rows.append(heading(step.title) if rows else Row(step.title, tone="heading"))
        for option in step.options:
            stop = taken.get(option.id)
            rows.append(
                Row(
                    option.label,
                    ("option", step.id, option.id),
                    "done" if stop else "open",
                    f"done {clock_time(stop.at)[-8:]}" if stop else _about(option),
                )
            )
    rows.append(heading("Is it really stopped?"))
    checked = response.state.contained_at is not None
    check = _latest_check(response)
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
    rows.append(heading("When was it first noticed?"))
    reported = response.state.detection_reported
    said = (
        clock_time(response.state.detected_at)
        if reported
        else "not recorded; the clocks run from the opening"
    )
    rows.append(Row("Noticed at", ("detected",), "done" if reported else "open", said))
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


def _latest_check(response: Response) -> str:
    """How to check the latest stop that says how."""
    said = (_check(response, stop.option) for stop in reversed(response.state.stops))
    return next((text for text in said if text), "")


def _check(response: Response, option_id: str) -> str | None:
    for step in _choices(response):
        for option in step.options:
            if option.id == option_id and option.run is not None and option.run.verify is not None:
                return option.run.verify.text
    return None


class ContainRoom(RoomView):
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
            self._stop(option)
        elif what[0] == "detected":
            self.app.call_later(self.screen.run_action, "set_detected")
        elif what[0] == "check":
            self._confirm()
        elif what[0] == "agent":
            self.ask(
                "Is this agent stopped or idle?",
                [Field("how", "How do you know?")],
                lambda values: self.response.agent_stopped(what[1], values["how"]),
            )

    def _recorded(self, option: Option) -> tuple[str, str]:
        """What was written of this stop when it was carried out, and a line that says when; "" where it was not."""
        stops = reversed(self.response.state.stops)
        stop = next((stop for stop in stops if stop.option == option.id), None)
        if stop is None:
            return "", ""
        return stop.how, f"Recorded at {clock_time(stop.at)} UTC. What you write now is recorded beside it."

    def _stop(self, option: Option) -> None:
        how, recorded = self._recorded(option)
        if option.run is None:
            question = option.manual.ask if option.manual else "How?"
            self.ask(
                option.label,
                [Field("how", question, how)],
                lambda values: self.response.stop_done(option, (), values["how"]),
                lead=recorded,
                accept="record it",
            )
            return
        run = option.run
        names = [name for name in variables_of(run.argv) if name in self.response.playbook.vars]
        fields = [
            Field(
                name,
                self.response.playbook.vars[name].prompt,
                self.response.playbook.vars[name].default or "",
            )
            for name in names
        ]

        def show(values: dict[str, str]) -> None:
            self._show_command(option, self.response.command(option, values))

        if fields:
            self.ask(
                option.label,
                fields,
                lambda values: self.response.command(option, values),
                lead="\n".join(filter(None, (recorded, run.note))),
                accept="show the command",
                then=show,
            )
        else:
            self.attempt(lambda: show({}))

    def _show_command(self, option: Option, argv: tuple[str, ...]) -> None:
        """The command, one argument a line and quoted, so that nothing in it can hide."""
        assert option.run is not None
        lines = [msgspec.json.encode(argument).decode() for argument in argv]
        lead = "\n".join(
            [
                "Run this yourself, then record it here:",
                "",
                *(f"  {line}" for line in lines),
                "",
                f"Effect: {option.run.effect}.",
                *([f"Then check: {option.run.verify.text}"] if option.run.verify else []),
            ]
        )
        self.ask(
            option.label,
            [
                Field(
                    "how",
                    "What happened?",
                    self._recorded(option)[0],
                    hint="such as: ran it, deployment scaled",
                )
            ],
            lambda values: self.response.stop_done(option, argv, values["how"]),
            lead=lead,
            accept="mark as done",
            copied=("the command", shlex.join(argv)),
        )

    def _confirm(self) -> None:
        if not self.response.state.stops:
            self.notify("Choose a way to stop the agent first.", severity="warning", markup=False)
            return
        self.ask(
            "Is it really stopped?",
            [
                Field(
                    "how",
                    "What did you look at, and what did it show?",
                    self.response.state.contained_how or "",
                )
            ],
            lambda values: self.response.contained(values["how"]),
            lead=_latest_check(self.response),
            accept="contained",
        )
