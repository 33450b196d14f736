"""UNGROUNDED_VALUE: an action carries a number that nothing before it states or yields.

A number counts as grounded when it was seen, in cents too where the argument's name says so, or is a sum,
difference or product of two that were. What a delegated agent says is a model's word and grounds nothing.
Small counts (below 10) are left alone. Each value is reported once. Wrong for constants
an agent is right to choose, such as a time-out; right for amounts and quantities.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from runbook_tui.diagnosis.case import Case
from runbook_tui.diagnosis.known import Known
from runbook_tui.trace import Flag
from runbook_tui.trace.jsontext import decode, flat_values

__all__ = ["detect"]

_CHOSEN: Final = re.compile(
    r"(?i)(limit|top_?k|page|size|timeout|retries|max_|min_|days|hours|minutes|priority|confidence|score|version|date)"
)
_CENTS: Final = re.compile(r"(?i)cent|minor|pence|percent|pct")


def detect(case: Case) -> Iterator[Flag]:
    """A flag on every action with such a number, naming argument and value."""
    reported: set[float] = set()
    for step, known in case.with_knowledge():
        tool = step.span.tool
        if (
            tool is None
            or step.kind != "tool"
            or case.tool(tool.name).effect not in ("reversible", "irreversible")
        ):
            continue
        if not known.numbers:
            continue
        found = [
            f"{path} = {value}"
            for path, value in flat_values(decode(tool.arguments))
            if _is_amount(path, value) and value not in reported and not _grounded(path, value, known)
        ]
        reported.update(
            value for _, value in flat_values(decode(tool.arguments)) if isinstance(value, int | float)
        )
        if found:
            yield case.flag(
                "UNGROUNDED_VALUE", "P1", step, f"{tool.name}: {', '.join(found[:3])} appears nowhere before"
            )


def _is_amount(path: str, value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float) or _CHOSEN.search(path):
        return False
    return 10 <= abs(value) < 1e15


def _grounded(path: str, value: float, known: Known) -> bool:
    number = Decimal(str(value)).normalize()
    return known.has_number(number, in_cents=bool(_CENTS.search(path))) or known.derives(number)
