"""What a comparison with good runs shows: the evidence the cause table asks for."""

from __future__ import annotations

from runbook_tui.diagnosis.case import Case
from runbook_tui.playbook import Evidence as CauseEvidence
from runbook_tui.trace import Evidence, Flag, SessionTrace

__all__ = ["compare"]


def compare(case: Case, flags: tuple[Flag, ...]) -> dict[CauseEvidence, list[Evidence]]:
    """Each kind of evidence that was seen, with the spans it rests on."""
    seen: dict[CauseEvidence, list[Evidence]] = {}
    drifted = [flag for flag in flags if flag.flag == "TOOL_SCHEMA_DRIFT"]
    if drifted:
        seen["tool_schema_changed"] = [Evidence(flag.detail, flag.step, flag.span_id) for flag in drifted[:3]]
    empty = [flag for flag in flags if flag.flag == "EMPTY_RESULT"]
    if empty:
        seen["retrieval_empty"] = [Evidence(flag.detail, flag.step, flag.span_id) for flag in empty[:3]]
    if stale := case.stale_results:
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
