"""What a result lists: its rows, and which of them a sentence is about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from runbook_tui.trace import Step
from runbook_tui.trace.jsontext import decode, flat_values

__all__ = ["columns_of", "counts_in", "rows_meant", "tables_of"]

_WORD: Final = re.compile(r"[a-z][a-z-]+")
_DEEPEST: Final = 3
"""Levels of a result in which lists are looked for."""


def tables_of(step: Step) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """(name, rows) of what a result lists: objects in a list, or objects by their keys."""
    value = decode(step.span.tool.result) if step.span.tool else None
    yield from _tables_in("", value, _DEEPEST)


def _tables_in(name: str, value: Any, depth: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    inner = list(value.values()) if isinstance(value, dict) else value
    if not isinstance(inner, list) or depth == 0:
        return
    objects = [item for item in inner if isinstance(item, dict)]
    if objects and len(objects) == len(inner) and (isinstance(value, list) or _same_fields(objects)):
        yield name, objects
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _tables_in(key, item, depth - 1)


def _same_fields(objects: list[dict[str, Any]]) -> bool:
    return len(objects) > 1 and len({frozenset(item) for item in objects}) == 1


def rows_meant(rows: list[dict[str, Any]], sentence: str) -> list[dict[str, Any]]:
    """The rows a sentence is about: those that have every quality it names ("the available red ones")."""
    words = set(_WORD.findall(sentence.lower()))
    for word in sorted(words):
        values = [row.get(word) for row in rows]
        if rows and all(isinstance(value, bool) for value in values):
            rows = [row for row in rows if row[word]]
    texts = [set(_WORD.findall(" ".join(_strings(row)).lower())) for row in rows]
    for word in sorted(words):
        having = [word in text for text in texts]
        if any(having) and not all(having):
            kept = [at for at, has in enumerate(having) if has]
            rows, texts = [rows[at] for at in kept], [texts[at] for at in kept]
    return rows


def _strings(row: dict[str, Any]) -> Iterator[str]:
    return (value for _, value in flat_values(row) if isinstance(value, str))


def columns_of(step: Step, sentence: str) -> dict[str, list[Decimal]]:
    """The numbers of each field in the rows that the sentence is about."""
    columns: dict[str, list[Decimal]] = {}
    for _, rows in tables_of(step):
        meant = rows_meant(rows, sentence)
        for name in meant[0] if len(meant) > 1 else ():
            values = [row.get(name) for row in meant]
            if all(isinstance(item, int | float) and not isinstance(item, bool) for item in values):
                columns[name] = [Decimal(str(item)).normalize() for item in values]
    return columns


def counts_in(step: Step) -> set[Decimal]:
    """The whole numbers at the top of a result, one of which may be its own count of what it has."""
    value = decode(step.span.tool.result) if step.span.tool else None
    tops = value.values() if isinstance(value, dict) else ()
    return {
        Decimal(str(item)).normalize()
        for item in tops
        if isinstance(item, int) and not isinstance(item, bool)
    }
