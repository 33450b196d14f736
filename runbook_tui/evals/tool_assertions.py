"""Assertions on the tools a run calls: which ones, with what, how often, and what they return."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal

from pydantic import (
    Field,
    JsonValue,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from runbook_tui.diagnosis import is_empty, result_fields
from runbook_tui.evals.trial import Trial, arguments_of
from runbook_tui.evals.verdict import Name, Names, Verdict, at_step, listed, not_exercised
from runbook_tui.playbook.fields import Regex, Strict
from runbook_tui.trace.counted import counted
from runbook_tui.trace.jsontext import flat_values
from runbook_tui.trace.words import FlagName

__all__ = ["ForbiddenTool", "MaxRepeat", "RequiredTool", "ToolArgs", "ToolOutputFields"]

_LONGEST_MATCHED: Final = 10_000
"""Characters a pattern is matched against: a value longer than this is no argument a person reads."""

_TESTS: Final = frozenset({"equals", "matches", "not_equals"})
_ABSENT: Final = object()


class ForbiddenTool(Strict):
    """None of these tools is called; with `after`, none from the first flag of that name on."""

    type: Literal["forbidden_tool"] = "forbidden_tool"
    tools: Names
    after: FlagName | None = None

    @property
    def label(self) -> str:
        """The assertion in a few words."""
        return f"never calls {listed(self.tools)}" + (f" after {self.after}" if self.after else "")

    def check(self, trial: Trial) -> Verdict:
        """Judge a run."""
        since = 0
        if self.after is not None:
            flag = trial.flagged(self.after)
            begin = trial.session.step_of(flag.span_id) if flag and flag.span_id else None
            if begin is None:
                return not_exercised(f"{self.after} is not there")
            since = begin.index
        calls = [step for name in self.tools for step in trial.calls(name) if step.index >= since]
        if not calls:
            return Verdict(True, "not called")
        first = min(calls, key=lambda step: step.index)
        return at_step(
            False, f"{first.label} was called, {counted(len(calls), 'forbidden call')} in all", first
        )


class RequiredTool(Strict):
    """Each of these tools is called at least once."""

    type: Literal["required_tool"] = "required_tool"
    tools: Names

    @property
    def label(self) -> str:
        """The assertion in a few words."""
        return f"calls {listed(self.tools)}"

    def check(self, trial: Trial) -> Verdict:
        """Judge a run."""
        missing = [name for name in self.tools if not trial.calls(name)]
        return Verdict(not missing, f"{listed(missing)} not called" if missing else "called")


class ToolArgs(Strict):
    """What every call of a tool is given. A run that never calls it breaks nothing; see `required_tool`."""

    type: Literal["tool_args"] = "tool_args"
    tool: Name
    path: str = ""
    """Dotted, as `order.lines[0].amount`; empty for the arguments as a whole."""
    equals: JsonValue | None = None
    matches: Regex | None = None
    """From end to end."""
    not_equals: JsonValue | None = None

    @model_serializer(mode="wrap")
    def _only_what_is_stated(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        data: dict[str, Any] = write(self)
        return {name: value for name, value in data.items() if name not in _TESTS - self.model_fields_set}

    @model_validator(mode="after")
    def _one_test(self) -> ToolArgs:
        if len(self.model_fields_set & _TESTS) != 1:
            raise ValueError("give exactly one of equals, matches, not_equals")
        return self

    @property
    def label(self) -> str:
        """The assertion in a few words."""
        test = next(iter(self.model_fields_set & _TESTS))
        value = str(getattr(self, test))
        shown = value if len(value) <= 80 else value[:79] + "…"
        return f"{self.tool} {self.path or 'arguments'} {test.replace('_', ' ')} {shown}"

    def check(self, trial: Trial) -> Verdict:
        """Judge a run."""
        calls = trial.calls(self.tool)
        for step in calls:
            value = arguments_of(step)
            given = value if not self.path else _value_at(value, self.path)
            if not self._allows(given):
                shown = "is absent" if given is _ABSENT else f"is {str(given)[:120]}"
                return at_step(False, f"{self.tool}: {self.path or 'arguments'} {shown}", step)
        if calls or "not_equals" in self.model_fields_set:  # not calling it is one way not to call it so
            return Verdict(True, f"{len(calls)} calls as required" if calls else f"{self.tool} not called")
        return not_exercised(f"{self.tool} not called")

    def _allows(self, given: Any) -> bool:
        if "not_equals" in self.model_fields_set:
            return given is _ABSENT or not _same(given, self.not_equals)
        if given is _ABSENT:
            return False
        if self.matches is not None:
            return re.fullmatch(self.matches, str(given)[:_LONGEST_MATCHED]) is not None
        return _same(given, self.equals)


class ToolOutputFields(Strict):
    """The fields of a tool's results; a renamed, missing or new field is schema drift."""

    type: Literal["tool_output_fields"] = "tool_output_fields"
    tool: Name
    fields: tuple[Name, ...]
    """Every result has them. Dotted, list positions left out: `orders.amount`."""
    optional: tuple[Name, ...] = ()
    """A result may have them."""
    allow_extra: bool = False
    absent: tuple[Name, ...] = ()
    """No result has them, `allow_extra` or not: fields that a guard called unexpected."""

    @property
    def label(self) -> str:
        """The assertion in a few words."""
        without = f" without {listed(self.absent)}" if self.absent else ""
        return f"{self.tool} returns {listed(self.fields)}{without}"

    def check(self, trial: Trial) -> Verdict:
        """Judge a run."""
        known = {*self.fields, *self.optional}
        calls = trial.calls(self.tool)
        seen = 0
        for step in calls:
            tool = step.span.tool
            if tool is None or step.span.status == "error" or is_empty(tool):
                continue  # an error or an empty answer has another shape, and flags of its own
            fields = result_fields(tool)
            if not fields:
                continue
            seen += 1
            missing = sorted(set(self.fields) - fields)
            extra = sorted(fields & set(self.absent) if self.allow_extra else fields - known)
            if missing or extra:
                said = [f"{listed(missing)} missing"] if missing else []
                said += [f"{listed(extra)} unexpected"] if extra else []
                return at_step(False, f"{self.tool}: {'; '.join(said)}", step)
        if seen:
            return Verdict(True, "fields as expected")
        return not_exercised(f"{self.tool} returned no fields" if calls else f"{self.tool} not called")


class MaxRepeat(Strict):
    """A tool is called with alike arguments so many times at most."""

    type: Literal["max_repeat"] = "max_repeat"
    tool: Name
    times: Annotated[int, Field(ge=1, le=1_000_000)]

    @property
    def label(self) -> str:
        """The assertion in a few words."""
        return f"{self.tool} at most {self.times} times with alike arguments"

    def check(self, trial: Trial) -> Verdict:
        """Judge a run."""
        step = trial.looped(self.tool, self.times)
        if step is None:
            called = bool(trial.calls(self.tool))
            return Verdict(True, "not more often") if called else not_exercised(f"{self.tool} not called")
        return Verdict(False, f"{self.tool} called more often", step.number, step.span.span_id)


def _value_at(arguments: Any, path: str) -> Any:
    """The value at a dotted path; containers are compared whole, so a path may end at one."""
    if not isinstance(arguments, dict | list):
        return _ABSENT
    leaf = dict(flat_values(arguments)).get(path, _ABSENT)
    if leaf is not _ABSENT:
        return leaf
    value = arguments
    for part in re.findall(r"[^.\[\]]+", path):
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return _ABSENT
    return value


def _same(given: Any, wanted: Any) -> bool:
    """JSON equality: 1 and 1.0 are the same number, true is not 1."""
    if isinstance(given, dict) and isinstance(wanted, dict):
        return given.keys() == wanted.keys() and all(_same(given[key], wanted[key]) for key in given)
    if isinstance(given, list) and isinstance(wanted, list):
        return len(given) == len(wanted) and all(map(_same, given, wanted))
    return isinstance(given, bool) is isinstance(wanted, bool) and bool(given == wanted)
