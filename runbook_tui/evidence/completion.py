"""What the last word of a filter could become."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from runbook_tui.evidence.filters import FIELDS

__all__ = ["completions"]


def completions(
    line: str, known: Mapping[str, Sequence[str]], fields: Sequence[str] = FIELDS
) -> tuple[str, ...]:
    """The whole line with its last word completed, every way there is.

    Args:
        line: as typed so far.
        known: the values of each field that can be listed.
        fields: the fields there are.
    """
    before, space, word = line.rpartition(" ")
    if line.count('"') % 2:
        opened = line.rfind('"')
        start = line.rfind(" ", 0, opened) + 1
        before, space, word = line[: max(start - 1, 0)], line[max(start - 1, 0) : start], line[start:]
    minus = "-" if word.startswith("-") else ""
    bare = word.removeprefix("-")
    field, colon, value = bare.partition(":")
    if not colon:
        found = [f"{name}:" for name in fields if name.startswith(bare)]
    else:
        wanted = value.replace('"', "").lower()
        quoted = (
            f'"{item}"' if " " in item else item for item in known.get(field, ()) if wanted in item.lower()
        )
        found = [f"{field}:{item}" for item in quoted]
    return tuple(f"{before}{space}{minus}{item}" for item in found if f"{minus}{item}" != word)
