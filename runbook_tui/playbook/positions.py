"""YAML text -> plain data, with the line of every value. Only plain YAML 1.2 is accepted.

PyYAML's own constructor reads `no` as false, `12:30` as 750 and `0042` as 34, and lets the second of
two equal keys win. Here only the YAML 1.2 core scalars are converted, so that such values stay text
and the strict models refuse them; and two equal keys are a problem that names both lines.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from runbook_tui.playbook.problems import Loc, dotted, shown

DEEPEST: Final = 32
"""Levels of nesting; a playbook needs 12. Bounds the recursion below."""

MOST_VALUES: Final = 20_000
"""Values in one file; the largest playbook shipped has 1,300. Bounds the time spent on a stray file."""

Mark = tuple[int, int]
"""Line and column, both from 1."""

_PARSER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C parser is 10 times as fast
_NULL: Final = re.compile(r"~|null|Null|NULL|")
_BOOL: Final = re.compile(r"true|True|TRUE|false|False|FALSE")
_INT: Final = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT: Final = re.compile(r"[-+]?((0|[1-9][0-9]{0,17})(\.[0-9]{1,30})?|\.[0-9]{1,30})([eE][-+]?[0-9]{1,3})?")
_UNUSUAL: Final = re.compile(r"[^\n\r\t\x20-\x7e]")
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something wrong with the YAML itself, at a line and column."""

    mark: Mark
    where: str
    message: str
    hint: str = ""


@dataclass(slots=True)
class Parsed:
    """What a YAML text says, where it says it, and what is wrong with its form."""

    data: object = None
    positions: dict[Loc, Mark] = field(default_factory=dict)
    flaws: list[Flaw] = field(default_factory=list)
    usable: bool = True
    """False when the form is so wrong that `data` does not say what the author meant."""

    def mark(self, loc: Loc) -> Mark:
        """The position of a value, or of the nearest thing around it that is written down."""
        for length in range(len(loc), -1, -1):
            if loc[:length] in self.positions:
                return self.positions[loc[:length]]
        return (1, 1)


def parse(text: str) -> Parsed:
    """Read YAML text. Never raises: what is wrong is in `flaws`."""
    parsed = Parsed()
    if hidden := _hidden_character(text):
        parsed.usable = False
        parsed.flaws.append(hidden)
        return parsed
    try:
        _Builder(parsed, text).read()
    except yaml.YAMLError as error:
        parsed.usable = False
        parsed.flaws.append(_syntax_flaw(error))
    except _GiveUpError as reason:
        parsed.usable = False
        parsed.flaws.append(reason.flaw)
    return parsed


class _GiveUpError(Exception):
    """Reading on makes no sense."""

    def __init__(self, flaw: Flaw) -> None:
        self.flaw = flaw
        super().__init__(flaw.message)


class _Builder:
    """Builds data from parser events: one pass, bounded depth, no code tags, no references."""

    def __init__(self, parsed: Parsed, text: str) -> None:
        self._parsed = parsed
        self._events: Iterator[Any] = yaml.parse(text, Loader=_PARSER)
        self._values = 0

    def read(self) -> None:
        next(self._events)  # stream start
        event = next(self._events)
        if isinstance(event, yaml.StreamEndEvent):
            raise _GiveUpError(
                Flaw((1, 1), "", "the file is empty", "runbook-tui playbook new ID starts one")
            )
        event = next(self._events)
        self._parsed.positions[()] = _mark(event)
        self._parsed.data = self._value(event, ())
        next(self._events)  # document end
        event = next(self._events)
        if not isinstance(event, yaml.StreamEndEvent):
            raise _GiveUpError(Flaw(_mark(event), "", "a second document starts here", "one playbook a file"))

    def _value(self, event: Any, loc: Loc) -> object:
        if len(loc) > DEEPEST:
            raise _GiveUpError(Flaw(_mark(event), "", f"nested more than {DEEPEST} levels deep"))
        self._values += 1
        if self._values > MOST_VALUES:
            raise _GiveUpError(Flaw(_mark(event), "", f"more than {MOST_VALUES:,} values", "split the file"))
        if isinstance(event, yaml.AliasEvent):
            self._flaw(event, loc, f"alias *{event.anchor} is not allowed", "write the value out")
            self._parsed.usable = False
            return None
        if event.anchor is not None:
            self._flaw(event, loc, f"anchor &{event.anchor} is not allowed", "write the value out")
        if event.tag is not None:
            self._flaw(event, loc, f"tag {shown(event.tag)} is not allowed", "write the plain value")
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(loc)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(loc)
        self._refuse_hidden(event, loc)
        return _scalar(event.value) if event.implicit[0] else event.value

    def _mapping(self, loc: Loc) -> dict[str, object]:
        result: dict[str, object] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._key(event, loc)
            inside = (*loc, key)
            if key in result:
                first = self._parsed.positions[inside]
                self._flaw(
                    event, inside, f"key {shown(key)} is already on line {first[0]}", "keep one of the two"
                )
                self._discard()
                continue
            self._parsed.positions[inside] = _mark(event)
            result[key] = self._value(next(self._events), inside)
        return result

    def _key(self, event: Any, loc: Loc) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            raise _GiveUpError(
                Flaw(
                    _mark(event), dotted(loc), "a key must be plain text", "quote it if it has special signs"
                )
            )
        if event.anchor is not None:
            self._flaw(event, loc, f"anchor &{event.anchor} is not allowed", "write the value out")
        self._refuse_hidden(event, loc)
        if event.implicit[0] and not isinstance(_scalar(event.value), str):
            self._flaw(event, loc, f"key {shown(event.value)} is not text", "put it in quotes")
        return str(event.value)

    def _sequence(self, loc: Loc) -> list[object]:
        result: list[object] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            inside = (*loc, len(result))
            self._parsed.positions[inside] = _mark(event)
            result.append(self._value(event, inside))
        return result

    def _discard(self) -> None:
        """Skip the value of a repeated key, which the first one outranks."""
        depth = 0
        for event in self._events:
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth == 0:
                return

    def _refuse_hidden(self, event: Any, loc: Loc) -> None:
        """An invisible or control character could make a command look like another one."""
        for character in event.value:
            if character not in "\n\t" and unicodedata.category(character) in _HIDDEN:
                self._flaw(event, loc, f"invisible character U+{ord(character):04X}", "remove it")
                self._parsed.usable = False
                return

    def _flaw(self, event: Any, loc: Loc, message: str, hint: str) -> None:
        self._parsed.flaws.append(Flaw(_mark(event), dotted(loc), message, hint))


def _hidden_character(text: str) -> Flaw | None:
    """The first invisible or control character, comments included: they can hide what a file says."""
    for found in _UNUSUAL.finditer(text):
        if unicodedata.category(found[0]) in _HIDDEN:
            before = text[: found.start()]
            mark = (before.count("\n") + 1, len(before) - before.rfind("\n"))
            return Flaw(mark, "", f"invisible character U+{ord(found[0]):04X}", "remove it")
    return None


def _scalar(text: str) -> object:
    """The value of an unquoted scalar by the YAML 1.2 core schema, leaving out octal, hex and infinity."""
    if _NULL.fullmatch(text):
        return None
    if _BOOL.fullmatch(text):
        return text.lower() == "true"
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


def _mark(event: Any) -> Mark:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _syntax_flaw(error: yaml.YAMLError) -> Flaw:
    """A parser's complaint in our words: the two parsers of PyYAML phrase theirs differently."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    at = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    return Flaw(
        at, "", "not valid YAML from here", "look at indentation, quotes and colons on and above this line"
    )
