"""The playbook's own steps as rows, in any room: they show up without a line of code."""

from __future__ import annotations

from runbook_tui.incident import Response, step_settled
from runbook_tui.playbook import Step
from runbook_tui.trace.words import Room
from runbook_tui.ui.rows import Row, heading
from runbook_tui.ui.words import one_line

__all__ = ["step_rows"]


def step_rows(response: Response, room: Room, *, but_not: frozenset[str] = frozenset()) -> list[Row]:
    """Rows for the steps of a room, under a heading; none when the playbook has none."""
    steps = [step for step in response.playbook.rooms[room].steps if step.id not in but_not]
    if not steps:
        return []
    rows = [heading("To do")]
    for step in steps:
        rows += _rows(response, step)
    return rows


def _rows(response: Response, step: Step) -> list[Row]:
    state = response.state
    done = step_settled(response, step.id)
    skipped = state.skips.get(step.id)
    right = (
        f"skipped: {one_line(skipped, 40)}" if skipped else "" if done or not step.required else "required"
    )
    mark = "skipped" if skipped else "done" if done else "open"
    if step.kind == "checklist":
        ticked = state.ticks.get(step.id, ())
        head = Row(step.title, ("step", step.id), mark, right or f"{len(ticked)} of {len(step.items)}")
        items = [
            Row(item.text, ("tick", step.id, item.id), "done" if item.id in ticked else "open", indent=1)
            for item in step.items
        ]
        return [head, *items]
    if step.kind == "ask":
        answer = state.answers.get(step.id)
        return [Row(step.question, ("step", step.id), mark, right or one_line(answer, 40))]
    if step.kind == "manual":
        return [Row(f"{step.title}. {step.text}", ("step", step.id), mark, right)]
    head = Row(step.title, ("step", step.id), mark, right)
    chosen = {stop.option for stop in state.stops}
    options = [
        Row(option.label, ("option", step.id, option.id), "done" if option.id in chosen else "open", indent=1)
        for option in step.options
    ]
    return [head, *options]
