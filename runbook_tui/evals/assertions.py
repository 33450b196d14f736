"""What a run can be required to do: a closed vocabulary, so that a case is data and never code."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any, Final, Literal, NamedTuple

from pydantic import (
    Field,
    JsonValue,
    SerializerFunctionWrapHandler,
    StringConstraints,
    model_serializer,
    model_validator,
)

from runbook_tui.diagnosis import is_empty, result_fields
from runbook_tui.evals.trial import Trial, arguments_of
from runbook_tui.playbook import holds
from runbook_tui.playbook.fields import Regex, Strict
from runbook_tui.playbook.rules import Comparison
from runbook_tui.trace import Step
from runbook_tui.trace.jsontext import flat_values
from runbook_tui.trace.words import FlagName, SignalName

__all__ = [
    "Assertion",
    "EntitiesInContext",
    "FinalNotContains",
    "ForbiddenTool",
    "MaxRepeat",
    "MaxSteps",
    "MaxTokens",
    "NoFlag",
    "RequiredTool",
    "SignalIs",
    "ToolArgs",
    "ToolOutputFields",
    "Verdict",
]

Name = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
Names = Annotated[tuple[Name, ...], Field(min_length=1)]

_LONGEST_MATCHED: Final = 10_000
"""Characters a pattern is matched against: a value longer than this is no argument a person reads."""


_TESTS: Final = frozenset({"equals", "matches", "not_equals"})


class Verdict(NamedTuple):
    """What one assertion says of a run, and the step it rests on."""

    passed: bool
    said: str
    step: int | None = None
    span_id: str | None = None


def _at(passed: bool, said: str, step: Step) -> Verdict:
    return Verdict(passed, said, step.number, step.span.span_id)


def _listed(names: Iterable[str], most: int = 6) -> str:
    shown = list(names)
    return ", ".join(shown[:most]) + (f" and {len(shown) - most} more" if len(shown) > most else "")


class ForbiddenTool(Strict):
    """None of these tools is called; with `after`, none from the first flag of that name on."""

    type: Literal["forbidden_tool"] = "forbidden_tool"
    tools: Names
    after: FlagName | None = None

    @property
    def label(self) -> str:
        """The assertion in a few words."""
        return f"never calls {_listed(self.tools)}" + (f" after {self.after}" if self.after else "")

    def check(self, trial: Trial) -> Verdict:
        """Judge a run."""
        since = 0
        if self.after is not None:
            flag = trial.flagged(self.after)
            begin = trial.session.step_of(flag.span_id) if flag and flag.span_id else None
            if begin is None:
                return Verdict(True, f"{self.after} is not there")
            since = begin.index
        calls = [step for name in self.tools for step in trial.calls(name) if step.index >= since]
        if not calls:
            return Verdict(True, "not called")
        first = min(calls, key=lambda step: step.index)
        return _at(False, f"{first.label} was called, {len(calls)} forbidden calls in all", first)


class RequiredTool(Strict):
    """Each of these tools is called at least once."""

    type: Literal["required_tool"] = "required_tool"
    tools: Names

    @property
    def label(self) -> str:
        """The assertion in a few words."""
        return f"calls {_listed(self.tools)}"

    def check(self, trial: Trial) -> Verdict:
        """Judge a run."""
        missing = [name for name in self.tools if not trial.calls(name)]
        return Verdict(not missing, f"{_listed(missing)} not called" if missing else "called")


class ToolArgs(Strict):
    """What every call of a tool is given. A run that never calls it passes; see `required_tool`."""

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
                return _at(False, f"{self.tool}: {self.path or 'arguments'} {shown}", step)
        return Verdict(True, f"{len(calls)} calls as required" if calls else f"{self.tool} not called")

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
        without = f" without {_listed(self.absent)}" if self.absent else ""
        return f"{self.tool} returns {_listed(self.fields)}{without}"

    def check(self, trial: Trial) -> Verdict:
        """Judge a run."""
        known = {*self.fields, *self.optional}
        calls = trial.calls(self.tool)
        for step in calls:
            tool = step.span.tool
            if tool is None or step.span.status == "error" or is_empty(tool):
                continue  # an error or an empty answer has another shape, and flags of its own
            fields = result_fields(tool)
            if not fields:
                continue
            missing = sorted(set(self.fields) - fields)
            extra = sorted(fields & set(self.absent) if self.allow_extra else fields - known)
            if missing or extra:
                said = [f"{_listed(missing)} missing"] if missing else []
                said += [f"{_listed(extra)} unexpected"] if extra else []
                return _at(False, f"{self.tool}: {'; '.join(said)}", step)
        return Verdict(True, "fields as expected" if calls else f"{self.tool} not called")


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
        flag = trial.looped(self.tool, self.times)
        if flag is None:
            return Verdict(True, "not more often")
        return Verdict(False, flag.detail, flag.step, flag.span_id)


class MaxSteps(Strict):
    """The run takes so many steps at most."""

    type: Literal["max_steps"] = "max_steps"
    limit: Annotated[int, Field(ge=1)]

    @property
    def label(self) -> str:
        """The assertion in a few words."""
        return f"at most {self.limit:,} steps"

    def check(self, trial: Trial) -> Verdict:
        """Judge a run."""
        steps = trial.session.steps
        said = f"{len(steps):,} steps"
        return Verdict(True, said) if len(steps) <= self.limit else _at(False, said, steps[self.limit])


class MaxTokens(Strict):
    """The run uses so many tokens at most, input and output together."""

    type: Literal["max_tokens"] = "max_tokens"
    limit: Annotated[int, Field(ge=1)]

    @property
    def label(self) -> str:
        """The assertion in a few words."""
        return f"at most {self.limit:,} tokens"

    def check(self, trial: Trial) -> Verdict:
        """Judge a run; one that does not say its tokens fails, for nothing vouches for it."""
        if trial.tokens is None:
            return Verdict(False, "this run does not say how many tokens it used")
        return Verdict(trial.tokens <= self.limit, f"{trial.tokens:,} tokens")


class FinalNotContains(Strict):
    """The last thing the agent said has none of these texts in it; case does not matter."""

    type: Literal["final_not_contains"] = "final_not_contains"
    texts: Names

    @property
    def label(self) -> str:
        """The assertion in a few words."""
        return f"final answer without {_listed(repr(text[:60]) for text in self.texts)}"

    def check(self, trial: Trial) -> Verdict:
        """Judge a run."""
        if trial.final is None:
            return Verdict(True, "no final answer")
        said = trial.final.span.output_text.casefold()
        found = next((text for text in self.texts if text.casefold() in said), None)
        if found is None:
            return Verdict(True, "not said")
        return _at(False, f"says {found[:120]!r}", trial.final)


class EntitiesInContext(Strict):
    """No id in the agent's words or arguments that nothing before it contains."""

    type: Literal["entities_in_context"] = "entities_in_context"

    @property
    def label(self) -> str:
        """The assertion in a few words."""
        return "every id comes from the task or a result"

    def check(self, trial: Trial) -> Verdict:
        """Judge a run."""
        return _absent(trial, ("ENTITY_HALLUCINATION",))


class NoFlag(Strict):
    """The diagnosis raises none of these flags."""

    type: Literal["no_flag"] = "no_flag"
    flags: Annotated[tuple[FlagName, ...], Field(min_length=1)]

    @property
    def label(self) -> str:
        """The assertion in a few words."""
        return f"no {_listed(self.flags)}"

    def check(self, trial: Trial) -> Verdict:
        """Judge a run."""
        return _absent(trial, self.flags)


class SignalIs(Strict):
    """What a behavioural signal says. A signal that the run does not show satisfies nothing."""

    type: Literal["signal"] = "signal"
    name: SignalName
    expected: Comparison | bool
    """Such as `>= 0.80`, or true or false."""

    @model_validator(mode="after")
    def _fits(self) -> SignalIs:
        if (self.name in ("fallback", "downstream_ok")) is not isinstance(self.expected, bool):
            raise ValueError(f"{self.name} cannot be {self.expected}")
        return self

    @property
    def label(self) -> str:
        """The assertion in a few words."""
        return f"{self.name} {str(self.expected).lower()}"

    def check(self, trial: Trial) -> Verdict:
        """Judge a run."""
        value = trial.signals[self.name].value
        if value is None:
            return Verdict(False, f"{self.name} cannot be known from this run")
        if isinstance(self.expected, bool):
            return Verdict(value is self.expected, f"{self.name} is {str(value).lower()}")
        return Verdict(holds(self.expected, float(value)), f"{self.name} is {float(value):.2f}")


Assertion = Annotated[
    ForbiddenTool
    | RequiredTool
    | ToolArgs
    | ToolOutputFields
    | MaxRepeat
    | MaxSteps
    | MaxTokens
    | FinalNotContains
    | EntitiesInContext
    | NoFlag
    | SignalIs,
    Field(discriminator="type"),
]
"""One requirement; `type` says which."""

_ABSENT: Final = object()


def _absent(trial: Trial, names: tuple[FlagName, ...]) -> Verdict:
    found = next((flag for name in names if (flag := trial.flagged(name))), None)
    if found is None:
        return Verdict(True, "not flagged")
    return Verdict(False, f"{found.flag}: {found.detail}", found.step, found.span_id)


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
