"""A playbook as a frozen value. What a file must say to become one is in the loader."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final, Literal, NamedTuple

from pydantic import Field, PrivateAttr, StringConstraints

from runbook_tui.playbook.catalogue import ToolEntry
from runbook_tui.playbook.fields import Identifier, Label, PlaybookId, Prose, Regex, Strict
from runbook_tui.playbook.prices import Prices
from runbook_tui.playbook.rules import CauseRule, Classification, FirstAction, SeverityRule, Thresholds
from runbook_tui.playbook.steps import Step
from runbook_tui.trace.words import ActionItemType, Mode, Room

FORMAT: Final = "runbook_tui/playbook/v1"
"""The value of the `schema` key; a breaking change of the format gets another one."""

ChecklistEvidence = Literal[
    "trace_exported",
    "origin",
    "mode",
    "cascade",
    "actions_classified",
    "remediation",
    "factors",
    "gap",
    "eval_case",
    "alert",
    "distributed",
]
"""What the app can see for itself, so that the checklist ticks itself."""


class Variable(Strict):
    """Something a command needs that only the engineer knows."""

    prompt: Label = Field(description="The question, such as `Kubernetes namespace`.")
    pattern: Regex = Field(description="The value must match this from end to end.")
    default: str | None = Field(default=None, description="Offered as the answer, or null.")
    required: bool = Field(default=False, description="If true, it is asked for before any command runs.")

    def problem_with(self, value: str) -> str | None:
        """Say why a value cannot be used, or None if it can."""
        if value.startswith("-"):
            return "must not start with a hyphen: a program would read it as an option"
        if not re.fullmatch(self.pattern, value):
            return f"must match {self.pattern}"
        return None


class RoomPlan(Strict):
    """What happens in one room."""

    lead: Prose = Field(description="The sentence at the top of the room.")
    steps: tuple[Step, ...] = Field(default=(), description="What to do there, in order.")


class Rooms(Strict):
    """The plan of each of the six rooms. `rooms["contain"]` and `rooms.contain` are the same."""

    contain: RoomPlan = Field(description="Stop the agent.")
    capture: RoomPlan = Field(description="Make the evidence safe.")
    classify: RoomPlan = Field(description="Decide which failure this is.")
    trace_back: RoomPlan = Field(description="Find the step that introduced the wrong premise.")
    blast_radius: RoomPlan = Field(description="List what it did to the world, and undo it.")
    postmortem: RoomPlan = Field(
        description="Write down what happened, and make sure it is caught next time."
    )

    def __getitem__(self, room: Room) -> RoomPlan:
        """The plan of a room."""
        plan: RoomPlan = getattr(self, room)
        return plan


class FactorPolicy(Strict):
    """How many contributing factors a postmortem names. One cause alone is refused."""

    ask: int = Field(default=3, ge=1, le=20, description="How many are asked for.")
    min: int = Field(default=2, ge=1, le=20, description="Fewer than this are refused.")
    forbid: tuple[Regex, ...] = Field(
        default=(), description="A factor that matches one of these (case ignored) says nothing: refused."
    )

    def refuses(self, factor: str) -> bool:
        """Tell whether a factor is one of those that name nothing, such as `human error`."""
        return any(re.search(pattern, factor.strip(), re.IGNORECASE) for pattern in self.forbid)


class ActionItemPolicy(Strict):
    """What follow-ups a postmortem needs."""

    min: int = Field(default=1, ge=0, le=50, description="Fewer than this are refused.")
    require_types: tuple[ActionItemType, ...] = Field(
        default=("prevent", "detect"), description="At least one item of each of these types."
    )


class ChecklistItem(Strict):
    """One line of the postmortem checklist."""

    id: Identifier = Field(description="Unique in the checklist.")
    text: Prose = Field(description="What is true when the line is ticked.")
    evidence: ChecklistEvidence | None = Field(description="What ticks it; null: ticked by hand.")
    deferrable: bool = Field(default=False, description="If true, the incident may close before it is done.")


class PostmortemPolicy(Strict):
    """What must be written before an incident closes."""

    factors: FactorPolicy = Field(description="The contributing factors.")
    gap_min_length: int = Field(
        default=40, ge=1, le=2000, description="Shortest detection gap, in characters."
    )
    distribute_within_hours: int = Field(default=48, ge=1, le=720, description="When it must be sent by.")
    action_items: ActionItemPolicy = Field(description="The follow-ups.")
    severity: tuple[SeverityRule, ...] = Field(
        min_length=1, description="Severity of the eval case; the first rule that fires wins."
    )
    checklist: tuple[ChecklistItem, ...] = Field(min_length=1, description="The closing checklist.")


class SourceFile(NamedTuple):
    """A file a playbook was read from."""

    path: Path
    sha256: str


class Playbook(Strict):
    """The plan for one kind of incident."""

    format: Literal["runbook_tui/playbook/v1"] = Field(
        alias="schema", description="The format of this file: runbook_tui/playbook/v1."
    )
    id: PlaybookId = Field(description="The name other files and the command line use.")
    title: Label = Field(description="What the incident looks like, in one line.")
    version: Annotated[str, StringConstraints(pattern=r"^[0-9]+\.[0-9]+\.[0-9]+$", max_length=40)] = Field(
        description="Three numbers, in quotes. Raise it with every change of a step or a command."
    )
    owner: Label = Field(description="The team that keeps this playbook right.")
    extends: PlaybookId | None = Field(
        default=None,
        description="A playbook to inherit from. A top-level mapping is merged key by key, one level deep; "
        "a list or a text replaces the inherited one.",
    )
    mode: Mode | None = Field(default=None, description="The mode this playbook serves; null: any.")
    first_action: FirstAction = Field(description="What to do first.")
    order: tuple[Room, ...] = Field(description="The six rooms, each once, in the order they are walked.")
    vars: dict[Identifier, Variable] = Field(
        default_factory=dict, description="What commands may use as {{name}}."
    )
    rooms: Rooms = Field(description="What happens in each room.")
    classification: Classification = Field(description="How the mode is proposed.")
    causes: tuple[CauseRule, ...] = Field(description="What may have changed in the world, and how to tell.")
    thresholds: Thresholds = Field(description="The numbers the detectors compare with.")
    prices: Prices | None = Field(
        default=None, description="What tokens cost, for calls whose cost the trace does not carry."
    )
    tools: tuple[ToolEntry, ...] = Field(description="What each tool does to the world; first match wins.")
    postmortem: PostmortemPolicy = Field(description="What must be written before the incident closes.")

    _sources: tuple[SourceFile, ...] = PrivateAttr(default=())
    _sha256: str = PrivateAttr(default="")

    @property
    def path(self) -> Path:
        """The file that states this playbook."""
        return self._sources[0].path

    @property
    def sources(self) -> tuple[SourceFile, ...]:
        """The file that states it, then the files it inherits from, nearest first."""
        return self._sources

    @property
    def sha256(self) -> str:
        """Identifies exactly what was loaded.

        Without `extends`, the SHA-256 of the file. With it, the SHA-256 of the hexadecimal digests of
        all `sources`, each on a line, so that a change in an inherited file shows too.
        """
        return self._sha256

    def with_sources(self, sources: tuple[SourceFile, ...], sha256: str) -> Playbook:
        """A copy that knows the files it came from."""
        copy = self.model_copy()
        copy._sources, copy._sha256 = sources, sha256  # noqa: SLF001 - of the same class
        return copy

    def steps(self) -> Iterator[tuple[Room, Step]]:
        """Every step with its room, in the order they are walked."""
        for room in self.order:
            for step in self.rooms[room].steps:
                yield room, step

    def step(self, step_id: str) -> Step | None:
        """The step of that id, or None."""
        return next((step for _, step in self.steps() if step.id == step_id), None)
