"""A span that is packed before its agent is known is what it would be if packed after."""

import pytest

from runbook_tui.trace import Span, as_read, changed, pack, unpack, with_agent


@pytest.mark.parametrize("kind", ["other", "llm"])
@pytest.mark.parametrize("parent", [None, "p"])
@pytest.mark.parametrize("session", [None, 's"'])
@pytest.mark.parametrize("name", ["", "chat", 'a","kind":"llm","agent":"b', "back\\", "{\n“é”"])
def test_an_agent_is_put_in_its_place(name: str, session: str | None, parent: str | None, kind: str) -> None:
    span = Span(trace_id="t", span_id='"', parent_id=parent, name=name, kind=kind, session_id=session)  # type: ignore[arg-type]
    known = changed(span, agent='planner "2"\\')
    assert with_agent(pack(span), 'planner "2"\\') == pack(known)
    assert unpack(pack(known).body) == known
    assert as_read(unpack(pack(known).body)) == span
