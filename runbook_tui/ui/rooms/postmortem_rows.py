"""What the postmortem room shows: whether it can close, and all that a postmortem needs."""

from __future__ import annotations

from runbook_tui.incident import (
    Response,
    blockers,
    checklist,
    open_steps,
)
from runbook_tui.trace.counted import counted
from runbook_tui.ui.lines import Tone
from runbook_tui.ui.rooms.steps import step_rows
from runbook_tui.ui.rows import Row, heading
from runbook_tui.ui.words import clock_time, one_line

__all__ = ["closing_words", "postmortem_lead", "postmortem_rows"]


def postmortem_lead(response: Response) -> tuple[str, Tone]:
    """Whether it can close; if not, how much is open."""
    if response.state.closed_at:
        return f"Closed at {clock_time(response.state.closed_at)} UTC.", "verified"
    lines = checklist(response)
    left = sum(not line.done and not line.deferred for line in lines)
    others = len(blockers(response)) - left
    if not left and not others:
        how = "Close with c." if response.is_exported else "Write the files with w, close with c."
        return f"Everything is there. {how}", "verified"
    beside = f"{counted(others, 'thing')} beside the checklist"
    if not left:
        return f"Cannot close yet: {beside} still open.", "flag"
    more = f", and {beside}" if others else ""
    return f"Cannot close yet: {left} of {len(lines)} open{more}.", "flag"


def closing_words(response: Response) -> str:
    """What closing makes final, and what is not written or put off as yet."""
    state = response.state
    said = ["Answers, factors, action items and clocks are final then; u does not open it again."]
    later = [line.text for line in checklist(response) if line.deferred]
    if later:
        said.append(f"Put off: {', '.join(later)}.")
    if state.exported:
        said.append(f"Closing writes the files in {state.exported[0]} again.")
    else:
        said.append("No file is written yet; w writes them afterwards too.")
    return "\n".join(said)


def postmortem_rows(response: Response) -> list[Row]:
    """Checklist, factors, gap, action items, eval case, files, steps."""
    state, policy = response.state, response.playbook.postmortem
    rows = [Row("Checklist", tone="heading")]
    for line in checklist(response):
        mark = "done" if line.done else "under_way" if line.deferred else "open"
        rows.append(Row(line.text, ("line", line.id), mark, one_line(line.said, 110)))
    listed = {line.text for line in checklist(response)}
    others = [text for text in blockers(response) if text.split(":")[0] not in listed]
    if others and not state.closed_at:
        rows.append(heading("Still open beside the checklist"))
        steps = [
            (f"{step.title} (", ("step", step.id) if room == "postmortem" else ("to_step", room, step.id))
            for room, step in open_steps(response)
        ]
        for text in others:
            settles = (what for title, what in steps if text.startswith(title))
            rows.append(Row(text, next(settles, ("add_item",)), "open"))
    short = len(state.factors) < policy.factors.ask
    asked = f" of {policy.factors.ask} asked for, one alone is refused" if short else ""
    rows.append(heading(f"Contributing factors: {len(state.factors)}{asked}"))
    rows += [
        Row(factor.statement, ("factor", index), "done", factor.layer.replace("_", " "))
        for index, factor in enumerate(state.factors)
    ]
    rows.append(Row("Add a contributing factor", ("add_factor",), "here", tone="accent"))
    rows.append(heading("Detection gap"))
    rows.append(
        Row(
            state.gap or "Write why nothing caught it before users did",
            ("gap",),
            "done" if state.gap else "open",
        )
    )
    rows.append(heading(f"Action items: {len(state.items)}"))
    rows += [
        Row(item.title, ("item", index), "done", f"{item.type} · {item.owner} · {item.due}")
        for index, item in enumerate(state.items)
    ]
    rows.append(Row("Add an action item", ("add_item",), "here", tone="accent"))
    rows.append(heading("Files"))
    written = f"written to {state.exported[0]}" if state.exported else "not written yet"
    if state.exported and not response.is_exported:
        written = f"changed since it was {written}: w writes it again"
    rows.append(
        Row(
            "Write the postmortem, the evidence and the eval case",
            ("write",),
            "done" if response.is_exported else "under_way" if state.exported else "open",
            written,
        )
    )
    rows += step_rows(response, "postmortem")
    return rows
