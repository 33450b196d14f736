"""Blast radius: every action after the origin, what it does, who owns undoing it, and how far that is."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Any, ClassVar, Final

from textual.binding import BindingType

from runbook_tui.incident import JudgedAction, Response
from runbook_tui.trace.counted import counted
from runbook_tui.trace.words import Room
from runbook_tui.ui.dialogs import Field
from runbook_tui.ui.keys import Pane, bindings
from runbook_tui.ui.lines import Tone
from runbook_tui.ui.rooms.room import RoomView
from runbook_tui.ui.rooms.steps import step_rows
from runbook_tui.ui.rows import Row, heading
from runbook_tui.ui.signs import sign
from runbook_tui.ui.words import one_line

__all__ = ["BlastRadiusRoom", "blast_rows"]

_ORDER: Final = {"irreversible": 0, "unknown": 1, "reversible": 2, "read": 3}
_ASKED_BY: Final = {"irreversible": "remediation", "unknown": "actions_classified"}
"""The evidence by which a checklist requires that something is said of actions of such an effect."""
_MOST: Final = 2_000


def blast_lead(response: Response) -> tuple[str, Tone]:
    """How many actions, how many cannot be undone, and since when they count."""
    actions = response.actions()
    irreversible = sum(judged.effect == "irreversible" for judged in actions)
    unknown = sum(judged.effect == "unknown" for judged in actions)
    since = (
        f"after the origin at step {response.state.origin.step}"
        if response.state.origin
        else "in the session"
    )
    before = response.actions_before()
    gone = sum(judged.effect == "irreversible" for judged in before)
    earlier = f" {len(before):,} before it ({gone:,} irreversible)." if before else ""
    if not actions:
        return f"No external action {since}.{earlier}", "flag" if gone else "text"
    text = f"{counted(len(actions), 'action')} {since}: {irreversible} irreversible"
    text += (f", {unknown} unknown." if unknown else ".") + earlier
    if response.state.origin is None:
        text += " The origin is not marked yet, so all are listed."
    return text, "danger" if irreversible else "text"


def blast_rows(response: Response, expanded: frozenset[str]) -> list[Row]:
    """One row a tool, or one an action where it is expanded; irreversible first, those before the origin last."""
    wanted = {line.evidence for line in response.playbook.postmortem.checklist if line.evidence}
    actions, before = response.actions(), response.actions_before()
    rows = _tool_rows(actions, {effect for effect, line in _ASKED_BY.items() if line in wanted}, expanded)
    if not rows:
        none = "None after the origin." if before else "No external action was recorded."
        rows.append(Row(f"{none} Check the systems it can reach all the same.", tone="dim"))
    if before:
        rows.append(heading("Before the origin: if one of them was wrong already, mark an earlier step"))
        # where there is nothing else, somebody has to look at them: an origin is easily marked too late
        asked = frozenset(_ASKED_BY) if not actions and "actions_classified" in wanted else frozenset()
        rows += _tool_rows(before, asked, expanded, before=True)
    spawned = [agent for agent in response.findings.agents if agent.parent is not None]
    if spawned:
        rows.append(heading("Agents it started, their actions are listed above"))
        rows += [
            Row(f"{agent.name}, {counted(agent.steps, 'step')}", ("span", agent.span_id)) for agent in spawned
        ]
    return rows + step_rows(response, "blast_radius")


def _tool_rows(
    actions: Sequence[JudgedAction], asked: Set[str], expanded: frozenset[str], *, before: bool = False
) -> list[Row]:
    """Rows of actions; `asked` has the effects of which something must be said."""
    groups: dict[tuple[str, str], list[JudgedAction]] = {}
    for judged in actions:
        groups.setdefault((judged.effect, judged.action.tool), []).append(judged)
    rows: list[Row] = []
    for (effect, tool), members in sorted(groups.items(), key=lambda item: (_ORDER[item[0][0]], item[0][1])):
        times = f" {sign('times')}{len(members)}" if len(members) > 1 else ""
        steps = _steps(members)
        ready = sum(judged.looked_at if before else _is_ready(judged) for judged in members)
        state = "done" if ready == len(members) else "under_way" if ready else "open"
        required = "required" if effect in asked and state != "done" else ""
        text = f"{tool}{times}  {effect}  {steps}"
        tone: Tone = "danger" if effect == "irreversible" else "flag" if effect == "unknown" else "text"
        if before and not asked:
            state, tone = "", "dim"
        rows.append(Row(text, ("tool", tool, effect, before), state, required, tone))
        rows.append(Row(_plan(members[0]), tone="dim", indent=1))
        if tool in expanded:
            for judged in members[:_MOST]:
                text = f"step {judged.action.step}  {one_line(judged.action.arguments, 160)}"
                mark = "done" if _is_ready(judged) else "" if before else "open"
                rows.append(Row(text, ("action", tool, judged.action.span_id), mark, judged.status, indent=1))
    return rows


def _is_ready(judged: JudgedAction) -> bool:
    """Whether nothing is left to say of an action: what it does is known, and somebody undoes it by a plan."""
    if judged.effect in ("read", "unknown"):
        return judged.effect == "read"
    begun = judged.status in ("started", "done") or judged.effect == "reversible"
    return bool(judged.owner and judged.plan) and begun


def _steps(members: list[JudgedAction]) -> str:
    numbers = sorted({judged.action.step for judged in members})
    if len(numbers) == 1:
        return f"step {numbers[0]}"
    return (
        f"steps {numbers[0]} to {numbers[-1]}"
        if len(numbers) > 4
        else f"steps {', '.join(map(str, numbers))}"
    )


def _plan(judged: JudgedAction) -> str:
    if judged.owner or judged.plan:
        return f"{judged.owner or 'no owner'} · {judged.plan or 'no plan'} · {judged.status}"
    if judged.effect == "read":
        return "changes nothing"
    known = judged.action.reversal
    return f"no owner yet. The catalogue says: {known}" if known else "no owner and no plan yet"


class BlastRadiusRoom(RoomView):
    """Room 5."""

    ROOM: ClassVar[Room] = "blast_radius"
    PANES: ClassVar[tuple[Pane, ...]] = ("blast", "list", "incident", "everywhere")
    BINDINGS: ClassVar[list[BindingType]] = bindings("blast")

    def __init__(self, response: Response) -> None:
        super().__init__(response)
        self._expanded: frozenset[str] = frozenset()

    def lead(self) -> tuple[str, Tone]:
        """How bad it is."""
        return blast_lead(self.response)

    def rows(self) -> list[Row]:
        """The actions."""
        return blast_rows(self.response, self._expanded)

    def action_expand(self) -> None:
        """One row an action; on a playbook step, skip it."""
        row = self.row_list.current
        if row is not None and row.id is not None and row.id[0] in ("tool", "action"):
            self._expanded = self._expanded ^ {row.id[1]}
            self.update_room()
        else:
            self.action_skip()

    def choose(self, what: tuple[Any, ...]) -> None:
        """Say what a tool's actions do, or one action does."""
        if what[0] not in ("tool", "action"):
            return
        tool = what[1]
        span_id = what[2] if what[0] == "action" else None
        members = [
            judged
            for judged in (*self.response.actions(), *self.response.actions_before())
            if judged.action.tool == tool and span_id in (None, judged.action.span_id)
        ]
        if not members:
            return
        first = members[0]
        who = (
            f"{tool} at step {first.action.step}" if span_id else f"{tool}, {counted(len(members), 'action')}"
        )
        fields = [
            Field(
                "effect",
                "Effect",
                first.effect,
                ("read", "reversible", "irreversible", "unknown"),
                "left and right",
            ),
            Field("owner", "Owner of undoing it", first.owner or "", required=False),
            Field("plan", "Reversal plan", first.plan or first.action.reversal or "", required=False),
            Field("status", "Status", first.status, ("open", "started", "done")),
        ]
        self.ask(
            who,
            fields,
            lambda values: self.response.judge(tool=tool, span_id=span_id, **values),
            lead=one_line(first.action.arguments, 300),
        )
