"""DUPLICATE_SIDE_EFFECT: an action was done twice with the very same arguments.

Only tools the catalogue knows to act. Where the first of them failed, it is flagged as well: nobody knows whether it
was applied, and that is where the doubling began. Wrong for actions that are safe to repeat; mark those as `read`.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from runbook_tui.diagnosis.case import Case
from runbook_tui.trace import Flag, Step
from runbook_tui.trace.jsontext import decode

__all__ = ["detect"]


def detect(case: Case) -> Iterator[Flag]:
    """A flag on every repeated action, naming the first one, and on a first one that failed."""
    done: dict[tuple[str, str], Step] = {}
    repeated: set[int] = set()
    for step in case.tool_steps:
        tool = step.span.tool
        if tool is None or step.kind != "tool" or tool.arguments is None:
            continue
        if case.tool(tool.name).effect not in ("reversible", "irreversible"):
            continue
        value = decode(tool.arguments)
        same = (
            msgspec.json.encode(value, order="sorted").decode() if isinstance(value, dict) else tool.arguments
        )
        first = done.setdefault((tool.name, same), step)
        if first is step:
            continue
        failed = first.span.status == "error"
        if failed and first.index not in repeated:
            detail = (
                f"{tool.name} failed, may still have been applied, and was repeated at step {step.number}"
            )
            yield case.flag("DUPLICATE_SIDE_EFFECT", "P0", first, detail)
        repeated.add(first.index)
        doubt = " (which failed, and may still have been applied)" if failed else ""
        detail = f"{tool.name} repeats step {first.number}{doubt} with the same arguments"
        yield case.flag("DUPLICATE_SIDE_EFFECT", "P0", step, detail)
