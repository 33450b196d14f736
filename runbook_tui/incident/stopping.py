"""What the contain room records: commands, what they did, and the check that the stop holds."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from typing import Final

import msgspec

from runbook_tui.incident.execution import Ended
from runbook_tui.incident.standing import RefusedError
from runbook_tui.incident.state import CommandRun, Purpose
from runbook_tui.incident.writing_up import WritingUp
from runbook_tui.playbook import Option, SubstitutionError, substitute, variables_of

__all__ = ["AGENT", "Stopping", "argv_for", "shows", "to_be_typed"]

AGENT: Final = "agent"
"""The variable for the agent's name: the trace's unless the engineer says what it is called where it runs."""
_SHORTEST: Final = 10
"""Characters that say how something was checked, at least: as many as the playbooks ask for."""


def argv_for(option: Option, purpose: Purpose) -> tuple[str, ...] | None:
    """The command of an option for that purpose, as the playbook has it."""
    run = option.run
    if run is None:
        return None
    if purpose == "check":
        return run.verify.argv if run.verify is not None else None
    return run.argv if purpose == "stop" else run.undo


def shows(option: Option, output: str) -> bool:
    """Whether the output of its check is what the playbook expects of a stop that holds."""
    verify = option.run.verify if option.run is not None else None
    return (
        verify is not None and verify.expect is not None and bool(re.fullmatch(verify.expect, output.strip()))
    )


def to_be_typed(option: Option, argv: Sequence[str]) -> str | None:
    """What has to be typed before a command runs: its last argument where it cannot be undone or is not plain ASCII."""
    firm = option.run is not None and option.run.effect in ("destructive", "irreversible")
    return argv[-1] if firm or not all(argument.isascii() for argument in argv) else None


class Stopping(WritingUp):
    """The acts of the contain room."""

    rehearsal = False
    """In a rehearsal no command is run here."""

    def command(self, option: Option, values: dict[str, str], purpose: Purpose = "stop") -> tuple[str, ...]:
        """A command of a stop option with these values in place; () where it has none for that.

        Raises:
            RefusedError: a value is missing or not allowed in a command.
        """
        argv = argv_for(option, purpose)
        if argv is None:
            return ()
        for name in variables_of(argv):
            asked = self.playbook.vars.get(name)  # None for what is always there, such as the agent
            problem = asked.problem_with(values[name]) if asked is not None and name in values else None
            if problem:
                raise RefusedError(f"{name} cannot be used", values[name], problem)
        try:
            return substitute(argv, self._all_values(values))
        except SubstitutionError as error:
            raise RefusedError("cannot build the command", option.label, str(error)) from error

    def begin_command(self, option: Option, purpose: Purpose, values: dict[str, str]) -> CommandRun:
        """Write down that a command is about to be run; only then may it be.

        Raises:
            RefusedError: this is a rehearsal, or it has no such command, or a value is not allowed in it.
        """
        if self.rehearsal:
            raise RefusedError("a rehearsal runs no command", option.label, "record it as done by hand")
        argv = self.command(option, values, purpose)
        if not argv:
            raise RefusedError(f"no command to {purpose}", option.label, "do it by hand, and record it")
        used = {name: value for name, value in values.items() if name in self.playbook.vars or name == AGENT}
        self._record(
            "command_started",
            option=option.id,
            label=option.label,
            purpose=purpose,
            argv=list(argv),
            values=used,
        )
        return self.state.commands[-1]

    def end_command(self, run: CommandRun, ended: Ended) -> CommandRun:
        """Write down how it went. A stop that exited with 0 was carried out; whether it holds is for the check."""
        self._record("command_ended", started=run.seq, said=ended.said, **msgspec.structs.asdict(ended))
        return next(known for known in self.state.commands if known.seq == run.seq)

    def contained_by(self, option: Option, run: CommandRun) -> bool:
        """Whether a check showed what the playbook expects; if so, that it is contained is recorded."""
        if not shows(option, run.output) or not run.worked:
            return False
        assert option.run is not None
        assert option.run.verify is not None
        said = " ".join(run.output.split())[:200] or "nothing, as expected"
        self.contained(f"{option.run.verify.text} {shlex.join(run.argv)} said: {said}")
        return True

    def _all_values(self, values: dict[str, str]) -> dict[str, str]:
        known = {name: var.default for name, var in self.playbook.vars.items() if var.default is not None}
        own = {"incident.id": self.id, "session.id": self.session_id}
        return {AGENT: self.agent or "", **known, **values, **own}

    def stop_done(self, option: Option, argv: Sequence[str], how: str) -> None:
        """Record that a stop action was carried out, by hand."""
        self._record("stop_done", option=option.id, label=option.label, argv=list(argv), how=how)

    def stop_undone(self, option: Option, how: str) -> None:
        """Record that a stop action was taken back, by hand."""
        self._record("stop_undone", option=option.id, label=option.label, how=how.strip())

    def contained(self, how: str) -> None:
        """Record that the stop was checked and holds: this sets the contained clock.

        Raises:
            RefusedError: nothing was done yet, or the check is not described.
        """
        if not self.state.stops:
            raise RefusedError("nothing was stopped yet", self.id, "choose a way to stop the agent first")
        if len(how.strip()) < _SHORTEST:
            told = how.strip() or "nothing written"
            raise RefusedError("too short for a check", told, "say what you looked at and what it showed")
        self._record("contained", how=how.strip())

    def agent_stopped(self, span_id: str, how: str) -> None:
        """Record that a spawned agent is stopped or idle."""
        self._record("agent_stopped", span_id=span_id, how=how.strip())
