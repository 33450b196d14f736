"""Placeholders in commands: which there are, and how values take their place."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

BUILTIN_VARS: Final = ("incident.id", "session.id", "agent")
"""Variables that are always there; a playbook cannot declare one of these names."""

_PLACEHOLDER: Final = re.compile(r"\{\{\s*([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*)\s*\}\}")


class SubstitutionError(ValueError):
    """A command cannot be completed: a variable is missing, empty or not safe to use."""


def placeholders(argument: str) -> tuple[str, ...]:
    """The names of the variables an argument uses, each once, in order.

    Raises:
        SubstitutionError: Braces that are not a well-formed placeholder.
    """
    if "{{" in _PLACEHOLDER.sub("", argument) or "}}" in _PLACEHOLDER.sub("", argument):
        raise SubstitutionError(f"{argument!r} has braces that are not a placeholder such as {{{{agent}}}}")
    return tuple(dict.fromkeys(_PLACEHOLDER.findall(argument)))


def variables_of(*commands: Sequence[str] | None) -> tuple[str, ...]:
    """The names of the variables some commands use, each once, in order; None stands for no command.

    Raises:
        SubstitutionError: Braces that are not a well-formed placeholder.
    """
    return tuple(dict.fromkeys(_names(commands)))


def _names(commands: Sequence[Sequence[str] | None]) -> Iterator[str]:
    for command in commands:
        for argument in command or ():
            yield from placeholders(argument)


def substitute(argv: Sequence[str], values: Mapping[str, str]) -> tuple[str, ...]:
    """Put values in the place of placeholders, once: a value is never read as a template.

    The number of arguments never changes and there is no shell, so a value cannot become another
    argument or another command. A value that starts with a hyphen is refused all the same, because
    a program could take it for an option.

    Raises:
        SubstitutionError: An unknown or empty variable, a value that is not safe, or odd braces.
    """
    for name in variables_of(argv):
        _refuse_unsafe(name, values)
    return tuple(_PLACEHOLDER.sub(lambda found: values[found[1]], argument) for argument in argv)


def _refuse_unsafe(name: str, values: Mapping[str, str]) -> None:
    if name not in values:
        raise SubstitutionError(f"variable {name!r} has no value")
    value = values[name]
    if not value.strip():
        raise SubstitutionError(f"variable {name!r} is empty")
    if value.startswith("-"):
        raise SubstitutionError(f"variable {name!r} starts with a hyphen and would be read as an option")
    if any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for character in value):
        raise SubstitutionError(f"variable {name!r} has a control or invisible character in it")
