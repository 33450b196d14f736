"""The agents of the session as a graph in rows: who set whom to work, with figures; from each to its spans."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Sequence
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static

from runbook_tui.evidence import AgentEdge, AgentNode, Store, agent_edges, agent_nodes
from runbook_tui.trace.counted import counted
from runbook_tui.ui.browser.filtering import Filtering
from runbook_tui.ui.browser.over import OverTree
from runbook_tui.ui.frame import KeysLine
from runbook_tui.ui.keys import Pane, bindings
from runbook_tui.ui.rows import Row, RowList
from runbook_tui.ui.words import count

__all__ = ["Agents", "agent_rows"]


def agent_rows(nodes: Sequence[AgentNode], edges: Sequence[AgentEdge]) -> list[Row]:
    """Each agent with its figures, and below it the agents that it set to work."""
    if not nodes:
        return [Row("No span of this session names an agent.", tone="dim")]
    rows: list[Row] = []
    for node in nodes:
        tokens = (node.input_tokens or 0) + (node.output_tokens or 0)
        known = node.input_tokens is not None or node.output_tokens is not None
        figures = (
            counted(node.steps, "step"),
            f"{node.llm_calls} llm",
            f"{node.tool_calls} tool",
            f"{count(tokens)} tokens" if known else "",
            f"${node.cost_usd:.4f}" if node.cost_usd is not None else "",
            counted(node.flags, "flag") if node.flags else "",
        )
        rows.append(
            Row(
                node.name,
                ("agent", node.name),
                "flag" if node.flags else "open",
                "  ".join(filter(None, figures)),
                "strong",
            )
        )
        for edge in edges:
            if edge.above == node.name:
                told = (
                    f"{counted(edge.handoffs, 'hand-off')}" if edge.handoffs else "",
                    f"{counted(edge.times - edge.handoffs, 'delegation')}"
                    if edge.times > edge.handoffs
                    else "",
                )
                words = ", ".join(filter(None, told))
                rows.append(Row(f"to {edge.below}", ("edge", edge.first), "here", words, "dim", indent=1))
    return rows


class AgentsScreen(OverTree[tuple[str, str | int]]):
    """Dismissed with what was chosen: an agent's name, or the position of a span."""

    PANES: ClassVar[tuple[Pane, ...]] = ("agents", "list", "over", "everywhere")
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("agents")]

    def __init__(self, rows: list[Row], agents: int) -> None:
        super().__init__()
        self._rows, self._agents = rows, agents

    def compose(self) -> ComposeResult:
        """Title, rows, keys."""
        yield Static(Content(f" {counted(self._agents, 'agent')} in this session"), id="title")
        yield Static(Content(" Choose an agent to see its spans alone."), classes="lead")
        yield RowList()
        yield KeysLine(id="keys")

    def on_mount(self) -> None:
        """Fill in."""
        self.query_one(RowList).show(self._rows)
        self.query_one(RowList).focus()
        self.call_after_refresh(self.query_one(KeysLine).show, *self.PANES)

    @on(RowList.Chosen)
    def give_back(self, event: RowList.Chosen) -> None:
        """What was chosen."""
        event.stop()
        assert event.row.id is not None
        kind, what = event.row.id
        self.dismiss((kind, what))


class Agents(Filtering):
    """`A`."""

    @work(exclusive=True, group="agents")
    async def action_agents(self) -> None:
        """Show who set whom to work."""
        path, session = self.response.store.path, self.response.session_id

        def read() -> tuple[Sequence[AgentNode], Sequence[AgentEdge]]:
            with Store(path) as store:
                return agent_nodes(store, session), agent_edges(store, session)

        nodes, edges = await asyncio.to_thread(read)

        def after(chosen: tuple[str, str | int] | None) -> None:
            if chosen is None:
                return
            kind, what = chosen
            if kind == "agent":
                self.filter_by(shlex.quote(f"agent:={what}"))
            else:
                self.jump(int(what))

        self.app.push_screen(AgentsScreen(agent_rows(nodes, edges), len(nodes)), after)
