"""The field types every part of a playbook is made of, and the strict base they share."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

SCREEN_COLUMNS: Final = 76
"""Longest title or label: an 80-column terminal less a border and a margin on each side."""

LONGEST_PATTERN: Final = 500
"""Longest regular expression accepted; nothing a person wrote for an id or a name is longer."""


class Strict(BaseModel):
    """Base of every playbook model: frozen, no unknown keys, no silent conversions."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"not a valid regular expression: {error}") from None
    return pattern


Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
"""An id used inside one playbook: snake case, as in a variable name."""

PlaybookId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=64)]
"""The id of a playbook: lower-case words joined by hyphens, as in a file name."""

Label = Annotated[str, StringConstraints(pattern=r"^\S([^\n\t]*\S)?$", max_length=SCREEN_COLUMNS)]
"""One line that must fit a narrow terminal."""

Prose = Annotated[str, StringConstraints(pattern=r"\S", max_length=2000)]
"""Text that may wrap; never blank."""

Regex = Annotated[str, Field(min_length=1, max_length=LONGEST_PATTERN), AfterValidator(_compiles)]
"""A Python regular expression."""

Glob = Annotated[str, StringConstraints(pattern=r"^\S+$", max_length=200)]
"""A name in which `*` and `?` stand for anything."""

Argument = Annotated[str, StringConstraints(min_length=1, max_length=4000, pattern=r"^[^\n]*$")]
"""One argument of a command, given to the program as it is."""

Argv = Annotated[tuple[Argument, ...], Field(min_length=1)]
"""A command as a list of arguments. There is no shell anywhere, so nothing needs quoting."""

Share = Annotated[float, Field(ge=0.0, le=1.0)]
"""A number from 0 to 1."""
