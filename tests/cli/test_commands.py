"""The command line, as scripts see it: exit status, one line for an error, one document for JSON."""

from __future__ import annotations

import gzip
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from runbook_tui.incident.samples import samples_dir, story_names

SAMPLES = samples_dir()


def run(*arguments: str | Path, db: Path, status: int = 0) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "RUNBOOK_TUI_DB": str(db), "NO_COLOR": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "runbook_tui", *map(str, arguments)],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == status, (done.returncode, done.stdout[-2000:], done.stderr[-2000:])
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture
def db(tmp_path: Path) -> Path:
    return tmp_path / "rb.db"


def dump(db: Path) -> list[str]:
    with sqlite3.connect(db) as connection:
        return list(connection.iterdump())


def test_inspect_json_has_the_promised_form(db: Path) -> None:
    done = run(
        "inspect", SAMPLES / "invoice.jsonl", "--baseline", SAMPLES / "invoice-clean.jsonl", "--json", db=db
    )
    found: dict[str, Any] = json.loads(done.stdout)
    assert list(found) == [
        "session",
        "readiness",
        "signals",
        "flags",
        "classification",
        "causes",
        "suspects",
        "cascade",
        "actions",
        "agents",
        "steps",
        "tools",
        "baseline",
        "left_out",
    ]
    assert list(found["session"])[:18] == [
        "id",
        "trace_ids",
        "agent",
        "task",
        "format",
        "started_at",
        "ended_at",
        "duration_ms",
        "spans",
        "steps",
        "llm_calls",
        "tool_calls",
        "input_tokens",
        "output_tokens",
        "tokens_estimated",
        "cost_usd",
        "models",
        "outcome",
    ]
    assert found["session"]["id"] == "invoice-INV-60418"
    assert set(found["signals"]["confidence"]) == {"value", "source"}
    assert found["signals"]["confidence"]["value"] is None, "unknown is null"
    assert set(found["suspects"][0]) == {"rank", "step", "span_id", "score", "reasons"}
    assert len({step["span_id"] for step in found["suspects"]}) == len(found["suspects"])
    assert not db.exists(), "a file is not stored, and no database is made for it"


@pytest.mark.parametrize("name", story_names())
def test_a_sample_says_what_its_story_says(name: str, db: Path) -> None:
    story = yaml.safe_load((SAMPLES / f"{name}.yaml").read_text(encoding="utf-8"))
    arguments = ("inspect", SAMPLES / story["file"], "--baseline", SAMPLES / story["clean_file"], "--json")
    found = json.loads(run(*arguments, db=db).stdout)
    assert found["session"]["id"] == story["session"]
    assert set(story["flags"]) <= {flag["flag"] for flag in found["flags"]}
    assert story["origin_step"] in [suspect["step"] for suspect in found["suspects"]]
    clean = json.loads(run("inspect", SAMPLES / story["clean_file"], "--json", db=db).stdout)
    assert clean["flags"] == []


def test_import_twice_changes_nothing(db: Path) -> None:
    first = run("import", SAMPLES / "pricing.jsonl", db=db)
    assert "8 new of 8 spans" in first.stdout
    before = dump(db)
    second = run("import", SAMPLES / "pricing.jsonl", db=db)
    assert "nothing new" in second.stdout
    assert dump(db) == before


def test_import_a_folder_and_list_worst_first(db: Path) -> None:
    done = run("import", SAMPLES, "--json", db=db)
    assert len(json.loads(done.stdout)["imported"]) == 16
    listed = json.loads(run("sessions", "--json", db=db).stdout)
    assert len(listed) == 16
    flagged = [bool(session["flags"]) for session in listed]
    assert flagged == sorted(flagged, reverse=True)
    loops = json.loads(run("sessions", "--flag", "LOOP_DETECTED", "--json", db=db).stdout)
    assert [session["id"] for session in loops] == ["shipment-SH-220914"]
    plain = run("sessions", "--limit", "2", db=db).stdout.splitlines()
    assert len(plain) == 3


def damaged(tmp_path: Path, kind: str) -> Path:
    whole = (SAMPLES / "pricing.jsonl").read_bytes()
    contents = {
        "empty": b"",
        "blank": b"\n \n",
        "foreign": b'{"hello": "world"}\n',
        "text": b"once upon a time\n",
        "binary": bytes(range(256)) * 40,
        "cut": whole[: len(whole) // 3].split(b"\n")[0][:-40],
        "cut gzip": gzip.compress(whole)[:200],
        "no spans": b'{"resourceSpans": []}\n',
    }
    path = tmp_path / f"{kind}.jsonl"
    path.write_bytes(contents[kind])
    return path


@pytest.mark.parametrize(
    "kind", ["empty", "blank", "foreign", "text", "binary", "cut", "cut gzip", "no spans"]
)
def test_a_file_that_holds_nothing_is_one_line_and_status_2(kind: str, tmp_path: Path, db: Path) -> None:
    run("import", SAMPLES / "legacy-empty.jsonl", db=db)
    before = dump(db)
    path = damaged(tmp_path, kind)
    for command in ("import", "inspect", "open"):
        done = run(command, path, db=db, status=2)
        lines = done.stderr.strip().splitlines()
        assert len(lines) == 1
        assert lines[0].startswith("runbook-tui: ")
        assert str(path) in lines[0]
        assert done.stdout == ""
    assert dump(db) == before


def test_missing_and_unreadable_files(tmp_path: Path, db: Path) -> None:
    assert "no such" in run("import", tmp_path / "nope.jsonl", db=db, status=2).stderr
    assert "no such session or file" in run("inspect", "nope", db=db, status=2).stderr
    assert "folder" in run("inspect", tmp_path, db=db, status=2).stderr


def test_bad_lines_are_named_and_the_good_ones_kept(tmp_path: Path, db: Path) -> None:
    lines = (SAMPLES / "pricing.jsonl").read_text(encoding="utf-8").splitlines()
    path = tmp_path / "mixed.jsonl"
    path.write_text(
        "\n".join([lines[0], '{"resourceSpans": [{"res', *lines[1:], lines[-1][:200]]), encoding="utf-8"
    )
    done = run("import", path, db=db)
    assert "8 new of 8 spans" in done.stdout
    assert f"left out: {path}:2:" in done.stderr
    assert f":{len(lines) + 2}:" in done.stderr


def test_unknown_commands_and_options_are_status_2(db: Path) -> None:
    for arguments in (["nonsense"], ["sessions", "--nonsense"], ["sessions", "--outcome", "x"], ["inspect"]):
        assert len(run(*arguments, db=db, status=2).stderr.strip().splitlines()) == 1


def test_a_mistyped_command_says_where_help_is_and_a_file_how_to_open_it(db: Path) -> None:
    assert run("nonsense", db=db, status=2).stderr == (
        "runbook-tui: no such command 'nonsense': arguments: see runbook-tui --help\n"
    )
    assert "eval: see runbook-tui eval --help" in run("eval", "nonsense", db=db, status=2).stderr
    file = SAMPLES / "pricing.jsonl"
    assert run(file, db=db, status=2).stderr.endswith(f": runbook-tui open {file}\n")


def test_spans_that_join_a_stored_session_are_told(tmp_path: Path, db: Path) -> None:
    document = json.loads((SAMPLES / "pricing.jsonl").read_text(encoding="utf-8"))
    (tmp_path / "b.jsonl").write_text(json.dumps(document), encoding="utf-8")
    spans = document["resourceSpans"][0]["scopeSpans"][0]["spans"]
    del spans[4:]
    (tmp_path / "a.jsonl").write_text(json.dumps(document), encoding="utf-8")
    told = run("import", tmp_path, SAMPLES / "loan.jsonl", db=db).stdout.splitlines()
    assert told[1].endswith("b.jsonl: 4 new of 8 spans, 1 session; added to quote-C-5120, stored before")
    assert told[-1] == "3 files: 919 new spans, 2 sessions"
    other = db.with_name("other.db")
    run("import", tmp_path / "a.jsonl", db=other)
    (found,) = json.loads(run("import", tmp_path / "b.jsonl", "--json", db=other).stdout)["imported"]
    assert found["joined"] == found["sessions"] == ["quote-C-5120"]


def test_screens_need_a_terminal(db: Path) -> None:
    assert "no terminal" in run(db=db, status=2).stderr
    assert "no terminal" in run("demo", db=db, status=2).stderr


def test_no_database_can_be_made(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("x", encoding="utf-8")
    assert "cannot open the database" in run("sessions", db=blocked / "x.db", status=2).stderr
    assert "not a database" in run("sessions", db=blocked, status=2).stderr
    assert blocked.read_text(encoding="utf-8") == "x"


def test_looking_something_up_makes_no_database(tmp_path: Path) -> None:
    db = tmp_path / "mistyped" / "x.db"
    assert f"No captured session in {db}" in run("sessions", db=db).stdout
    for group in ("incident", "eval", "baseline"):
        run(group, "list", db=db)
    for command in (
        ("incident", "show", "INC-0001"),
        ("inspect", "no-session"),
        ("baseline", "show", "desk"),
    ):
        assert len(run(*command, db=db, status=2).stderr.splitlines()) == 1
    assert not db.parent.exists()


def test_a_group_without_a_command_says_what_there_is(db: Path) -> None:
    assert "  list    List the cases." in run("eval", db=db, status=2).stderr


def test_a_folder_of_which_nothing_can_be_read_is_refused(tmp_path: Path, db: Path) -> None:
    (tmp_path / "notes.json").write_text("[1, 2]", encoding="utf-8")
    assert "left out:" in run("import", tmp_path, db=db, status=2).stderr


def test_playbook_commands(tmp_path: Path, db: Path) -> None:
    assert "agent-incident" in run("playbook", "list", db=db).stdout
    assert "No problem found." in run("playbook", "check", db=db).stdout
    assert json.loads(run("playbook", "schema", db=db).stdout)["title"]
    fresh = tmp_path / "fresh.yaml"
    fresh.write_text(run("playbook", "new", "my-agent", db=db).stdout, encoding="utf-8")
    run("playbook", "check", fresh, db=db)
    fresh.write_text(fresh.read_text(encoding="utf-8") + "\nnonsense: 1\n", encoding="utf-8")
    done = run("playbook", "check", fresh, db=db, status=1)
    assert f"{fresh}:" in done.stdout
    assert "nonsense" in done.stdout


def test_doctor_names_what_works(db: Path) -> None:
    done = run("doctor", db=db)
    for name in ("python", "terminal", "database", "vocabulary", "playbooks"):
        assert name in done.stdout


def test_incident_commands(db: Path) -> None:
    assert "No incident yet." in run("incident", "list", db=db).stdout
    assert run("incident", "list", "--json", db=db).stdout.strip() == "[]"
    assert "no such incident" in run("incident", "show", "INC-0001", db=db, status=2).stderr
    assert "No eval case yet." in run("eval", "list", db=db).stdout


def test_doctor_takes_a_stored_session_too(db: Path) -> None:
    imported = json.loads(run("import", SAMPLES / "pricing.jsonl", "--json", db=db).stdout)
    (session,) = imported["imported"][0]["sessions"]
    assert f"session {session}" in run("doctor", session, db=db, status=1).stdout


def test_what_is_binary_and_what_is_cut_off_are_told_apart(tmp_path: Path, db: Path) -> None:
    (tmp_path / "x.pb").write_bytes(bytes(range(256)))
    (tmp_path / "x.json").write_text("[", encoding="utf-8")
    assert "binary, in no form that is known" in run("inspect", tmp_path / "x.pb", db=db, status=2).stderr
    assert "truncated" in run("inspect", tmp_path / "x.json", db=db, status=2).stderr


def test_doctor_tells_an_instrumenter_what_to_add(db: Path) -> None:
    done = run("doctor", SAMPLES / "pricing.jsonl", db=db, status=1)
    assert "of the required fields are there." in done.stdout
    assert '"step_summary"' in done.stdout
    assert "schema drift" in done.stdout
    assert not db.exists()


def test_a_folder_may_hold_other_things(tmp_path: Path, db: Path) -> None:
    (tmp_path / "meta.json").write_text('{"library": "x"}', encoding="utf-8")
    (tmp_path / "run.jsonl").write_bytes((SAMPLES / "pricing.jsonl").read_bytes())
    done = run("import", tmp_path, db=db)
    assert "8 new of 8 spans, 1 session" in done.stdout
    assert done.stderr == f"runbook-tui: left out: no spans in {tmp_path / 'meta.json'}\n"
    assert "meta.json" in run("import", tmp_path / "meta.json", db=db, status=2).stderr


def test_the_gate_blocks_a_failure_that_comes_again(tmp_path: Path) -> None:
    from runbook_tui.evals import propose_case, write_case
    from runbook_tui.evidence import Store
    from runbook_tui.incident import add_capture, open_incident
    from runbook_tui.playbook import load_all, playbook_dirs

    playbooks = load_all(playbook_dirs())
    db = tmp_path / "rb.db"
    with Store(db) as store:
        bad, good = (
            add_capture(store, SAMPLES / f"{name}.jsonl", playbooks.default).sessions[0]
            for name in ("invoice", "invoice-clean")
        )
        response = open_incident(store, playbooks, bad, baseline=[good])
        folder = write_case(propose_case(response), tmp_path / "evals", response)
    gate = ("eval", "gate", tmp_path / "evals", "--runs")
    (tmp_path / f"{folder.name}.jsonl").write_bytes((SAMPLES / "invoice-clean.jsonl").read_bytes())
    opened = run(*gate, tmp_path / f"{folder.name}.jsonl", db=db).stdout
    assert opened.splitlines()[-1] == "1 of 1 case passed; nothing blocks"
    shut = run(*gate, SAMPLES / "invoice.jsonl", "--junit", tmp_path / "report.xml", db=db, status=1).stdout
    assert shut.startswith("blocks")
    assert shut.splitlines()[-1] == "0 of 1 case passed; 1 block"
    assert (tmp_path / "report.xml").is_file()
    found = json.loads(run(*gate, SAMPLES / "invoice.jsonl", "--json", db=db, status=1).stdout)
    assert (found["passed"], found["cases"][0]["case"]) == (False, folder.name)
    assert "not an override" in run(*gate, SAMPLES, "--override", "P1", db=db, status=2).stderr


def test_open_refuses_a_notice_before_the_session(db: Path) -> None:
    sample = SAMPLES / "invoice.jsonl"
    done = run("open", sample, "--detected-at", "2019-12-31T02:14Z", db=db, status=2)
    assert (
        "noticed before the session began: 2019-12-31 02:14:00 UTC: it began at 2026-11-05 14:22:00 UTC"
        in done.stderr
    )


def test_closing_without_files_says_how_to_write_them(tmp_path: Path) -> None:
    from runbook_tui.evidence import Store
    from runbook_tui.incident import Response, add_capture, open_incident
    from runbook_tui.playbook import load_all, playbook_dirs
    from tests.incident import walk

    playbooks = load_all(playbook_dirs())
    db = tmp_path / "rb.db"
    with Store(db) as store:
        (session,) = add_capture(store, SAMPLES / "invoice.jsonl", playbooks.default).sessions
        response = open_incident(store, playbooks, session)
        for act in (walk.contain, walk.classify, walk.trace_back, walk.repair, walk.settle_required_steps):
            act(response)
        walk.write_down(response)
    shut = run("incident", "close", response.id, db=db, status=1).stdout
    unwritten = f"Its files are not written yet: runbook-tui postmortem {response.id} writes them."
    assert "Postmortem sent within 48 hours: not sent" in shut
    assert shut.splitlines()[-1] == unwritten
    with Store(db) as store:
        Response(store, playbooks, response.id).defer("distributed", "the mail server is down")
    closed = run("incident", "close", response.id, db=db).stdout
    assert closed.splitlines() == [f"{response.id} is closed.", unwritten]


def test_a_path_alone_says_which_command_takes_it(tmp_path: Path, db: Path) -> None:
    assert (
        f"not a command but a folder: {tmp_path}: runbook-tui import" in run(tmp_path, db=db, status=2).stderr
    )
    file = tmp_path / "a.jsonl"
    file.write_text("{}")
    assert f"not a command but a file: {file}: runbook-tui open" in run(file, db=db, status=2).stderr
