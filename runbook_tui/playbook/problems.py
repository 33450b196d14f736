"""What is wrong with a playbook: where, what, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rapidfuzz import fuzz, process, utils

_LONGEST_PART: Final = 60
Loc = tuple[str | int, ...]
"""The way to a value: keys and list positions, from the root."""

_ALIKE_ENOUGH: Final = 65
"""Below this likeness (0 to 100) a guess misleads more often than it helps."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong. `str()` gives `file:line:column: where: message`, as editors read it."""

    path: Path
    line: int
    """Counted from 1."""
    column: int
    """Counted from 1."""
    where: str
    """The way to the value, such as `rooms.contain.steps.0`; empty for the file as a whole."""
    message: str
    hint: str = ""
    """What to do about it; may be empty."""

    def __str__(self) -> str:
        said = f"{self.where}: {self.message}" if self.where else self.message
        hint = f" ({self.hint})" if self.hint else ""
        path = str(self.path)
        path = path if path.isprintable() else ascii(path)[1:-1]
        return f"{path}:{self.line}:{self.column}: {said}{hint}"


class PlaybookError(Exception):
    """A playbook cannot be used. `problems` holds every reason, not only the first."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem before its file and line are known."""

    loc: Loc
    message: str
    hint: str = ""


def dotted(loc: Loc) -> str:
    """The way to a value as it is written in messages."""
    return ".".join(_harmless(str(part)) for part in loc)


def _harmless(text: str) -> str:
    """Keys and file names as they are, but for what a terminal would obey or what would flood it."""
    text = text if text.isprintable() else text.encode("unicode_escape").decode("ascii")
    return text if len(text) <= _LONGEST_PART else text[: _LONGEST_PART - 3] + "..."


def shown(value: object) -> str:
    """A value as it is quoted in a message: short, and without anything a terminal would obey."""
    text = ascii(value)
    return text if len(text) <= 60 else text[:57] + "..."


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint that names the known word most like this one, or an empty text."""
    best = process.extractOne(
        word, list(known), scorer=fuzz.ratio, processor=utils.default_process, score_cutoff=_ALIKE_ENOUGH
    )
    return f"did you mean {best[0]}?" if best else ""
