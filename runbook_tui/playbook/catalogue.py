"""The tool catalogue: what each tool an agent can call does to the world."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Final

from pydantic import Field

from runbook_tui.playbook.fields import Glob, Label, Prose, Strict
from runbook_tui.trace.words import Effect

_WORD_START: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NAMESPACE: Final = re.compile(r"__|[./:]")
_LONGEST_NAME: Final = 256
"""Names come from traces; no tool name is longer, and a hostile one must not cost time."""


class Contract(Strict):
    """The fields a tool's answer is known to have. Others in the trace are schema drift."""

    fields: tuple[Label, ...] = Field(min_length=1, description="Field names of a correct answer.")


class ToolEntry(Strict):
    """What is known of the tools whose name matches."""

    match: Glob = Field(description="A tool name, or a glob such as `get_*`. The first match wins.")
    effect: Effect = Field(description="What calling it does to the world.")
    reversal: Prose | None = Field(default=None, description="How to undo it, or how to make amends.")
    owner: Label | None = Field(default=None, description="The team to call about its effects.")
    contract: Contract | None = Field(default=None, description="The shape of a correct answer.")


def classify_tool(catalogue: Sequence[ToolEntry], name: str) -> ToolEntry:
    """Find what the catalogue says of a tool; the first entry that matches wins.

    A name is tried as recorded, in snake case (`getOrder` as `get_order`), and without the namespace
    that servers put before it (`mcp__crm__get_order`, `crm.get_order`).

    Returns:
        The entry, or one of effect `unknown` when nothing matches.
    """
    spellings = tuple(dict.fromkeys(_spellings(name[:_LONGEST_NAME])))
    for entry in catalogue:
        if any(fnmatchcase(spelling, entry.match) for spelling in spellings):
            return entry
    return UNKNOWN_TOOL


def _spellings(name: str) -> Iterator[str]:
    yield name
    yield _snake(name)
    bare = _NAMESPACE.split(name)[-1]
    if bare:
        yield bare
        yield _snake(bare)


def _snake(name: str) -> str:
    return _WORD_START.sub("_", name).replace("-", "_").replace(" ", "_").lower()


UNKNOWN_TOOL: Final = ToolEntry(match="*", effect="unknown")
"""What is said of a tool that no entry matches: treat it as able to do anything."""
