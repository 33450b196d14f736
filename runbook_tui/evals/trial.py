"""One run on trial: the session that assertions are checked on, and what the diagnosis says of it."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from runbook_tui.diagnosis import Case, find_flags, find_loops, find_signals, tokens_used
from runbook_tui.playbook import Contract, Playbook
from runbook_tui.trace import Flag, SessionTrace, Signal, Step
from runbook_tui.trace.jsontext import decode
from runbook_tui.trace.words import FlagName, SignalName

__all__ = ["Trial", "arguments_of"]


class Trial:
    """A session under test. What is asked of it is worked out once.

    Args:
        session: the run.
        playbook: whose catalogue and thresholds apply.
        baseline: good runs to judge against.
        contracts: the fields of a tool's result, where the case states all of them.
    """

    def __init__(
        self,
        session: SessionTrace,
        playbook: Playbook,
        baseline: tuple[SessionTrace, ...] = (),
        contracts: dict[str, tuple[str, ...]] | None = None,
    ) -> None:
        self.session = session
        self._case = Case(session, playbook, baseline)
        if contracts:
            stated = tuple(
                self._case.tool(name).model_copy(
                    update={"match": name, "contract": Contract.model_construct(fields=fields)}
                )
                for name, fields in contracts.items()
            )
            own = playbook.model_copy(update={"tools": (*stated, *playbook.tools)})
            self._case = Case(session, own, baseline)

    def calls(self, tool: str) -> tuple[Step, ...]:
        """The calls of that tool, in causal order."""
        return tuple(step for step in self._case.tool_steps if step.span.tool and step.span.tool.name == tool)

    @cached_property
    def flags(self) -> tuple[Flag, ...]:
        """Every flag of the run."""
        return find_flags(self._case)

    def flagged(self, name: FlagName) -> Flag | None:
        """The first flag of that name."""
        return next((flag for flag in self.flags if flag.flag == name), None)

    @cached_property
    def signals(self) -> dict[SignalName, Signal]:
        """The four signals."""
        return find_signals(self._case, self.flags)

    @cached_property
    def tokens(self) -> int | None:
        """Tokens used in all, None where no call carries any."""
        asked, said = tokens_used(self.session)
        return None if asked is None and said is None else (asked or 0) + (said or 0)

    @property
    def task(self) -> str:
        """What the agent was asked."""
        return self._case.task or ""

    @property
    def final(self) -> Step | None:
        """The last LLM call that said something."""
        return self._case.final

    def looped(self, tool: str, times: int) -> Step | None:
        """The call with which a tool is called with alike arguments once more than `times`; the detector's own measure."""
        playbook = self._case.playbook
        thresholds = playbook.thresholds.model_copy(update={"loop_repeats": times + 1})
        judged = Case(self.session, playbook.model_copy(update={"thresholds": thresholds}))
        spans = {step.span.span_id for step in self.calls(tool)}
        return next(
            (steps[times] for steps in find_loops(judged) if steps[times].span.span_id in spans), None
        )


def arguments_of(step: Step) -> Any:
    """The arguments of a tool call: decoded where they are JSON, else as they are written."""
    text = step.span.tool.arguments if step.span.tool else None
    value = decode(text)
    return text if value is None else value
