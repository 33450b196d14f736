"""Assertions on a run as a whole: its length, its last words, its flags, its signals."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from runbook_tui.evals.trial import Trial
from runbook_tui.evals.verdict import Names, Verdict, at_step, listed, not_exercised
from runbook_tui.playbook import holds
from runbook_tui.playbook.fields import Strict
from runbook_tui.playbook.rules import Comparison
from runbook_tui.trace.words import FlagName, SignalName

__all__ = ["EntitiesInContext", "FinalNotContains", "MaxSteps", "MaxTokens", "NoFlag", "SignalIs"]


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
        return Verdict(True, said) if len(steps) <= self.limit else at_step(False, said, steps[self.limit])


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
        return f"final answer without {listed(repr(text[:60]) for text in self.texts)}"

    def check(self, trial: Trial) -> Verdict:
        """Judge a run."""
        if trial.final is None:
            return not_exercised("no final answer")
        said = trial.final.span.output_text.casefold()
        found = next((text for text in self.texts if text.casefold() in said), None)
        if found is None:
            return Verdict(True, "not said")
        return at_step(False, f"says {found[:120]!r}", trial.final)


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
        return f"no {listed(self.flags)}"

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


def _absent(trial: Trial, names: tuple[FlagName, ...]) -> Verdict:
    found = next((flag for name in names if (flag := trial.flagged(name))), None)
    if found is None:
        return Verdict(True, "not flagged")
    return Verdict(False, f"{found.flag}: {found.detail}", found.step, found.span_id)
