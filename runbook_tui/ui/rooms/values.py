"""What is wrong with a value for a command, in the words in which the playbook asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from runbook_tui.incident import RefusedError
from runbook_tui.playbook import Variable

__all__ = ["check_values"]

_SUCH_AS: Final = ", such as "
"""Between what a value is called and an example of one, where the playbook gives one."""


def check_values(variables: Mapping[str, Variable], values: Mapping[str, str]) -> None:
    """See whether each value is one that its variable allows.

    Raises:
        RefusedError: one is not; says how it is written where the playbook shows an example, else its pattern.
    """
    for name, value in values.items():
        variable = variables.get(name)
        problem = variable.problem_with(value) if variable is not None else None
        if variable is None or problem is None:
            continue
        called, _, example = variable.prompt.partition(_SUCH_AS)
        if example and not value.startswith("-"):
            problem = f"write it like {example}"
        raise RefusedError(f"{called} cannot be used", value, problem)
