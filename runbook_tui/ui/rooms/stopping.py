"""From a way to stop the agent to a stop that was checked: shown, confirmed, run or done by hand, looked at."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from functools import partial
from typing import Final

import msgspec

from runbook_tui.incident import CommandRun, RefusedError, Response
from runbook_tui.incident.execution import WAITED_S, Ended, execute, execute_until
from runbook_tui.incident.state import Purpose
from runbook_tui.incident.stopping import AGENT, argv_for, shows, to_be_typed
from runbook_tui.playbook import Option, variables_of
from runbook_tui.trace import RunbookError
from runbook_tui.ui.clipboard import hand_over
from runbook_tui.ui.dialogs import Field
from runbook_tui.ui.rooms.room import RoomView
from runbook_tui.ui.rooms.running import Job, RunDialog
from runbook_tui.ui.rooms.values import check_values
from runbook_tui.ui.words import clock_time

__all__ = ["StopFlow", "latest_check"]

_TITLES: Final[dict[Purpose, str]] = {
    "stop": "Running: {}",
    "check": "Checking: {}",
    "undo": "Taking back: {}",
}
_LAST: Final = 5
_SAID: Final = 200
"""Lines of a check's output that are shown, and characters of each."""


def latest_check(response: Response) -> str:
    """How to check the latest stop that says how."""
    steps = [step for step in response.playbook.rooms["contain"].steps if step.kind == "choice"]
    options = {option.id: option for step in steps for option in step.options}
    for stop in reversed(response.state.stops):
        run = options[stop.option].run if stop.option in options else None
        if run is not None and run.verify is not None:
            return run.verify.text
    return ""


class StopFlow(RoomView):
    """What the contain room does with one way to stop the agent."""

    def stop_by(self, option: Option) -> None:
        """Ask for what its command needs, then what to do with it; or how it was done by hand."""
        if option.run is None:
            question = option.manual.ask if option.manual else "How?"
            self._ask_how(option, (), question)
            return
        self._ask_values(option, "stop", partial(self._offer, option))

    def _ask_values(self, option: Option, purpose: Purpose, then: Callable[[dict[str, str]], object]) -> None:
        last = self.response.state.last_command(option.id)
        known = last.values if last is not None else {}
        offered = {
            AGENT: ("What the agent is called there", self.response.agent or ""),
            **{name: (var.prompt, var.default or "") for name, var in self.response.playbook.vars.items()},
        }
        names = [name for name in variables_of(argv_for(option, purpose)) if name in offered]
        if purpose == "undo":  # of the very thing that was done
            names = [name for name in names if name not in known]
        fields = [Field(name, offered[name][0], known.get(name) or offered[name][1]) for name in names]
        if not fields:
            then(known)
            return
        assert option.run is not None

        def check(values: dict[str, str]) -> None:
            check_values(self.response.playbook.vars, values)
            self.response.command(option, {**known, **values}, purpose)

        self.ask(
            option.label,
            fields,
            check,
            lead=(option.run.note or "") if purpose == "stop" else "",
            accept="show the command",
            then=lambda values: then({**known, **values}),
        )

    def _offer(self, option: Option, values: dict[str, str]) -> None:
        """The command, and what can be done with it."""
        run = option.run
        assert run is not None
        try:
            argv = self.response.command(option, values)
        except RunbookError as error:
            self.notify(f"{error.what}: {error.advice}", severity="warning", markup=False)
            return
        last = self.response.state.last_command(option.id)
        lines = [
            *([f"Last time, {clock_time(last.at)} UTC: {last.said}", ""] if last is not None else []),
            *_quoted(argv),
            "",
            f"Effect: {run.effect}.",
            *([f"Then check: {run.verify.text}"] if run.verify else []),
            *(["A rehearsal runs nothing here."] if self.response.rehearsal else []),
        ]
        done = any(stop.option == option.id for stop in self.response.state.stops)
        acts: dict[str, tuple[str, Callable[[], object]]] = {}
        runs = not self.response.rehearsal
        if done and runs and argv_for(option, "check"):
            acts["check"] = ("Check again that it holds", lambda: self._run(option, "check", values))
        if done and runs and run.undo:
            undo = partial(self._undo, option)
            acts["undo"] = ("Take it back", lambda: self._ask_values(option, "undo", undo))
        if runs:
            again = "Run it again" if done else "Run it here"
            acts["run"] = (again, lambda: self._confirm_run(option, "stop", argv, values))
        acts["hand"] = (
            "I ran it myself: record it",
            lambda: self._ask_how(option, argv, "What happened?", "such as: ran it, deployment scaled"),
        )
        acts["copy"] = ("Copy it, as one line for a shell", lambda: self._copy(argv))
        self.ask_choice(
            option.label,
            [(name, text) for name, (text, _) in acts.items()],
            lambda name: acts[name][1](),
            lead="\n".join(lines),
            careful=True,
        )

    def _undo(self, option: Option, values: dict[str, str]) -> None:
        argv = self.response.command(option, values, "undo")
        self.ask_choice(
            f"Take back: {option.label}",
            [("run", "Run it here"), ("hand", "I took it back myself: record it")],
            lambda how: (
                self._confirm_run(option, "undo", argv, values) if how == "run" else self._ask_undone(option)
            ),
            lead="\n".join(_quoted(argv)),
            careful=True,
        )

    def _ask_undone(self, option: Option) -> None:
        self.ask(
            f"Taken back: {option.label}",
            [Field("how", "What happened?")],
            lambda values: self.response.stop_undone(option, values["how"]),
            accept="record it",
        )

    def _copy(self, argv: tuple[str, ...]) -> None:
        self.notify(hand_over(self.app, shlex.join(argv), "the command"), markup=False)

    def _ask_how(self, option: Option, argv: tuple[str, ...], question: str, hint: str = "") -> None:
        """Record a stop that was carried out elsewhere."""
        stops = reversed(self.response.state.stops)
        before = next((stop for stop in stops if stop.option == option.id), None)
        lead = (
            f"Recorded at {clock_time(before.at)} UTC. What you write now is recorded beside it."
            if before is not None
            else ""
        )
        self.ask(
            option.label,
            [Field("how", question, before.how if before is not None else "", hint=hint)],
            lambda values: self.response.stop_done(option, argv, values["how"]),
            lead=lead,
            accept="mark as done" if argv else "record it",
        )

    def _confirm_run(
        self, option: Option, purpose: Purpose, argv: tuple[str, ...], values: dict[str, str]
    ) -> None:
        """What cannot be undone, or hides letters of other alphabets, is typed first."""
        typed = to_be_typed(option, argv)
        if typed is None:
            self._run(option, purpose, values)
            return
        assert option.run is not None
        self.ask(
            option.label,
            [Field("typed", f"Type {msgspec.json.encode(typed).decode()} to run it")],
            partial(_must_be, typed),
            lead=f"Effect: {option.run.effect}.",
            accept="run it",
            then=lambda _: self._run(option, purpose, values),
        )

    def _run(self, option: Option, purpose: Purpose, values: dict[str, str]) -> None:
        """Announce it in the record, run it, write down how it went, and go on from there."""
        assert option.run is not None
        try:
            run = self.response.begin_command(option, purpose, values)
        except RunbookError as error:
            self.notify(f"{error.what}: {error.advice}", severity="warning", markup=False)
            return
        timeout = option.run.timeout_s
        expects = (
            purpose == "check" and option.run.verify is not None and option.run.verify.expect is not None
        )
        job: Job = partial(execute, run.argv, timeout)
        if expects:
            job = partial(execute_until, run.argv, timeout, lambda ended: _holds(option, ended))

        def write(ended: Ended) -> None:
            try:
                self.response.end_command(run, ended)
            except RunbookError as error:
                said = f"It was run ({ended.said}), and that could not be written down: {error}"
                self.notify(said, severity="error", timeout=30, markup=False)

        def after(_: Ended | None) -> None:
            ours = next(known for known in self.response.state.commands if known.seq == run.seq)
            if ours.status is not None:
                self._went(option, ours, values)
            self.post_message(self.Changed())

        title = _TITLES[purpose].format(option.label)
        limit = WAITED_S if expects else timeout
        self.app.push_screen(RunDialog(title, run.argv, limit, job, write), after)

    def _went(self, option: Option, run: CommandRun, values: dict[str, str]) -> None:
        if run.purpose == "stop" and run.worked:
            if argv_for(option, "check"):
                self._run(option, "check", values)
            else:
                self.confirm()
        elif run.purpose == "check":
            if not self.response.contained_by(option, run):
                last = "\n".join(line[:_SAID] for line in run.output.strip().splitlines()[-_LAST:])
                shown = f"The check did not settle it: {run.said}. It said, last:\n{last or 'nothing'}"
                self.confirm(shown)
        elif run.purpose == "undo":
            told = "Taken back." if run.worked else f"Not known to be taken back: {run.said}"
            self.notify(told, markup=False)
        else:
            told = f"Not known to be stopped: {run.said}. Look before you go on."
            self.notify(told, severity="warning", markup=False)

    def confirm(self, seen: str = "") -> None:
        """Ask whether it holds; only an answer starts the contained clock."""
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
            lead="\n\n".join(filter(None, (seen, latest_check(self.response)))),
            accept="contained",
        )


def _holds(option: Option, ended: Ended) -> bool:
    return ended.worked and shows(option, ended.output)


def _quoted(argv: tuple[str, ...]) -> list[str]:
    """One argument a line and quoted, so that nothing in it can hide."""
    return [f"  {msgspec.json.encode(argument).decode()}" for argument in argv]


def _must_be(wanted: str, values: dict[str, str]) -> None:
    if values["typed"].strip() != wanted:
        raise RefusedError("not the same", values["typed"], f"type {wanted}, or press escape")
