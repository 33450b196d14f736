"""What every rule looks at: the session, the playbook, a good run, and what was known before each step."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from datetime import timedelta
from functools import cached_property
from typing import Any

from runbook_tui.diagnosis.beside import Beside, put_beside
from runbook_tui.diagnosis.context_diff import ContextChange, context_changes
from runbook_tui.diagnosis.contract import Contract, contracts
from runbook_tui.diagnosis.definitions import offered_tools
from runbook_tui.diagnosis.knowledge import Knowledge
from runbook_tui.diagnosis.known import tokens
from runbook_tui.diagnosis.presence import delegated_calls
from runbook_tui.diagnosis.provenance import Provenance
from runbook_tui.diagnosis.staleness import stale_results
from runbook_tui.playbook import Playbook, ToolEntry, classify_tool
from runbook_tui.trace import Evidence, Flag, SessionTrace, Step
from runbook_tui.trace.words import FlagName, Severity

__all__ = ["Case"]


class Case:
    """One session under diagnosis.

    Args:
        session: the session.
        playbook: its catalogue and thresholds.
        baseline: sessions of the same agent known to be good; may be empty.
        growing: whether the run may still go on: what is missing at its end is no finding then.
    """

    def __init__(
        self,
        session: SessionTrace,
        playbook: Playbook,
        baseline: tuple[SessionTrace, ...] = (),
        *,
        growing: bool = False,
    ) -> None:
        self.growing = growing
        self.session = session
        self.playbook = playbook
        self.baseline = baseline
        self.thresholds = playbook.thresholds
        self._entries: dict[str, ToolEntry] = {}

    def tool(self, name: str) -> ToolEntry:
        """What the catalogue says of a tool."""
        if name not in self._entries:
            self._entries[name] = classify_tool(self.playbook.tools, name)
        return self._entries[name]

    @cached_property
    def contracts(self) -> dict[str, Contract]:
        """The contract of every tool of the session that has one."""
        names = {step.span.tool.name for step in self.tool_steps if step.span.tool is not None}
        return contracts({name: self.tool(name) for name in names}, self.baseline)

    @cached_property
    def offered_tools(self) -> dict[str, dict[str, Any]]:
        """By name, the schema of the arguments of every tool that a model was offered; {} where none is told."""
        return offered_tools(self.llm_steps)

    @cached_property
    def asked_by(self) -> dict[str, Step]:
        """By call id, the model call that asked for it."""
        return {
            call.call_id: step
            for step in self.llm_steps
            for call in step.span.requested_calls
            if call.call_id
        }

    def asking(self, step: Step) -> Step | None:
        """The model call that a tool call was asked for by; without ids the last one before it."""
        tool = step.span.tool
        known = self.asked_by.get(tool.call_id) if tool is not None and tool.call_id else None
        if known is not None:
            return known
        at = bisect_left(self.llm_steps, step.index, key=lambda item: item.index)
        return self.llm_steps[at - 1] if at else None

    @cached_property
    def asked(self) -> dict[str, str]:
        """By call id, the arguments as the model wrote them."""
        return {
            call.call_id: call.text
            for step in self.llm_steps
            for call in step.span.requested_calls
            if call.call_id
        }

    @cached_property
    def tool_steps(self) -> tuple[Step, ...]:
        """The steps that called a tool, a memory or a retriever, in causal order."""
        return tuple(step for step in self.session.steps if step.span.tool is not None)

    @cached_property
    def llm_steps(self) -> tuple[Step, ...]:
        """The LLM calls, in causal order."""
        return tuple(step for step in self.session.steps if step.kind == "llm")

    @cached_property
    def task(self) -> str | None:
        """What the agent was asked: the first user message of the session."""
        for span in (*(step.span for step in self.session.steps), *self.session.spans):
            for message in span.input_messages:
                if message.role == "user" and message.text.strip():
                    return message.text.strip()
        return None

    @cached_property
    def instructions(self) -> str:
        """The system prompts of the session, each once."""
        found = (
            message.text
            for span in self.session.spans
            for message in span.input_messages
            if message.role == "system"
        )
        return "\n".join(dict.fromkeys(found))

    @cached_property
    def final(self) -> Step | None:
        """The last LLM call that said something."""
        return next((step for step in reversed(self.llm_steps) if step.span.output_text.strip()), None)

    @cached_property
    def beside(self) -> tuple[Beside, ...]:
        """The session beside each good run."""
        return tuple(put_beside(self.session, good) for good in self.baseline)

    @cached_property
    def context_changes(self) -> tuple[ContextChange, ...]:
        """How each LLM call's context differs from that of the call it continues."""
        return tuple(context_changes(self.session))

    @cached_property
    def knowledge(self) -> Knowledge:
        """What the session knew before each step: prompts, definitions, results."""
        return Knowledge(self.session)

    @cached_property
    def provenance(self) -> Provenance:
        """What gave out the ids that tools are called with."""
        return Provenance(self.session)

    @cached_property
    def stale_results(self) -> tuple[tuple[Step, str], ...]:
        """Results older than the playbook allows, by a date of their own, each with what it says."""
        reads = (
            step
            for step in self.tool_steps
            if step.span.tool is not None
            and (step.kind == "retrieval" or self.tool(step.span.tool.name).effect == "read")
        )
        limit = timedelta(days=self.thresholds.stale_after_days)
        return tuple(stale_results(self.session, reads, limit))

    @cached_property
    def text_lengths(self) -> Counter[int]:
        """How many attributes of the session have a text of each length: recorders cut all at the same one."""
        return Counter(
            len(value)
            for span in self.session.spans
            for value in span.attributes.values()
            if isinstance(value, str)
        )

    @cached_property
    def delegated(self) -> frozenset[str | None]:
        """Calls of tools that are agents themselves: their results are a model's words, not the world's."""
        return delegated_calls(self.session)

    def flag(self, name: FlagName, severity: Severity, step: Step, detail: str) -> Flag:
        """A detected flag on that step."""
        return Flag(name, severity, step.number, step.span.span_id, detail, "detected")

    def evidence(self, text: str, step: Step) -> Evidence:
        """A sentence resting on that step."""
        return Evidence(text, step.number, step.span.span_id)

    @cached_property
    def task_tokens(self) -> frozenset[str]:
        """The content words of task and instructions."""
        return frozenset(tokens(f"{self.task or ''}\n{self.instructions}"))
