"""What the engineer is asked to do in a room: a closed set of step kinds."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from runbook_tui.playbook.fields import Argv, Identifier, Label, Prose, Regex, Strict

RunEffect = Literal["read", "reversible", "destructive", "irreversible"]
"""What a command does to the world; it decides how firmly the app asks before running it."""

Scope = Literal["tool", "session", "queue", "agent", "tenant", "global"]
"""How much a stop action stops, narrowest first."""

AnswerType = Literal["text", "choice", "number", "yes_no"]
"""The form an answer takes."""


class Verify(Strict):
    """How to know that a command did what it was for. An exit status of 0 is not proof."""

    text: Prose = Field(description="What to look at, and what it shows when the action has worked.")
    argv: Argv | None = Field(default=None, description="A read-only command that shows it, or null.")
    expect: Regex | None = Field(
        default=None, description="The trimmed output of that command must match this from end to end."
    )


class Run(Strict):
    """A command the app can run, after showing it and asking."""

    argv: Argv = Field(description="The command, one list item for each argument. Never a shell string.")
    effect: RunEffect = Field(description="What it does to the world; decides how it is confirmed.")
    undo: Argv | None = Field(default=None, description="The command that takes it back, or null.")
    verify: Verify | None = Field(default=None, description="How to know that it worked.")
    timeout_s: int = Field(default=30, ge=1, le=3600, description="Seconds after which it is ended.")
    note: Prose | None = Field(default=None, description="What to know before running it.")


class ByHand(Strict):
    """Something done outside the app, which then asks how."""

    ask: Label = Field(description="The question the engineer answers in a sentence.")
    min_length: int = Field(default=10, ge=1, le=500, description="Shortest answer accepted.")


class Option(Strict):
    """One of the ways to do a step: a command the app runs, or something done by hand."""

    id: Identifier = Field(description="Unique among the options of its step.")
    label: Label = Field(description="What the engineer reads in the list.")
    scope: Scope | None = Field(default=None, description="How much it stops; narrowest first is best.")
    run: Run | None = Field(default=None, description="The command. State this or `manual`, not both.")
    manual: ByHand | None = Field(default=None, description="Done by hand. State this or `run`, not both.")


class Item(Strict):
    """One line of a checklist step."""

    id: Identifier = Field(description="Unique among the items of its step.")
    text: Prose = Field(description="What is true when the line is ticked.")


class _Step(Strict):
    """What all kinds of step share."""

    id: Identifier = Field(description="Unique in the whole playbook; answers are stored under it.")
    title: Label = Field(description="One line, sentence case.")
    help: Prose | None = Field(default=None, description="Shown below the title, and under the help key.")
    required: bool = Field(default=False, description="If true, skipping it needs a written reason.")


class ChoiceStep(_Step):
    """Pick one of several ways. In the contain room, a choice is the stop action."""

    kind: Literal["choice"] = Field(description="Pick one of several ways to do it.")
    options: tuple[Option, ...] = Field(min_length=1, description="The ways, best first.")


class ManualStep(_Step):
    """Something to do by hand and then mark as done."""

    kind: Literal["manual"] = Field(description="Done by hand, then marked as done.")
    text: Prose = Field(description="What to do.")


class AskStep(_Step):
    """A question whose answer goes into the record."""

    kind: Literal["ask"] = Field(description="A question; the answer goes into the record.")
    question: Prose = Field(description="The question.")
    type: AnswerType = Field(default="text", description="The form the answer takes.")
    options: tuple[Label, ...] = Field(default=(), description="The answers to pick from; for `choice` only.")
    min_length: int = Field(default=1, ge=1, le=2000, description="Shortest answer; for `text` only.")


class ChecklistStep(_Step):
    """Several things to tick."""

    kind: Literal["checklist"] = Field(description="Several things to tick.")
    items: tuple[Item, ...] = Field(min_length=1, description="The lines, in order.")


Step = Annotated[ChoiceStep | ManualStep | AskStep | ChecklistStep, Field(discriminator="kind")]
"""Any step. `kind` says which, so a file with an unknown kind is refused by name."""
