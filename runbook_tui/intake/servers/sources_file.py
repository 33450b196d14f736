"""What may stand in `sources.yaml`; strict, with the place of every problem and never with a value of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints, ValidationError

from runbook_tui.intake.servers.source import ServerError
from runbook_tui.playbook.documents import read_document
from runbook_tui.playbook.fields import Strict

__all__ = ["SourceEntry", "read_sources"]

_LINE: Final = r"^[^\r\n\x00]+$"
Line = Annotated[str, StringConstraints(pattern=_LINE, max_length=4000)]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=64)]
HeaderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$", max_length=100)]


class SourceEntry(Strict):
    """One server."""

    kind: Literal["phoenix", "mlflow", "langfuse", "jaeger", "tempo", "clickhouse"]
    url: Line
    project: Line | None = None
    table: Line | None = None
    token: Line | None = Field(default=None, repr=False)
    username: Line | None = None
    password: Line | None = Field(default=None, repr=False)
    token_env: Line | None = None
    password_env: Line | None = None
    headers: dict[HeaderName, Line] = Field(default_factory=dict, repr=False)
    ca_file: Line | None = None

    @property
    def is_secret(self) -> bool:
        """Whether a credential stands in it, and not only the name of a variable."""
        return bool(self.token or self.password or self.headers or "@" in self.url)


class _Sources(Strict):
    sources: dict[Name, SourceEntry]


def read_sources(path: Path) -> dict[str, SourceEntry]:
    """The servers of the file, by name.

    Raises:
        ServerError: the file is not usable; the message names the first place, and no value.
    """
    document = read_document(path)
    if document.problems:
        first = document.problems[0]
        raise ServerError(
            "sources.yaml is not usable", f"{path}:{first.line}:{first.column}", "it is not plain YAML"
        )
    try:
        return _Sources.model_validate(document.data).sources
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False, include_context=False)[0]
        loc = tuple(part for part in details["loc"] if part != "[key]")
        line, column = document.parsed.mark(loc)
        where = f"{path}:{line}:{column}"
        named = ".".join(map(str, loc)) or "the file"
        raise ServerError("sources.yaml is not usable", where, f"{named}: {details['msg']}") from None
