"""Which required fields a trace carries, on which steps they are missing, and what follows from that.

The fields are the runbook's two checklists: per LLM call and per tool call.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

from runbook_tui.diagnosis.case import Case
from runbook_tui.trace import Defects, MissingField, Readiness, Span, Step

__all__ = ["find_readiness"]

_Check = Callable[[Span], bool]
_FAMILY_ONLY: Final = re.compile(r"[a-z-]+-?\d+(?:[.-]\d)?[a-z-]*")
"""A model name without a date or revision, such as `gpt-4.1-mini`: the family, not the version."""


def _has_tool_result(span: Span) -> bool:
    return span.tool is not None and (span.tool.result is not None or span.status == "error")


_LLM_FIELDS: Final[tuple[tuple[str, _Check], ...]] = (
    ("session.id", lambda span: span.session_id is not None),
    ("agent.step", lambda span: span.recorded_step is not None),
    ("gen_ai.request.model", lambda span: span.model is not None),
    ("exact model version", lambda span: span.model is not None and not _FAMILY_ONLY.fullmatch(span.model)),
    ("gen_ai.usage.input_tokens", lambda span: span.input_tokens is not None and not span.tokens_estimated),
    ("gen_ai.usage.output_tokens", lambda span: span.output_tokens is not None and not span.tokens_estimated),
    ("agent.anomaly", lambda span: span.anomaly_recorded),
    ("step_summary", lambda span: bool(span.step_summary)),
    ("messages", lambda span: bool(span.output_messages)),
)
_TOOL_FIELDS: Final[tuple[tuple[str, _Check], ...]] = (
    ("session.id", lambda span: span.session_id is not None),
    ("agent.step", lambda span: span.recorded_step is not None),
    ("tool.name", lambda span: span.tool is not None and bool(span.tool.name)),
    ("tool.input", lambda span: span.tool is not None and span.tool.arguments is not None),
    ("tool result", _has_tool_result),
    (
        "tool.status",
        lambda span: (span.tool is not None and bool(span.tool.status)) or span.status != "unset",
    ),
    (
        "tool.output_fields",
        lambda span: span.tool is not None and bool(span.tool.output_fields or span.tool.result),
    ),
    ("tool.latency_ms", lambda span: span.duration_ms is not None),
)
_LESSER: Final = frozenset({"messages", "tool result", "exact model version"})
"""Asked beside the runbook's lists because a diagnosis needs them."""


def find_readiness(case: Case) -> Readiness:
    """Present over required fields, the missing ones, and what cannot be concluded."""
    tools = tuple(step for step in case.tool_steps if step.kind == "tool")
    missing: dict[str, list[Step]] = {}
    asked = absent = 0
    for steps, fields in ((case.llm_steps, _LLM_FIELDS), (tools, _TOOL_FIELDS)):
        for name, present in fields:
            lacking = [step for step in steps if not present(step.span)]
            asked += len(steps)
            absent += len(lacking)
            if lacking:
                missing.setdefault(name, []).extend(lacking)
    return Readiness(
        score=round(1 - absent / asked, 4) if asked else 0.0,
        missing=tuple(
            MissingField(name, len(steps), tuple(sorted({step.number for step in steps})))
            for name, steps in missing.items()
        ),
        cannot_conclude=tuple(_consequences(case, missing, bool(asked))),
        defects=case.session.defects,
    )


def _consequences(case: Case, missing: dict[str, list[Step]], any_steps: bool) -> Iterable[str]:
    if not any_steps:
        yield "No LLM or tool call is in this capture: nothing can be concluded."
        return
    if results := missing.get("tool result"):
        yield f"Tool results of {_steps(results)} are missing: schema drift and empty results cannot be judged there."
    if arguments := missing.get("tool.input"):
        yield f"Tool arguments of {_steps(arguments)} are missing: what was acted on cannot be told there."
    if words := missing.get("messages"):
        yield f"Messages of {_steps(words)} are missing: invented ids and drift cannot be judged there."
    tokens = missing.get("gen_ai.usage.input_tokens")
    if tokens:
        yield f"Token counts of {_steps(tokens)} are missing: token use is an estimate at best."
    yield from _damage(case.session.defects)
    if not case.baseline and not any(case.tool(step.label).contract for step in case.tool_steps):
        yield "No good run and no tool contract to compare with: schema drift shows only where it was recorded."


def _damage(defects: Defects) -> Iterable[str]:
    for count, what, follows in (
        (defects.orphans, "Spans whose parent is not here", "earlier or enclosing work may be missing"),
        (
            defects.unrecorded_calls,
            "Calls that only a message tells of",
            "whether they were made cannot be told",
        ),
        (defects.cut_texts, "Spans with a text that breaks off", "what it held cannot be told"),
        (defects.cycles, "Cycles of parents, cut", "what caused what there is known by order alone"),
        (defects.missing_times, "Spans without a time", "their place in the order is a guess"),
        (defects.reversed_times, "Spans that end before they start", "their duration cannot be told"),
    ):
        if count:
            yield f"{what}: {count}; {follows}."


def _steps(steps: list[Step]) -> str:
    numbers = sorted({step.number for step in steps})
    if len(numbers) == 1:
        return f"step {numbers[0]}"
    shown = ", ".join(map(str, numbers[:5]))
    return f"steps {shown}" + (f" and {len(numbers) - 5} more" if len(numbers) > 5 else "")
