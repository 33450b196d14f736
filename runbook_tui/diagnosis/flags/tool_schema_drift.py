"""TOOL_SCHEMA_DRIFT: a tool's result has fields its contract lacks, lacks fields every good result had, or has others in
place of their values: an object where there was a number, a text where there was one.

The contract is the catalogue's (`tools[].contract`), else that of the good runs. Without either, drift
cannot be judged and nothing is flagged. Where fewer than three good results tell the contract, a new field alone is
none, nor is one missing whose value the good run had no use for. Wrong when a field is optional but present in all
good runs; add another good run. Source: the runbook's flag table (compare the key set with the last validated session's).
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from runbook_tui.diagnosis.case import Case
from runbook_tui.diagnosis.contract import GOOD_RUN, Contract, Drift, drift, is_used, result_fields, retyped
from runbook_tui.diagnosis.emptiness import is_empty
from runbook_tui.diagnosis.failures import error_text
from runbook_tui.trace import Flag, ToolCall

__all__ = ["detect"]


def detect(case: Case) -> Iterator[Flag]:
    """A flag on every drifted result, naming what was renamed, added and removed."""
    known = case.contracts
    answers: dict[str | None, str] = {}
    used: dict[tuple[str, str], bool] = {}
    for step in case.tool_steps:
        tool = step.span.tool
        if tool is None or tool.name not in known or error_text(step.span) is not None:
            continue
        fields = result_fields(tool)
        if not fields or is_empty(tool):
            continue
        found = _departure(tool, fields, known[tool.name])
        if found is not None and _counts(case, tool.name, known[tool.name], found, used):
            detail = f"{tool.name}: {found}, against {_told_by(case, known[tool.name], answers, step.span.span_id)}"
            yield case.flag("TOOL_SCHEMA_DRIFT", "P0", step, detail)


def _departure(tool: ToolCall, fields: frozenset[str], contract: Contract) -> Drift | None:
    found, other_kinds = drift(fields, contract), retyped(tool, contract)
    if not other_kinds:
        return found
    return msgspec.structs.replace(found or Drift((), (), ()), retyped=other_kinds)


def _counts(
    case: Case, name: str, contract: Contract, found: Drift, used: dict[tuple[str, str], bool]
) -> bool:
    """Whether a departure can be no chance."""
    rebuilt = any({had, has} == {"list", "object"} for _, had, has in found.retyped)
    if not contract.is_thin or found.renamed or rebuilt:
        return True
    lost = (*found.removed, *(field.removesuffix("[]") for field, _, _ in found.retyped))
    for field in lost:
        if (name, field) not in used:
            used[name, field] = is_used(field, name, case.baseline)
    return any(used[name, field] for field in lost)


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
