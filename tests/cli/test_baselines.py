"""Good sessions are chosen once and judge the agent's other sessions from then on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runbook_tui.incident.samples import samples_dir
from tests.cli.test_commands import run

SAMPLES = samples_dir()


@pytest.fixture
def db(tmp_path: Path) -> Path:
    path = tmp_path / "rb.db"
    run("import", SAMPLES / "legacy-empty.jsonl", SAMPLES / "legacy-empty-clean.jsonl", db=path)
    return path


def _flags(db: Path, session: str) -> set[str]:
    return {flag["flag"] for flag in json.loads(run("inspect", session, "--json", db=db).stdout)["flags"]}


def _ids(db: Path) -> tuple[str, str]:
    rows = json.loads(run("sessions", "--json", db=db).stdout)
    failed = next(row["id"] for row in rows if row["flags"])
    good = next(row["id"] for row in rows if not row["flags"])
    return failed, good


def test_an_empty_list_says_what_to_do(db: Path) -> None:
    assert "baseline add SESSION" in run("baseline", "list", db=db).stdout
    assert json.loads(run("baseline", "list", "--json", db=db).stdout) == []


def test_a_good_session_is_used_from_then_on(db: Path) -> None:
    failed, good = _ids(db)
    before = json.loads(run("inspect", failed, "--json", db=db).stdout)
    added = json.loads(run("baseline", "add", good, "--json", db=db).stdout)
    assert added == [
        {
            "session": good,
            "agent": before["session"]["agent"],
            "changed": True,
            "flags": [],
            "diagnosed_again": 1,
        }
    ]
    after = json.loads(run("inspect", failed, "--json", db=db).stdout)
    reasons = [reason["text"] for suspect in after["suspects"] for reason in suspect["reasons"]]
    assert any(text.startswith("first divergence from the good run") for text in reasons)
    run("baseline", "remove", good, db=db)
    assert json.loads(run("inspect", failed, "--json", db=db).stdout) == before


def test_twice_changes_nothing(db: Path) -> None:
    _, good = _ids(db)
    run("baseline", "add", good, db=db)
    assert "was good already" in run("baseline", "add", good, db=db).stdout
    assert len(json.loads(run("baseline", "list", "--json", db=db).stdout)) == 1


def test_show_tells_contract_tokens_and_tools(db: Path) -> None:
    failed, good = _ids(db)
    agent = json.loads(run("inspect", failed, "--json", db=db).stdout)["session"]["agent"]
    assert "no baseline" in run("baseline", "show", agent, db=db, status=2).stderr
    run("baseline", "add", good, db=db)
    found = json.loads(run("baseline", "show", agent, "--json", db=db).stdout)
    assert found["sessions"] == [good]
    assert found["tokens"]["least"] == found["tokens"]["most"] > 0
    tools = {tool["tool"]: tool["fields"] for tool in found["tools"]}
    assert "items.state" in tools["search_disputes"]
    assert "search_disputes" in run("baseline", "show", agent, db=db).stdout


def test_a_session_with_severe_flags_needs_force(tmp_path: Path) -> None:
    db = tmp_path / "rb.db"
    run("import", SAMPLES / "loan.jsonl", db=db)
    (row,) = json.loads(run("sessions", "--json", db=db).stdout)
    refused = run("baseline", "add", row["id"], db=db, status=2)
    assert "it carries" in refused.stderr
    assert "--force" in refused.stderr
    run("baseline", "add", row["id"], "--force", db=db)


def test_what_speaks_against_a_good_run_is_said(tmp_path: Path) -> None:
    db = tmp_path / "rb.db"
    refused = run("baseline", "add", SAMPLES / "retry-loop.jsonl", db=db, status=2)
    assert "it ended in budget_exceeded; --force takes it all the same" in refused.stderr
    taken = run("baseline", "add", SAMPLES / "legacy-empty.jsonl", db=db)
    assert "carries EMPTY_RESULT: all of it counts as good now" in taken.stderr
    held = run(
        "inspect", SAMPLES / "legacy-empty-clean.jsonl", "--baseline", SAMPLES / "legacy-empty.jsonl", db=db
    )
    assert "carries EMPTY_RESULT itself" in held.stderr


def test_unknown_sessions_are_told(db: Path) -> None:
    assert "no such session" in run("baseline", "add", "nobody", db=db, status=2).stderr
    failed, _ = _ids(db)
    assert "in no baseline" in run("baseline", "remove", failed, db=db, status=2).stderr


def test_compare_tells_the_first_divergence(db: Path) -> None:
    failed, good = _ids(db)
    found = json.loads(run("compare", failed, good, "--json", db=db).stdout)
    pair = found["pairs"][found["first_divergence"]]
    assert pair["step"] == pair["good_step"] == 4
    assert {item["what"] for item in pair["differences"] if item["material"]} == {"result"}
    text = run("compare", failed, good, db=db).stdout
    assert text.index("First divergence") < text.index("step 4 | good run step 4")
    assert "No material difference" in run("compare", good, good, db=db).stdout
    assert "no such session" in run("compare", failed, "nobody", db=db, status=2).stderr


def test_compare_tells_runs_of_one_id_apart_and_steps_without_a_partner_together(db: Path) -> None:
    text = run("compare", SAMPLES / "loan.jsonl", SAMPLES / "loan-clean.jsonl", db=db).stdout
    assert "  step 6, only in this run\n    decline_application x 50\n" in text
    assert "  good run step 6, only there\n    get_application x 5, get_credit_report x 5\n" in text
    assert "calls: nothing | income_verification x 5\n" in text
    file = db.with_name("copy.jsonl")
    file.write_bytes((SAMPLES / "loan.jsonl").read_bytes())
    same = run("compare", SAMPLES / "loan.jsonl", file, db=db).stdout
    assert same.startswith(f"{SAMPLES / 'loan.jsonl'} beside {file}: ")


def test_a_file_of_good_runs_is_captured_first(tmp_path: Path) -> None:
    db = tmp_path / "new.db"
    good = SAMPLES / "invoice-clean.jsonl"
    (added,) = json.loads(run("baseline", "add", good, "--json", db=db).stdout)
    assert added["changed"]
    (listed,) = json.loads(run("sessions", "--json", db=db).stdout)
    assert listed["id"] == added["session"]
    assert (
        "pyproject.toml" in run("baseline", "add", SAMPLES.parent / "pyproject.toml", db=db, status=2).stderr
    )
