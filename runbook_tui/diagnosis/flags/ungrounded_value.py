"""UNGROUNDED_VALUE: an action carries a number that nothing before it states or yields.

A number counts as grounded when it was seen, in cents too where the argument's name says so, or follows by
arithmetic from those that were, from sums over the rows of a result or over the calls of a tool, from others of the
same call, and from the working that the model showed with it, where that follows itself. What a
delegated agent says is a model's word and grounds nothing. Small counts (below 10) are left alone. Each value is
reported once, with the step that the value follower (`values`) finds to state it first; where that is a prompt or a
result in another notation, it is grounded. Wrong for constants an agent is right to choose, such as a time-out; right
for amounts and quantities.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, Final

from runbook_tui.diagnosis.arithmetic import is_rounded, worked_out
from runbook_tui.diagnosis.case import Case
from runbook_tui.diagnosis.knowledge import Knowledge
from runbook_tui.diagnosis.known import numbers
from runbook_tui.diagnosis.values import first_sightings
from runbook_tui.trace import Flag, Step
from runbook_tui.trace.jsontext import decode, flat_values

__all__ = ["detect", "ungrounded_numbers"]

_CHOSEN: Final = re.compile(
    r"(?i)(limit|top_?k|page|size|timeout|retries|max_|min_|days|hours|minutes|priority|confidence|score|version|date)"
)
_STATED: Final = re.compile(r" = (\S+?),? ")
_SHOWN: Final = 3
_FOLLOWED: Final = 50
"""Values looked for in every notation, to say who stated them first; of more the action alone is told."""
_WORKING: Final = 12
"""Numbers in a model's words that are taken for its working."""
_EXPLAINED: Final = 100
"""Actions of a session whose working is gone through; each takes as long as a hundred others."""
_TIME: Final = re.compile(
    r"(?i)\b(?:min\w{0,5}|h|hrs?|hours?|std\.?|stunden?|days?|tagen?|weeks?|wochen?|months?|monaten?|seconds?|sek\w*|heures?|jours?"
    r"|horas?|días?)\b|[分日月]|時間"
)
"""Units between which a model may convert."""
_CENTS: Final = re.compile(r"(?i)cent|minor|pence|percent|pct")


def detect(case: Case) -> Iterator[Flag]:
    """A flag on every action with such a number, naming argument and value, and who stated the value first."""
    acting = list(_acting(case))
    wanted = dict.fromkeys(number for _, found in acting for number in found.values())
    first = first_sightings(case.session, [f"{number:f}" for number in wanted][:_FOLLOWED])
    for step, found in acting:
        sightings = {text: first.get(f"{number:f}") for text, number in found.items()}
        made_up = {text: at for text, at in sightings.items() if at is None or not at.is_outside}
        if not made_up or step.span.tool is None:
            continue
        by = next(
            (at.step for at in made_up.values() if at is not None and at.span_id != step.span.span_id), None
        )
        source = f"; step {by} states it first" if by is not None else ""
        shown = ", ".join(list(made_up)[:_SHOWN])
        detail = f"{step.span.tool.name}: {shown}, from no prompt and no result of a tool{source}"
        yield case.flag("UNGROUNDED_VALUE", "P1", step, detail)


def ungrounded_numbers(flags: Iterable[Flag]) -> frozenset[Decimal]:
    """The numbers that these flags name: actions carried them and nothing before them had."""
    return frozenset(
        number
        for flag in flags
        if flag.flag == "UNGROUNDED_VALUE" and flag.source == "detected"
        for number in numbers(" ".join(_STATED.findall(flag.detail)))
    )


def _acting(case: Case) -> Iterator[tuple[Step, dict[str, Decimal]]]:
    """Each action with the numbers it carries for the first time and nothing grounds, by `path = value`."""
    reported: set[float] = set()
    explained = 0
    known = case.knowledge
    for step in case.tool_steps:
        tool = step.span.tool
        if (
            tool is None
            or step.kind != "tool"
            or case.tool(tool.name).effect not in ("reversible", "irreversible")
            or not known.has_numbers(step.index)
        ):
            continue
        arguments = flat_values(decode(tool.arguments))
        found = {
            f"{path} = {value}": abs(Decimal(str(value))).normalize()
            for path, value in arguments
            if _is_amount(path, value)
            and value not in reported
            and not _is_known(path, value, known, step.index)
        }
        if found:
            working = (
                _shown_working(case, step, frozenset(found.values()))
                if explained < _EXPLAINED
                else frozenset()
            )
            explained += 1
            _derive(found, known, step.index, working)
        reported.update(value for _, value in arguments if isinstance(value, int | float))
        if found:
            yield step, found


def _is_amount(path: str, value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float) or _CHOSEN.search(path):
        return False
    return 10 <= abs(value) < 1e15


def _is_known(path: str, value: float, known: Knowledge, at: int) -> bool:
    number = abs(Decimal(str(value))).normalize()  # what is taken off is written with a minus
    return known.has_number(number, at, in_cents=bool(_CENTS.search(path)))


def _shown_working(case: Case, step: Step, results: frozenset[Decimal]) -> frozenset[Decimal]:
    """The numbers on the way to these results that the model stated with the call, and that follow from what was known.

    A result that is only stated is no step on the way to itself.
    """
    asking = case.asking(step)
    text = asking.span.output_text if asking is not None else ""
    stated = [number for number in numbers(text)[:_WORKING] if number not in results]
    if not stated:
        return frozenset()
    known = case.knowledge
    return worked_out(
        stated,
        lambda number, stones: known.derives(number, step.index, stones),
        known.numbers_by(step.index) if _TIME.search(text) else (),
    )


def _derive(found: dict[str, Decimal], known: Knowledge, at: int, derived: frozenset[Decimal]) -> None:
    """Take out what follows from what was known or worked out, or from what was just taken out: net, tax, gross."""
    while True:
        more = {
            text
            for text, number in found.items()
            if known.derives(number, at, derived) or is_rounded(number, derived)
        }
        if not more:
            return
        derived |= {found.pop(text) for text in more}
