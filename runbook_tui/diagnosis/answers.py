"""What an agent tells its user, held against all results so far: a thing no result names, a value denied that is there.

Both look at nouns of plain English and judge only what is plain: the thing stands after "for the" or the like and the
user spoke of it; the denied value stands in the result about the very id that the sentence names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from runbook_tui.diagnosis.known import entities
from runbook_tui.trace import Step
from runbook_tui.trace.jsontext import decode, flat_values

__all__ = ["Answers"]

_WORD: Final = re.compile(r"[a-z]{4,}")
_THING: Final = re.compile(r"(?i)\b(?:for|of|on|about|in) (?:the|your|a|an|this|that) ([a-z-]{4,})")
_VALUE: Final = re.compile(r"\d[\d.]{3,}")
"""Four digits or more: shorter numbers stand in any result."""
_DENIAL: Final = re.compile(
    r"(?i)\b(?:does not have|doesn['\u2019]t have|has no|there is no) (?:an? |any )?((?:[a-z]+ ?){1,3})"
)
_SAYS_LITTLE: Final = frozenset(
    {"number", "information", "detail", "data", "value", "record", "item", "because"}
)
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+|\n+")
_LONGEST: Final = 200_000
_MOST: Final = 20
"""Denials looked at in one answer; each costs a look through the result it is about."""


class Answers:
    """What the user spoke of and what results held, so far; asking is a set lookup.

    Args:
        instructions: the system prompts; what they name is no thing of the user's.
    """

    def __init__(self, instructions: str) -> None:
        self._plain = set(_stems(instructions)) | _SAYS_LITTLE
        self._asked: set[str] = set()
        self._named: set[str] = set()
        self._values: set[str] = set()
        self._about: dict[str, Step] = {}

    def user_says(self, text: str) -> None:
        """Take in what the user speaks of."""
        self._asked.update(_stems(text))

    def result(self, step: Step) -> None:
        """Take in a result: its words, its values, and the id it is about (the first it holds)."""
        text = (step.span.tool.result or "")[:_LONGEST] if step.span.tool is not None else ""
        self._named.update(_stems(text))
        self._values = set(_values(text))
        found = entities(text)
        if found:
            self._about[found[0].lower()] = step

    def wrong_in(self, text: str) -> str | None:
        """What an answer says that the results do not bear out, in a sentence."""
        return self._unnamed(text) or next(self._denied(text), None)

    def _unnamed(self, text: str) -> str | None:
        value = next((value for value in _values(text) if value in self._values), None)
        if value is None:
            return None
        for thing in _THING.findall(text):
            stem = thing.lower().rstrip("s")
            if stem in self._asked and stem not in self._named and stem not in self._plain:
                return f"gives {value} for the {thing}; no result so far names one"
        return None

    def _denied(self, text: str) -> Iterator[str]:
        sentences = _SENTENCE.split(text)
        denials = [(sentence, denial) for sentence in sentences if (denial := _DENIAL.search(sentence))]
        for sentence, denial in denials[:_MOST]:
            words = set(_stems(denial[1])) - _SAYS_LITTLE
            for about in filter(None, (self._about.get(entity.lower()) for entity in entities(sentence))):
                for path, value in _fields(about):
                    if words & set(_stems(path)) and value not in (None, "", 0, False):
                        yield f'says "{denial[0].strip()}"; of step {about.number}, {path} = {value}'


def _fields(step: Step) -> list[tuple[str, object]]:
    return flat_values(decode(step.span.tool.result)) if step.span.tool is not None else []


def _stems(text: str) -> Iterator[str]:
    for word in _WORD.findall(text.lower().replace("_", " ")):
        yield word.rstrip("s")


def _values(text: str) -> Iterator[str]:
    for value in _VALUE.findall(text):
        yield value.rstrip(".")
