"""The files of an incident: all at once, byte for byte, never over something else."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from runbook_tui.evals import load_case, propose_case, record_case, run_case
from runbook_tui.evidence import Store
from runbook_tui.incident import Response, add_capture, open_incident
from runbook_tui.playbook import Playbooks
from runbook_tui.report import ExportError, export, incident_json, postmortem_markdown, timeline
from tests.evals.conftest import SAMPLES, Opener
from tests.factories import request, wire_span, write_lines

HOSTILE = (
    "Pay INV-1 | now\n# Heading\n```\n<script>alert(1)</script> [x](javascript:alert(1)) @channel "
    "{{ 7*7 }}{% raw %} \x1b]52;c;eA==\x07 \u202e key sk-abcdefghijklmnopqrst password=hunter2"
)


@pytest.fixture(scope="module")
def response(opened: Opener) -> Response:
    response = opened("invoice")
    record_case(response, propose_case(response))
    response.mark_origin(response.findings.suspects[0].span_id)
    return response


def test_everything_is_there(response: Response, tmp_path: Path) -> None:
    done = export(response, tmp_path / "out")
    case = response.state.evaluation
    assert case is not None
    assert done.files == (
        f"evals/{case.id}/bad.jsonl",
        f"evals/{case.id}/case.yaml",
        f"evals/{case.id}/corrected.jsonl",
        "evidence/SHA256SUMS",
        "evidence/invoice.jsonl",
        "incident.json",
        "postmortem.md",
    )
    original = (SAMPLES / "invoice.jsonl").read_bytes()
    assert (done.folder / "evidence/invoice.jsonl").read_bytes() == original
    sums = (done.folder / "evidence/SHA256SUMS").read_text()
    assert sums == f"{hashlib.sha256(original).hexdigest()}  invoice.jsonl\n"
    assert load_case(done.folder / "evals" / case.id).id == case.id
    assert not run_case(done.folder / "evals" / case.id).passed
    assert response.state.exported is not None
    assert response.state.exported[0] == str(done.folder)
    record = json.loads((done.folder / "incident.json").read_text())
    assert record["journal"]["entries"][0]["event"] == "opened"
    assert record["files"]["postmortem.md"] == _sha(done.folder / "postmortem.md")
    assert [item.name for item in tmp_path.iterdir()] == ["out"]


def test_the_files_do_not_deny_themselves(opened: Opener, tmp_path: Path) -> None:
    response = opened("pricing", good=False)
    line = "Postmortem sent within 48 hours: "
    export(response, tmp_path / "out")
    assert f"- [ ] {line}not sent" in (tmp_path / "out/postmortem.md").read_text()
    response.distribute("platform")
    export(response, tmp_path / "out")
    assert f"- [x] {line}platform\n" in (tmp_path / "out/postmortem.md").read_text()
    record = json.loads((tmp_path / "out/incident.json").read_text())
    (sent,) = [item for item in record["checklist"] if item["id"] == "distributed"]
    assert (sent["done"], sent["said"]) == (True, "platform")


def test_an_earlier_export_is_replaced(response: Response, tmp_path: Path) -> None:
    export(response, tmp_path / "out")
    response.add_factor("process", "Nobody owns the approval limit")
    export(response, tmp_path / "out")
    assert "Nobody owns" in (tmp_path / "out/postmortem.md").read_text()
    assert [item.name for item in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("name", ["postmortem.md", "notes.txt"])
def test_what_a_person_wrote_is_never_lost(response: Response, tmp_path: Path, name: str) -> None:
    export(response, tmp_path / "out")
    (tmp_path / "out" / name).write_text("by hand")
    with pytest.raises(ExportError, match="after the last export"):
        export(response, tmp_path / "out")
    assert (tmp_path / "out" / name).read_text() == "by hand"


def test_a_foreign_folder_is_refused(response: Response, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(ExportError, match="holds something else"):
        export(response, tmp_path)
    file = tmp_path / "thesis.tex"
    with pytest.raises(ExportError, match="a file of that name"):
        export(response, file)
    assert [item.name for item in tmp_path.iterdir()] == ["thesis.tex"]


def test_no_link_is_followed(response: Response, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real", target_is_directory=True)
    with pytest.raises(ExportError, match="through a link"):
        export(response, tmp_path / "link")
    assert list((tmp_path / "real").iterdir()) == []


def test_an_empty_folder_is_used(response: Response, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert export(response, tmp_path / "out").files


def test_a_failure_leaves_nothing_behind(
    response: Response, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(response, tmp_path / "out")
    before = _sha(tmp_path / "out/incident.json")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("runbook_tui.report.folder.write_captures", full)
    with pytest.raises(ExportError, match="free space"):
        export(response, tmp_path / "out")
    assert _sha(tmp_path / "out/incident.json") == before
    assert [item.name for item in tmp_path.iterdir()] == ["out"]


def test_the_timeline_is_in_order(response: Response) -> None:
    events = timeline(response)
    assert [event.at for event in events] == sorted(event.at for event in events)
    texts = " / ".join(event.text for event in events)
    for said in ("began", "Fault origin: step", "First action after", "Last step", "Incident opened"):
        assert said in texts
    origin = next(event for event in events if event.text.startswith("Fault origin:"))
    assert origin.offset == 0


def test_hostile_text_stays_text(tmp_path: Path, playbooks: Playbooks) -> None:
    messages = [{"role": "user", "parts": [{"type": "text", "content": HOSTILE}]}]
    said = [{"role": "assistant", "parts": [{"type": "text", "content": HOSTILE}]}]
    llm = {
        "gen_ai.operation.name": "chat",
        "gen_ai.input.messages": json.dumps(messages),
        "gen_ai.output.messages": json.dumps(said),
    }
    tool = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "send_email",
        "gen_ai.tool.call.arguments": json.dumps({"to": HOSTILE}),
    }
    capture = write_lines(
        tmp_path / "..%2fbad\u202ename .jsonl", request(wire_span(1, llm), wire_span(2, tool))
    )
    with Store(tmp_path / "runbook.db") as store:
        added = add_capture(store, capture, playbooks.default)
        response = open_incident(store, playbooks, added.sessions[0])
        response.mark_origin(response.session.steps[0].span.span_id, HOSTILE)
        response.add_factor("prompt", HOSTILE)
        done = export(response, tmp_path / "out")
        markdown = postmortem_markdown(response)
        whole = json.dumps(incident_json(response), ensure_ascii=False)
    for text in (markdown, whole, (done.folder / "postmortem.md").read_text()):
        assert not any(char in text for char in "\x1b\x07\u202e")
        assert "hunter2" not in text
        assert "sk-abcdef" not in text
    assert "@channel" not in markdown
    outside = _outside_fences(markdown)
    assert "<script>" not in outside
    assert "[x](" not in outside
    assert "\n# Heading" not in outside
    assert "49" not in [word for line in outside.splitlines() for word in line.split()]
    assert "{{ 7" in markdown
    assert all("|" not in row.strip("| ").replace("\\|", "").replace(" | ", "") for row in _rows(outside))
    evidence = [name for name in done.files if name.startswith("evidence/")]
    assert evidence == ["evidence/2fbad_name_.jsonl", "evidence/SHA256SUMS"]


def _rows(markdown: str) -> list[str]:
    return [line for line in markdown.splitlines() if line.startswith("| ") and "---" not in line]


def _outside_fences(markdown: str) -> str:
    kept: list[str] = []
    fence = ""
    for line in markdown.splitlines():
        if fence:
            fence = "" if line == fence else fence
        elif line.startswith("```"):
            fence = line.removesuffix("text")
        else:
            kept.append(line)
    return "\n".join(kept)


def _sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_same_incident_leaves_the_same_case_from_any_process(opened: Opener, tmp_path: Path) -> None:
    response = opened("invoice")
    record_case(response, propose_case(response))
    again = Response(response.store, response.playbooks, response.id)
    first, second = (
        next((export(one, tmp_path / name).folder / "evals").rglob("case.yaml")).read_bytes()
        for one, name in ((response, "one"), (again, "two"))
    )
    assert first == second
    assert first.splitlines()[1].startswith(b"schema:")
