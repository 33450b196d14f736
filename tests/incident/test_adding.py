"""Two exports of one session: what one file cannot know, the other one tells."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from runbook_tui.evidence import Store, captures_of, read_findings, read_session
from runbook_tui.incident import add_capture, importing, open_incident, store_capture
from runbook_tui.incident.baselines import add_baseline
from runbook_tui.incident.uniting import Union
from runbook_tui.intake import spill
from runbook_tui.playbook import load_all, playbook_dirs

MESSAGES = [
    {
        "role": "assistant",
        "parts": [{"type": "tool_call", "id": "c1", "name": "pay", "arguments": '{"to": "A-1"}'}],
    }
]


def exported(path: Path, *spans: dict[str, Any]) -> Path:
    request = {"resourceSpans": [{"scopeSpans": [{"spans": list(spans)}]}]}
    path.write_text(json.dumps(request), encoding="utf-8")
    return path


def span(number: int, parent: int | None, **attributes: str) -> dict[str, Any]:
    named = {"session.id": "s-1", **{key.replace("__", "."): value for key, value in attributes.items()}}
    return {
        "traceId": "cd" * 16,
        "spanId": f"{number:016x}",
        "parentSpanId": f"{parent:016x}" if parent else "",
        "name": "x",
        "startTimeUnixNano": str(10**18 + number * 1000),
        "endTimeUnixNano": str(10**18 + number * 1000 + 500),
        "attributes": [{"key": key, "value": {"stringValue": value}} for key, value in named.items()],
    }


def test_agent_and_arguments_come_from_the_other_export(tmp_path: Path) -> None:
    tool = span(
        3, 1, gen_ai__operation__name="execute_tool", gen_ai__tool__name="pay", gen_ai__tool__call__id="c1"
    )
    rest = [
        span(1, None, gen_ai__operation__name="invoke_agent", gen_ai__agent__name="payer"),
        span(2, 1, gen_ai__operation__name="chat", gen_ai__output__messages=json.dumps(MESSAGES)),
    ]
    playbook = load_all(playbook_dirs()).default
    with Store(tmp_path / "x.db") as store:
        add_capture(store, exported(tmp_path / "tools.jsonl", tool), playbook)
        alone = read_session(store, "s-1")
        assert alone is not None
        assert alone.spans[0].agent is None
        assert alone.defects.orphans == 1
        added = add_capture(store, exported(tmp_path / "rest.jsonl", *rest), playbook)
        assert added.new_spans == 2
        whole = read_session(store, "s-1")
        assert whole is not None
        assert [step.label for step in whole.steps] == ["asks for pay", "pay"]
        assert whole.steps[1].span.agent == "payer"
        assert whole.steps[1].span.tool is not None
        assert json.loads(whole.steps[1].span.tool.arguments or "") == {"to": "A-1"}
        assert (whole.defects.orphans, whole.defects.duplicates) == (0, 0)
        assert len(captures_of(store, "s-1")) == 2


def test_a_call_that_both_exports_hold_stays_a_step(tmp_path: Path) -> None:
    """The same response id twice is no twin where the span is the same."""
    call = span(1, None, gen_ai__operation__name="chat", gen_ai__response__id="r1")
    other = span(2, None, gen_ai__operation__name="chat", gen_ai__response__id="r2")
    playbook = load_all(playbook_dirs()).default
    with Store(tmp_path / "x.db") as store:
        add_capture(store, exported(tmp_path / "early.jsonl", call), playbook)
        add_capture(store, exported(tmp_path / "late.jsonl", call, other, call), playbook)
        session = read_session(store, "s-1")
        assert session is not None
        assert [step.kind for step in session.steps] == ["llm", "llm"]


def test_memory_holds_outlines_and_not_the_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixteen megabytes in one session, read with room for half of one."""
    monkeypatch.setattr(spill, "_HELD_BYTES", 500_000)
    path = tmp_path / "large.jsonl"
    with path.open("w", encoding="utf-8") as out:
        for number in range(1, 400):
            item = span(number, 1 if number > 1 else None, note="x" * 40_000)
            out.write(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [item]}]}]}) + "\n")
    with Store(tmp_path / "x.db") as store:
        tracemalloc.start()
        added = store_capture(store, path)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert added.spans == 399
    assert peak < 12 << 20, f"{peak / 1e6:.0f} MB"


def test_a_large_session_is_diagnosed_when_it_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    playbooks = load_all(playbook_dirs())
    path = exported(tmp_path / "x.jsonl", *(span(number, None) for number in range(1, 5)))
    monkeypatch.setattr(importing, "LARGE", 4)
    with Store(tmp_path / "x.db") as store:
        assert add_capture(store, path, playbooks.default).new_spans == 4
        assert read_findings(store, "s-1") is None
        incident = open_incident(store, playbooks, "s-1")
        assert read_findings(store, "s-1") == incident.findings


def test_what_is_inferred_of_a_part_is_not_added_to_the_whole(tmp_path: Path) -> None:
    asked = span(2, 1, gen_ai__operation__name="chat", gen_ai__output__messages=json.dumps(MESSAGES))
    done = span(
        3, 1, gen_ai__operation__name="execute_tool", gen_ai__tool__name="pay", gen_ai__tool__call__id="c1"
    )
    playbook = load_all(playbook_dirs()).default
    part = exported(tmp_path / "part.jsonl", asked)
    whole = exported(tmp_path / "whole.jsonl", span(1, None), asked, done)
    with Store(tmp_path / "alone.db") as store:
        alone = add_capture(store, part, playbook)
        session = read_session(store, "s-1")
        assert session is not None
        assert [item.kind for item in session.spans] == ["llm", "tool"], "the call that nothing recorded"
        assert (alone.spans, alone.new_spans) == (1, 1)
    with Store(tmp_path / "x.db") as store:
        add_capture(store, whole, playbook)
        again = add_capture(store, part, playbook)
        assert (again.spans, again.new_spans) == (1, 0)
        session = read_session(store, "s-1")
        assert session is not None
        assert len(session.spans) == 3


def test_what_another_import_stores_while_a_file_is_read_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = tmp_path / "x.db"
    early = exported(tmp_path / "early.jsonl", span(1, None), span(2, 1))
    late = exported(tmp_path / "late.jsonl", span(3, 1), span(4, 1))
    begin = Store.writing

    def beside(store: Store, *, durable: bool = False) -> Any:
        """The other one comes first to where only one can be."""
        monkeypatch.setattr(Store, "writing", begin)
        with Store(db) as other:
            store_capture(other, early)
        return begin(store, durable=durable)

    with Store(db) as store:
        monkeypatch.setattr(Store, "writing", beside)
        added = store_capture(store, late)
        assert (added.new_spans, added.joined) == (2, ("s-1",))
        session = read_session(store, "s-1")
        assert session is not None
        assert len(session.spans) == 4


def test_many_sessions_are_united_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked of each of them asks nothing of all the others."""
    asked = []

    class Formats(dict[str, str]):
        def items(self) -> Any:
            asked.append(len(self))
            return super().items()

    def begun(union: Union, *given: Any) -> None:
        begin(union, *given)
        union.formats = Formats(union.formats)

    begin = Union.__init__
    monkeypatch.setattr(Union, "__init__", begun)
    names = [f"s-{number}" for number in range(20)]
    parts = [
        [
            {**span(number, None, session__id=name), "traceId": f"{at:032x}"}
            for at, name in enumerate(names, 1)
        ]
        for number in (1, 2)
    ]
    with Store(tmp_path / "x.db") as store:
        store_capture(store, exported(tmp_path / "a.jsonl", *parts[0]))
        added = store_capture(store, exported(tmp_path / "b.jsonl", *parts[1]))
        assert set(added.joined) == set(names)
    assert sum(asked) == len(names)


@pytest.mark.parametrize("good_first", [True, False])
def test_a_good_run_joins_no_other_of_its_id_and_none_joins_it(tmp_path: Path, good_first: bool) -> None:
    playbook = load_all(playbook_dirs()).default
    good = exported(tmp_path / "good.jsonl", span(1, None, gen_ai__operation__name="invoke_agent"))
    other = exported(tmp_path / "other.jsonl", span(2, None, gen_ai__operation__name="invoke_agent"))
    with Store(tmp_path / "x.db") as store:
        if good_first:
            first = add_capture(store, good, playbook, good=True)
            add_baseline(store, "s-1", playbook)
            second = add_capture(store, other, playbook)
        else:
            first = add_capture(store, other, playbook)
            second = add_capture(store, good, playbook, good=True)
        assert first.sessions == ("s-1",)
        assert first.apart == ()
        assert second.sessions == second.apart == (f"s-1~{second.sha256[:8]}",)
        assert [
            len(found.spans) for name in ("s-1", *second.apart) if (found := read_session(store, name))
        ] == [1, 1]
        again = add_capture(store, good if not good_first else other, playbook, good=not good_first)
        assert (again.sessions, again.new_spans) == (second.sessions, 0)
        assert captures_of(store, second.sessions[0])[0].sha256 == second.sha256


def test_a_file_that_is_known_and_was_joined_gives_a_good_run_of_its_own(tmp_path: Path) -> None:
    playbook = load_all(playbook_dirs()).default
    good = exported(tmp_path / "good.jsonl", span(1, None, gen_ai__operation__name="invoke_agent"))
    other = exported(tmp_path / "other.jsonl", span(2, None, gen_ai__operation__name="invoke_agent"))
    with Store(tmp_path / "x.db") as store:
        assert add_capture(store, other, playbook).sessions == add_capture(store, good, playbook).sessions
        (own,) = add_capture(store, good, playbook, good=True).sessions
        assert own != "s-1"
        found = read_session(store, own)
        assert found is not None
        assert len(found.spans) == 1
