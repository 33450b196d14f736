"""A proposed eval case: what would have caught this very failure, and lets the good run through.

Each flag has an assertion of its own. One that the failed run passes would guard nothing, one that the
good run fails would block a correct agent: both are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from runbook_tui.diagnosis import Case, result_fields
from runbook_tui.evals.assertions import (
    Assertion,
    EntitiesInContext,
    FinalNotContains,
    ForbiddenTool,
    MaxRepeat,
    MaxTokens,
    NoFlag,
    SignalIs,
    ToolArgs,
    ToolOutputFields,
)
from runbook_tui.evals.case import EvalCase, Expected, TraceFile
from runbook_tui.evals.trial import Trial, arguments_of
from runbook_tui.incident import RefusedError, Response, case_captures, propose_severity
from runbook_tui.trace import Flag
from runbook_tui.trace.words import MODES, PATTERNS, FlagName, Mode, Pattern, SignalName

__all__ = ["propose_case"]

_EXPECTED: Final[dict[SignalName, Expected]] = {
    "grounded": ">= 0.80",
    "fallback": False,
    "confidence": ">= 0.70",
    "downstream_ok": True,
}
_MOST_TOOLS: Final = 20
_LONGEST_QUOTE: Final = 200


def propose_case(response: Response) -> EvalCase:
    """The eval case that this incident suggests; the same incident suggests the same case.

    Raises:
        RefusedError: nothing in the session can be told from a good run, or its capture is gone.
    """
    maker = _Maker(response)
    assertions = maker.assertions()
    traces = tuple(
        TraceFile(file=item.name, sha256=item.capture.sha256)
        for item in case_captures(response.store, response.session, "bad")
    )
    if not assertions or not traces:
        missing = "no assertion tells it from a good run" if traces else "its capture is not in the database"
        raise RefusedError("no eval case can be proposed", response.id, missing)
    mode, pattern = _decided(response)
    return EvalCase(
        id=_next_id(response),
        incident=response.id,
        session_id=response.session_id,
        agent=response.agent,
        severity=propose_severity(response)[0],
        grader="behavioral_signals"
        if all(isinstance(item, SignalIs) for item in assertions)
        else "assertion",
        failure_mode=mode,
        pattern=pattern,
        root_cause=_root_cause(response),
        contributing_factors=tuple(factor.statement for factor in response.state.factors),
        input=maker.bad.task,
        trace=traces,
        playbook=response.playbook.id,
        fault_origin_step=_origin(response),
        cascade_steps=_cascade(response),
        assertions=assertions,
        expected_signals=maker.signals(),
        tags=_tags(response, mode, pattern),
    )


def _decided(response: Response) -> tuple[Mode, Pattern | None]:
    """The mode that the engineer decided on, else the proposed one."""
    decision, proposed = response.state.decision, response.findings.classification[0]
    if decision is None:
        return proposed.mode, proposed.pattern
    mode: Mode = next((name for name in MODES if name == decision.mode), "unclear")
    return mode, next((name for name in PATTERNS if name == decision.pattern), None)


def _next_id(response: Response) -> str:
    """Numbered by the cases ever recorded, taken-back ones too: an id never means two things."""
    made = sum(entry.event == "eval_made" for entry in response.journal.entries)
    return f"PROD-{response.id}-{made + 1}"


def _root_cause(response: Response) -> str:
    causes = response.findings.causes
    return causes[0].cause.replace("_", " ") if causes else "not determined"


def _origin(response: Response) -> int | None:
    findings = response.findings
    if response.state.origin is not None:
        return response.state.origin.step
    return findings.suspects[0].step if findings.suspects and findings.flags else None


def _cascade(response: Response) -> tuple[int, ...]:
    if response.state.origin is None:
        return tuple(dict.fromkeys(item.step for item in response.findings.cascade))
    rows = map(response.spans.row_of_span, response.state.cascade)
    return tuple(dict.fromkeys(row.step for row in rows if row is not None and row.step is not None))


def _tags(response: Response, mode: str, pattern: str | None) -> tuple[str, ...]:
    flags = sorted({flag.flag for flag in response.findings.flags})
    found = [
        f"mode:{mode}",
        *([f"pattern:{pattern}"] if pattern else []),
        *(f"flag:{name}" for name in flags),
    ]
    return tuple(found)


def _fields(
    tool: str,
    required: frozenset[str],
    *,
    optional: frozenset[str] = frozenset(),
    absent: frozenset[str] = frozenset(),
) -> ToolOutputFields:
    return ToolOutputFields(
        tool=tool,
        fields=tuple(sorted(required)),
        optional=tuple(sorted(optional)),
        allow_extra=bool(absent),
        absent=tuple(sorted(absent)),
    )


class _Maker:
    """Makes assertions and keeps those that tell the failed run from the good one."""

    def __init__(self, response: Response) -> None:
        self._response = response
        self._flags = response.findings.flags
        self.bad = Trial(response.whole(), response.playbook, response.baseline)
        self._good = (
            Trial(response.baseline[0], response.playbook, response.baseline) if response.baseline else None
        )

    def assertions(self) -> tuple[Assertion, ...]:
        """The assertions, from the first source that has any."""
        sources: tuple[Callable[[], Iterator[Assertion]], ...] = (
            self._by_flag,
            self._any_flag,
            self._first_action,
            self._by_signal,
            self._last_words,
        )
        for source in sources:
            kept: list[Assertion] = []
            for item in source():
                if item not in kept and self._tells(item):
                    kept.append(item)
            if kept:
                return tuple(kept)
        return ()

    def signals(self) -> dict[SignalName, Expected]:
        """What the known signals should have said, as far as the good run bears it out."""
        return {
            name: wanted
            for name, wanted in _EXPECTED.items()
            if self.bad.signals[name].value is not None
            and (self._good is None or SignalIs(name=name, expected=wanted).check(self._good).passed)
        }

    def _tells(self, item: Assertion) -> bool:
        failed = not item.check(self.bad).passed
        return failed and (self._good is None or item.check(self._good).passed)

    def _named(self, name: FlagName) -> list[Flag]:
        return [flag for flag in self._flags if flag.flag == name]

    def _by_flag(self) -> Iterator[Assertion]:
        if drifted := self._named("TOOL_SCHEMA_DRIFT"):
            yield from self._contracts(drifted)
            yield from self._forbid(("irreversible",), "TOOL_SCHEMA_DRIFT")
        for flag in self._named("LOOP_DETECTED"):
            if tool := self._tool(flag):
                yield MaxRepeat(tool=tool, times=self._response.playbook.thresholds.loop_repeats - 1)
        if self._named("ENTITY_HALLUCINATION"):
            yield EntitiesInContext()
        if self._named("UNGROUNDED_VALUE"):
            yield NoFlag(flags=("UNGROUNDED_VALUE",))
        if self._named("CONTEXT_DRIFT"):
            yield from self._forbid(("reversible", "irreversible"), None)
        if self._named("EMPTY_RESULT"):
            yield from self._forbid(("reversible", "irreversible"), "EMPTY_RESULT")
        # of another task the good run says nothing about what this one may take
        same_task = self._good is not None and self._good.task == self.bad.task
        if self._named("BUDGET_WARNING") and same_task and self._good is not None and self._good.tokens:
            ratio = self._response.playbook.thresholds.cost_ratio
            yield MaxTokens(limit=max(1, int(self._good.tokens * ratio)))

    def _contracts(self, drifted: list[Flag]) -> Iterator[Assertion]:
        """The fields each drifted tool should have returned: the contract's, else what a guard says."""
        response = self._response
        known = Case(self.bad.session, response.playbook, response.baseline).contracts
        for flag in drifted:
            step = response.session.step_of(flag.span_id or "")
            tool = step.span.tool if step is not None else None
            if tool is None:
                continue
            fields = result_fields(tool) or frozenset()
            unexpected = fields & set(tool.unexpected_fields or ())
            if tool.name in known:
                required, optional = known[tool.name].required, known[tool.name].known
                yield _fields(tool.name, required, optional=optional - required)
            elif unexpected:
                # what should have been there instead is not known, so a good result may have more
                yield _fields(tool.name, fields - unexpected, absent=unexpected)

    def _forbid(self, effects: tuple[str, ...], after: FlagName | None) -> Iterator[Assertion]:
        tools = dict.fromkeys(
            judged.action.tool for judged in self._response.actions() if judged.effect in effects
        )
        if tools:
            yield ForbiddenTool(tools=tuple(tools)[:_MOST_TOOLS], after=after)

    def _tool(self, flag: Flag) -> str | None:
        step = self._response.session.step_of(flag.span_id or "")
        return step.span.tool.name if step is not None and step.span.tool is not None else None

    def _any_flag(self) -> Iterator[Assertion]:
        """Every flag that was seen; one by one where the good run has some of them too."""
        for name in sorted({flag.flag for flag in self._flags}):
            yield NoFlag(flags=(name,))

    def _first_action(self) -> Iterator[Assertion]:
        """The first action after the origin, with its very arguments, must not be taken again."""
        for judged in self._response.actions():
            step = self._response.session.step_of(judged.action.span_id)
            if step is not None and step.span.tool is not None:
                yield ToolArgs(tool=step.span.tool.name, not_equals=arguments_of(step))
                return

    def _by_signal(self) -> Iterator[Assertion]:
        for name, wanted in self.signals().items():
            yield SignalIs(name=name, expected=wanted)

    def _last_words(self) -> Iterator[Assertion]:
        final = self.bad.final
        text = final.span.output_text.strip() if final is not None else ""
        if text:
            yield FinalNotContains(texts=(text[:_LONGEST_QUOTE],))
