"""What a comparison with good runs shows: the evidence the cause table asks for."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from runbook_tui.diagnosis.case import Case
from runbook_tui.playbook import Evidence as CauseEvidence
from runbook_tui.trace import Evidence, Flag, SessionTrace, Step
from runbook_tui.trace.jsontext import decode, flat_values

__all__ = ["compare", "stale_results"]

_DATED: Final = re.compile(
    r"(?i)(indexed|index_(?:date|built|version|updated)|as_?of|crawled|fetched|synced|refreshed|snapshot|last_sync)"
)
_DATE: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


def compare(case: Case, flags: tuple[Flag, ...]) -> dict[CauseEvidence, list[Evidence]]:
    """Each kind of evidence that was seen, with the spans it rests on."""
    seen: dict[CauseEvidence, list[Evidence]] = {}
    drifted = [flag for flag in flags if flag.flag == "TOOL_SCHEMA_DRIFT"]
    if drifted:
        seen["tool_schema_changed"] = [Evidence(flag.detail, flag.step, flag.span_id) for flag in drifted[:3]]
    empty = [flag for flag in flags if flag.flag == "EMPTY_RESULT"]
    if empty:
        seen["retrieval_empty"] = [Evidence(flag.detail, flag.step, flag.span_id) for flag in empty[:3]]
    if stale := stale_results(case):
        seen["retrieval_stale"] = [case.evidence(text, step) for step, text in stale[:3]]
    if case.baseline and case.llm_steps:
        _against_baseline(case, seen)
        if not seen:
            seen["no_change_seen"] = []
    return seen


def _against_baseline(case: Case, seen: dict[CauseEvidence, list[Evidence]]) -> None:
    good_models = {span.model for session in case.baseline for span in session.spans if span.kind == "llm"}
    step = next(
        (step for step in case.llm_steps if step.span.model and step.span.model not in good_models), None
    )
    if step is not None and good_models - {None}:
        known = ", ".join(sorted(model for model in good_models if model))
        seen["model_changed"] = [case.evidence(f"model is {step.span.model}; good runs used {known}", step)]
    good_prompts = {_prompt(session) for session in case.baseline}
    if _prompt(case.session) not in good_prompts and any(good_prompts):
        seen["prompt_changed"] = [
            case.evidence("the system prompt differs from that of the good runs", case.llm_steps[0])
        ]


def _prompt(session: SessionTrace) -> str:
    return "\n".join(
        dict.fromkeys(
            message.text
            for span in session.spans
            for message in span.input_messages
            if message.role == "system"
        )
    )


def stale_results(case: Case) -> list[tuple[Step, str]]:
    """Results whose own dates are older than `thresholds.stale_after_days` when they were read."""
    limit = timedelta(days=case.thresholds.stale_after_days)
    found: list[tuple[Step, str]] = []
    for step in case.tool_steps:
        tool, start = step.span.tool, step.span.start_ns
        if (
            tool is None
            or start is None
            or (case.tool(tool.name).effect != "read" and step.kind != "retrieval")
        ):
            continue
        now = datetime.fromtimestamp(start / 1e9, UTC)
        for path, value in flat_values(decode(tool.result)):
            dated = _date(value) if _DATED.search(path.rsplit(".", 1)[-1]) else None
            if dated is not None and limit < now - dated < timedelta(days=3650):
                found.append(
                    (step, f"{tool.name}: {path} is {value}, {(now - dated).days} days before it was read")
                )
                break
    return found


def _date(value: Any) -> datetime | None:
    match = _DATE.match(value) if isinstance(value, str) else None
    try:
        return datetime(int(match[1]), int(match[2]), int(match[3]), tzinfo=UTC) if match else None
    except ValueError:
        return None
