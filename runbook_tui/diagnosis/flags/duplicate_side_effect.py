"""DUPLICATE_SIDE_EFFECT: an action was done twice with the very same arguments.

Only tools the catalogue knows to act. Wrong for actions that are safe to repeat; mark those as `read`.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from runbook_tui.diagnosis.case import Case
from runbook_tui.trace import Flag, Step
from runbook_tui.trace.jsontext import decode

__all__ = ["detect"]


def detect(case: Case) -> Iterator[Flag]:
    """A flag on every repeated action, naming the first one."""
    done: dict[tuple[str, str], Step] = {}
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
        if first is not step:
            failed = (
                " (which failed, and may still have been applied)" if first.span.status == "error" else ""
            )
            detail = f"{tool.name} repeats step {first.number}{failed} with the same arguments"
            yield case.flag("DUPLICATE_SIDE_EFFECT", "P0", step, detail)
