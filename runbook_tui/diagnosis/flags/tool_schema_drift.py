"""TOOL_SCHEMA_DRIFT: a tool's result has fields its contract lacks, lacks fields every good result had, or has others in
place of their values: an object where there was a number, a text where there was one.

The contract is the catalogue's (`tools[].contract`), else that of the good runs. Without either, drift
cannot be judged and nothing is flagged. Where fewer than three good results tell the contract, a new field alone is
none, nor is one missing whose value the good run had no use for. Wrong when a field is optional but present in all
good runs; add another good run. Source: the runbook's flag table (compare the key set with the last validated session's).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from runbook_tui.diagnosis.case import Case
from runbook_tui.diagnosis.contract import (
    GOOD_RUN,
    Contract,
    Drift,
    as_tree,
    drift,
    empty_fields,
    is_used,
    result_fields,
    retyped,
)
from runbook_tui.diagnosis.emptiness import is_empty
from runbook_tui.diagnosis.failures import error_text
from runbook_tui.trace import Flag, ToolCall
from runbook_tui.trace.jsontext import flat_values

__all__ = ["detect"]

_OUTCOME: Final = re.compile(r"(?i)(?:^|[._])(?:state|status|result|outcome|type|kind)$")
"""Fields on whose value it depends which others there are."""


def detect(case: Case) -> Iterator[Flag]:
    """A flag on every drifted result, naming what was renamed, added and removed."""
    known = case.contracts
    answers: dict[str | None, str] = {}
    used: dict[tuple[str, str], bool] = {}
    last = {
        step.span.tool.name: result_fields(step.span.tool) or frozenset()
        for step in case.tool_steps
        if step.span.tool is not None and step.span.tool.name in known
    }
    for step in case.tool_steps:
        tool = step.span.tool
        if tool is None or tool.name not in known or error_text(step.span) is not None:
            continue
        fields = result_fields(tool)
        if not fields or is_empty(tool):
            continue
        found = _departure(tool, fields, known[tool.name])
        if found is None or (known[tool.name].is_thin and fields < last.get(tool.name, fields)):
            continue  # what a later answer has again was not ready yet
        if _counts(case, tool, known[tool.name], found, used):
            detail = f"{tool.name}: {found}, against {_told_by(case, known[tool.name], answers, step.span.span_id)}"
            yield case.flag("TOOL_SCHEMA_DRIFT", "P0", step, detail)


def _departure(tool: ToolCall, fields: frozenset[str], contract: Contract) -> Drift | None:
    empty = tuple(f"{name}." for name in empty_fields(tool))
    if empty:  # where a list is empty its fields cannot be there
        kept = frozenset(
            name for name in contract.required if not f"{name}.".startswith(empty) or name in fields
        )
        contract = msgspec.structs.replace(contract, required=kept)
    found, other_kinds = drift(fields, contract), retyped(tool, contract)
    if not other_kinds:
        return found
    return msgspec.structs.replace(found or Drift((), (), ()), retyped=other_kinds)


def _counts(
    case: Case, tool: ToolCall, contract: Contract, found: Drift, used: dict[tuple[str, str], bool]
) -> bool:
    """Whether a departure can be no chance."""
    rebuilt = any("object" in (had, has) for _, had, has in found.retyped)
    if not contract.is_thin or found.renamed or rebuilt:
        return True
    if _is_another_outcome(case, tool):
        return False
    lost = (*found.removed, *(field.removesuffix("[]") for field, _, _ in found.retyped))
    for field in lost:
        if (tool.name, field) not in used:
            used[tool.name, field] = is_used(field, tool.name, case.baseline)
    return any(used[tool.name, field] for field in lost)


def _is_another_outcome(case: Case, tool: ToolCall) -> bool:
    """Whether the answer says that it came out otherwise than every good one did, which may have other fields."""
    ours = _outcomes(tool)
    theirs: dict[str, set[str]] = {}
    for session in case.baseline if ours else ():
        for step in session.steps:
            if step.span.tool is not None and step.span.tool.name == tool.name:
                for name, value in _outcomes(step.span.tool).items():
                    theirs.setdefault(name, set()).add(value)
    return any(name in theirs and value not in theirs[name] for name, value in ours.items())


def _outcomes(tool: ToolCall) -> dict[str, str]:
    return {
        name: str(value)
        for name, value in flat_values(as_tree(tool))
        if _OUTCOME.search(name) and isinstance(value, str | bool)
    }


def _told_by(case: Case, contract: Contract, answers: dict[str | None, str], span_id: str) -> str:
    """Where the contract comes from: of good runs the call that answers this one, not just any of that tool."""
    if contract.origin != GOOD_RUN:
        return contract.origin
    if not answers:
        for found in reversed(case.beside):
            answers.update(
                (pair.span_id, f"step {pair.good_step} of the good run {found.good}")
                for pair in found.pairs
                if pair.good_step is not None
            )
    return answers.get(span_id, contract.origin)
