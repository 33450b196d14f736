"""Tool contracts: which fields a tool's result is known to have, and how a result departs from them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
from rapidfuzz import fuzz

from runbook_tui.diagnosis.arithmetic import as_number
from runbook_tui.diagnosis.text_tables import rows_of
from runbook_tui.diagnosis.xml_trees import tree_of
from runbook_tui.playbook import ToolEntry
from runbook_tui.trace import SessionTrace, ToolCall
from runbook_tui.trace.jsontext import decode, flat_values, leaf_values

__all__ = [
    "GOOD_RUN",
    "Contract",
    "Drift",
    "as_tree",
    "contracts",
    "drift",
    "empty_fields",
    "is_used",
    "result_fields",
    "result_kinds",
    "retyped",
]

GOOD_RUN: Final = "the good run"
"""The origin of a contract that no catalogue documents."""
_INDEX: Final = re.compile(r"\[\d+\]")
_DATA_KEY: Final = re.compile(r"\d|(?:^|\.)[A-Z]{2,5}(?:\.|$)")
"""Keys that are data: those with digits, and codes of currencies, countries and the like."""
_ENOUGH: Final = 3
"""Good results from which on a field that all have is required, and one that none has is new."""
_TELLING: Final = 2
"""Characters of a value that can be told from others."""
_RENAME_LIKENESS: Final = 55.0
"""rapidfuzz score (0..100) of two names from which a removed and an added field count as one renamed."""


class Contract(msgspec.Struct, frozen=True):
    """The fields of good results of one tool."""

    known: frozenset[str]
    """Every field ever seen or documented."""
    required: frozenset[str]
    """Fields that every good result had."""
    origin: str
    """Where the contract comes from, in words."""
    kinds: dict[str, str] = {}
    """By field, the kind that its value had in every good result, where it was always the same."""
    is_thin: bool = False
    """Whether so few good results tell it that a field may be there, or missing, by chance."""


class Drift(msgspec.Struct, frozen=True):
    """How a result departs from its contract."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    renamed: tuple[tuple[str, str], ...]
    retyped: tuple[tuple[str, str, str], ...] = ()
    """(field, kind it had, kind it has)."""

    def __str__(self) -> str:
        taken = {name for pair in self.renamed for name in pair}
        said = [f"{old} -> {new}" for old, new in self.renamed]
        said += [f"{name}: {had} -> {has}" for name, had, has in self.retyped]
        said += [f"+{name}" for name in self.added if name not in taken]
        said += [f"-{name}" for name in self.removed if name not in taken]
        return ", ".join(said)


def result_fields(tool: ToolCall) -> frozenset[str] | None:
    """The dotted field names of a result; None when it is not structured.

    List indexes are folded, and names that are data are left out: those with digits, codes, and what was asked for.
    """
    value = as_tree(tool)
    if not isinstance(value, dict | list):
        return frozenset(tool.output_fields) if tool.output_fields else None
    asked = {str(leaf) for leaf in leaf_values(decode(tool.arguments))}
    names = {_field(path) for path, _ in flat_values(value)} | _containers(value)
    return frozenset(
        name for name in names if name and not _DATA_KEY.search(name) and asked.isdisjoint(name.split("."))
    )


def as_tree(tool: ToolCall) -> Any:
    """A result as a tree, tables in text and XML too."""
    value = decode(tool.result)
    if isinstance(value, dict | list):
        return value
    return rows_of(tool.result) or tree_of(tool.result)


def empty_fields(tool: ToolCall) -> frozenset[str]:
    """The dotted names of lists and objects in a result that hold nothing."""
    return frozenset(_empty_in("", as_tree(tool)))


def _empty_in(path: str, value: Any) -> Iterator[str]:
    if isinstance(value, list | dict) and not value and path:
        yield path
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _empty_in(f"{path}.{key}" if path else str(key), item)
    elif isinstance(value, list):
        for item in value:
            yield from _empty_in(path, item)


def result_kinds(tool: ToolCall) -> dict[str, str]:
    """By dotted field name the kind of its value: number, text, truth, object or list; of none that has several.

    A number written as text is a number.
    """
    found: dict[str, set[str]] = {}
    _take_kinds("", as_tree(tool), found)
    return {name: next(iter(kinds)) for name, kinds in found.items() if len(kinds) == 1}


def _take_kinds(path: str, value: Any, found: dict[str, set[str]]) -> None:
    if path and (kind := _kind_of(value)):
        found.setdefault(path, set()).add(kind)
    if isinstance(value, dict):
        for key, item in value.items():
            if not _DATA_KEY.search(str(key)):
                _take_kinds(f"{path}.{key}" if path else str(key), item, found)
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, dict | list):
                _take_kinds(path and f"{path}[]", item, found)


def _kind_of(value: Any) -> str | None:
    if value is None or value in ("", [], {}):
        return None
    if isinstance(value, bool):
        return "truth"
    if isinstance(value, int | float) or as_number(value) is not None:
        return "number"
    return "text" if isinstance(value, str) else "list" if isinstance(value, list) else "object"


def _field(path: str) -> str:
    return _INDEX.sub("", path).strip(".")


def is_used(field: str, name: str, baseline: tuple[SessionTrace, ...]) -> bool:
    """Whether a good run made use of a field: its value stands in what was done or said afterwards."""
    for session in baseline:
        for step in session.steps:
            tool = step.span.tool
            if tool is None or tool.name != name:
                continue
            values = {
                str(leaf)
                for path, leaf in flat_values(as_tree(tool))
                if f"{_field(path)}.".startswith(f"{field}.")
            }
            later = (
                text
                for after in session.steps
                if after.index > step.index
                for text in (after.span.output_text, after.span.tool.arguments if after.span.tool else None)
                if text
            )
            telling = [value for value in values if len(value) >= _TELLING]
            if telling and any(value in text for text in later for value in telling):
                return True
    return False


def _containers(value: Any, path: str = "") -> set[str]:
    if isinstance(value, list):
        return {name for item in value for name in _containers(item, path)}
    if isinstance(value, dict):
        found = {path} if path else set()
        for key, item in value.items():
            found |= _containers(item, f"{path}.{key}" if path else str(key))
        return found
    return set()


def contracts(entries: Mapping[str, ToolEntry], baseline: tuple[SessionTrace, ...]) -> dict[str, Contract]:
    """By tool, the contract of each that has one: the catalogue's, else the good runs'.

    Args:
        entries: the tools in question, by name, and what the catalogue says of them.
        baseline: the good runs.
    """
    found: dict[str, Contract] = {}
    seen = _good_results(baseline)
    kinds = _good_kinds(baseline)
    for name, entry in entries.items():
        documented = entry.contract
        if documented is not None:
            fields = frozenset(documented.fields)
            found[name] = Contract(fields, fields, "the playbook's catalogue")
        elif name in seen:
            known = frozenset().union(*seen[name])
            required = frozenset.intersection(*seen[name])
            is_thin = len(seen[name]) < _ENOUGH
            found[name] = Contract(known, required, GOOD_RUN, kinds.get(name, {}), is_thin)
    return found


def _good_results(baseline: tuple[SessionTrace, ...]) -> dict[str, list[frozenset[str]]]:
    seen: dict[str, list[frozenset[str]]] = {}
    for session in baseline:
        for step in session.steps:
            tool = step.span.tool
            fields = result_fields(tool) if tool is not None and step.span.status != "error" else None
            if tool is not None and fields:
                seen.setdefault(tool.name, []).append(fields)
    return seen


def _good_kinds(baseline: tuple[SessionTrace, ...]) -> dict[str, dict[str, str]]:
    seen: dict[str, dict[str, set[str]]] = {}
    for session in baseline:
        for step in session.steps:
            tool = step.span.tool
            if tool is not None and step.span.status != "error":
                for field, kind in result_kinds(tool).items():
                    seen.setdefault(tool.name, {}).setdefault(field, set()).add(kind)
    return {
        name: {field: next(iter(kinds)) for field, kinds in fields.items() if len(kinds) == 1}
        for name, fields in seen.items()
    }


def retyped(tool: ToolCall, contract: Contract) -> tuple[tuple[str, str, str], ...]:
    """The fields of a result whose kind is another than in every good one, with the kinds."""
    if not contract.kinds:
        return ()
    kinds = result_kinds(tool)
    return tuple(
        (field, had, kinds[field])
        for field, had in sorted(contract.kinds.items())
        if kinds.get(field, had) != had
    )


def drift(fields: frozenset[str], contract: Contract) -> Drift | None:
    """How a result's fields depart from the contract; None when they do not."""
    added = sorted(fields - contract.known)
    removed = sorted(contract.required - fields) if added or fields else []
    if not added and not removed:
        return None
    renamed: list[tuple[str, str]] = []
    free = list(added)
    for old in removed:
        best = max(free, key=lambda new: fuzz.WRatio(old, new), default=None)
        if best is not None and fuzz.WRatio(old, best) >= _RENAME_LIKENESS:
            renamed.append((old, best))
            free.remove(best)
    return Drift(tuple(added), tuple(removed), tuple(renamed))
