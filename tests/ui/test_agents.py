"""Who set whom to work."""

from __future__ import annotations

from pathlib import Path

from runbook_tui.evidence import Store, agent_edges, agent_nodes, write_session
from runbook_tui.playbook import Playbooks
from runbook_tui.ui import RunbookApp, Start
from tests.factories import make_llm, make_session, make_span, make_tool
from tests.ui.driver import press, screen_text, settle


def _fill(path: Path) -> None:
    session = make_session(
        make_span(1, kind="agent", agent="desk"),
        make_llm(2, "Ask the clerk.", parent=1, agent="desk", input_tokens=10, output_tokens=5, cost_usd=0.5),
        make_span(3, kind="agent", agent='the "clerk"', parent=1),
        make_tool(4, "look_up", {}, {"a": 1}, parent=3, agent='the "clerk"'),
        make_span(5, kind="handoff", agent="payer", parent=3),
        make_llm(6, "Paid.", parent=5, agent="payer"),
        session_id="agents",
    )
    with Store(path) as store, store.writing() as connection:
        write_session(connection, session, None, "2026-11-20T02:14:00.000Z")


def test_only_what_the_trace_evidences(tmp_path: Path) -> None:
    path = tmp_path / "agents.db"
    _fill(path)
    with Store(path) as store:
        nodes, edges = agent_nodes(store, "agents"), agent_edges(store, "agents")
    assert [(node.name, node.spans, node.steps) for node in nodes] == [
        ("desk", 2, 1),
        ('the "clerk"', 2, 1),
        ("payer", 2, 2),
    ]
    assert (nodes[0].input_tokens, nodes[0].cost_usd, nodes[2].input_tokens) == (10, 0.5, None)
    assert [(edge.above, edge.below, edge.handoffs, edge.times) for edge in edges] == [
        ("desk", 'the "clerk"', 0, 1),
        ('the "clerk"', "payer", 1, 1),
    ]


async def test_from_an_agent_to_its_spans(tmp_path: Path, playbooks: Playbooks) -> None:
    path = tmp_path / "agents.db"
    _fill(path)
    app = RunbookApp(path, lambda: playbooks, Start("session", "agents"))
    async with app.run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        await press(pilot, "4", "A")
        await settle(pilot)
        text = screen_text(app)
        assert "3 agents in this session" in text
        assert "1 hand-off" in text
        assert "1 delegation" in text
        await press(pilot, "j", "j", "enter")
        await settle(pilot)
        assert "2 of 6 spans" in screen_text(app)
