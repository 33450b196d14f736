"""One responder's way through an incident, act by act, for tests that need a state in the middle of it."""

from __future__ import annotations

from runbook_tui.incident import Response
from runbook_tui.playbook import Option, Step

ORIGIN = 6
"""The step at which the invoice sample went wrong."""
GAP = "No check compares the approved quantity with the purchase order before a payment leaves."


def step_of(response: Response, step_id: str) -> Step:
    found = response.playbook.step(step_id)
    assert found is not None
    return found


def stop_option(response: Response, option_id: str = "another_way") -> Option:
    for _, step in response.playbook.steps():
        for option in step.options if step.kind == "choice" else ():
            if option.id == option_id:
                return option
    raise AssertionError(option_id)


def span_at(response: Response, number: int) -> str:
    return response.session.steps_numbered(number)[0].span.span_id


def contain(response: Response) -> None:
    response.enter("contain")
    response.stop_done(stop_option(response), (), "revoked its key")
    response.contained("a call with the key is refused")


def classify(response: Response) -> None:
    response.enter("capture")
    response.enter("classify")
    response.classify("tool_misfire", "the amount was never checked")


def trace_back(response: Response) -> None:
    response.enter("trace_back")
    response.mark_origin(span_at(response, ORIGIN), "multiplied cartons by packs")
    response.toggle_cascade(span_at(response, ORIGIN))


def repair(response: Response) -> None:
    response.enter("blast_radius")
    for judged in response.actions():
        response.judge(tool=judged.action.tool, owner="treasury", plan="recall it", status="started")


def settle_required_steps(response: Response) -> None:
    for _, step in response.playbook.steps():
        if step.kind == "checklist" and step.required:
            for item in step.items:
                response.tick(step.id, item.id, on=True)
        elif step.kind == "ask" and step.required:
            response.answer(
                step, {"yes_no": "no", "number": "12.50"}.get(step.type, "nobody else was affected")
            )


def write_up(response: Response) -> None:
    write_down(response)
    response.exported("the folder of its files")
    response.distribute("platform, treasury")


def write_down(response: Response) -> None:
    """All that a postmortem holds; it is neither written to files nor sent."""
    response.enter("postmortem")
    response.add_factor("prompt", "The prompt never says to compare the order's total")
    response.add_factor("guardrail", "No limit on a payment's amount", 7)
    response.write_gap(GAP)
    response.record_eval({"id": "invoice-1", "severity": "P0", "assertions": []}, red=True, green=None)
    response.add_item("Compare totals", "prevent", "payments", "2026-12-01")
    response.add_item("Alert on large payments", "detect", "platform", "2026-12-02")
    response.set_alert("MON-12")
