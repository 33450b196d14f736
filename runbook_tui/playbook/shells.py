"""Shells inside commands: a script that a value becomes part of is refused, for the value could become a command."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import Any, Final

from runbook_tui.playbook.problems import Finding, Loc

_SHELLS: Final = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh", "fish", "csh", "tcsh", "busybox"})
_SCRIPT_NEXT: Final = re.compile(r"-[A-Za-z]*c|--command")
"""An option, alone or the last of several, after which a shell takes its script."""


def shell_findings(loc: Loc, argv: Sequence[Any]) -> Iterator[Finding]:
    """What is wrong with the shell scripts of a command, also behind `env`, `sudo` or `kubectl exec`.

    Args:
        loc: where the command stands.
        argv: its arguments; what is no text is skipped.
    """
    for index in _scripts(argv):
        if "{{" in argv[index]:
            yield Finding(
                (*loc, index),
                "a variable inside a shell script could become a command of its own",
                'name the program itself, or pass it after the script and use "$1" there',
            )


def _scripts(argv: Sequence[Any]) -> Iterator[int]:
    """Where the scripts of shells stand: the first argument after `-c` that is no option."""
    in_shell = wanted = False
    for index, argument in enumerate(argv):
        if not isinstance(argument, str):
            continue
        if wanted and not argument.startswith(("-", "+")):
            yield index
            in_shell = wanted = False
        elif in_shell:
            wanted = wanted or _SCRIPT_NEXT.fullmatch(argument) is not None
        in_shell = in_shell or PurePath(argument).name in _SHELLS
