"""The agents of a session and who set whom to work, from the rows alone: only what the trace evidences."""

from __future__ import annotations

from typing import Final

import msgspec

from runbook_tui.evidence.store import Store

__all__ = ["AgentEdge", "AgentNode", "agent_edges", "agent_nodes"]

_NODES: Final = """
select agent, count(*), count(distinct step), sum(kind = 'llm'), sum(kind = 'tool'), sum(input_tokens), sum(output_tokens),
    sum(cost_usd), min(position)
from span where sid = ? and agent is not null group by agent order by min(position)
"""
_EDGES: Final = """
select above.agent, below.agent, sum(above.kind = 'handoff' or below.kind = 'handoff'), count(*), min(below.position)
from span below join span above on above.sid = below.sid and above.position = below.parent
where below.sid = ? and above.agent <> below.agent group by 1, 2 order by 5
"""
_FLAGS: Final = """
select span.agent, count(*) from flag join span using (sid, position) where sid = ? and span.agent is not null group by 1
"""


class AgentNode(msgspec.Struct, frozen=True):
    """What an agent did, in figures; unknown is None."""

    name: str
    spans: int
    steps: int
    llm_calls: int
    tool_calls: int
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    first: int
    """Position of its first span."""
    flags: int = 0


class AgentEdge(msgspec.Struct, frozen=True):
    """One agent ran below another."""

    above: str
    below: str
    handoffs: int
    """How many of them were recorded as hand-offs; the rest are delegations."""
    times: int
    first: int
    """Position where it first did."""


def agent_nodes(store: Store, session_id: str) -> tuple[AgentNode, ...]:
    """The agents of a session, in order of their first span."""
    sid = _sid(store, session_id)
    flags = {row[0]: row[1] for row in store.connection.execute(_FLAGS, (sid,))}
    rows = store.connection.execute(_NODES, (sid,))
    return tuple(msgspec.structs.replace(AgentNode(*row), flags=flags.get(row[0], 0)) for row in rows)


def agent_edges(store: Store, session_id: str) -> tuple[AgentEdge, ...]:
    """Which agent ran below which, how often."""
    return tuple(AgentEdge(*row) for row in store.connection.execute(_EDGES, (_sid(store, session_id),)))


def _sid(store: Store, session_id: str) -> int:
    row = store.connection.execute("select sid from session where id = ?", (session_id,)).fetchone()
    return int(row[0]) if row else -1
