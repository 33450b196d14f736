"""The sample incident, from page to postmortem, by keyboard alone in a real terminal at 80x24."""

from __future__ import annotations

import hashlib
import subprocess
import time
from pathlib import Path

import msgspec
import pytest
import yaml

from tests.e2e.terminal import Terminal, command, has_tmux

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(not has_tmux(), reason="tmux is not installed")]


def contain(terminal: Terminal) -> None:
    terminal.expect("Not contained yet. 5 ways to stop this agent.", "decline_application (irreversible)")
    terminal.press("j", "Enter").expect("Kubernetes namespace of the agent")
    terminal.press("C-s").expect('"deployment/loan-eligibility"', "A rehearsal runs nothing here.")
    time.sleep(0.5)  # what is pressed at once is meant for the dialog before
    terminal.press("Enter").expect("mark as done")
    fill(terminal, "ran it, the deployment is scaled")
    terminal.expect("A stop was carried out.")
    terminal.press("j", "j", "j", "j", "Enter").expect("What did you look at, and what did it show?")
    terminal.type("no replica is ready, no pod is left").press("Enter")
    terminal.expect("Contained at", "no replica is ready", "1 Contain ●")


def capture(terminal: Terminal) -> None:
    terminal.press("2").expect(
        "The evidence is safe: frozen and hashed.", "911 spans, 40 steps", "2 Capture ●"
    )
    terminal.press("Enter").expect("Verified: the stored bytes have this hash.")


def classify(terminal: Terminal) -> None:
    terminal.press("3").expect("Proposed: tool misfire.", "rule schema_drift_then_action")
    terminal.press("g", "Enter").expect("Decided: tool misfire.", "3 Classify ●")


def trace_back(terminal: Terminal) -> None:
    terminal.press("4").expect("3 tool income_verification", "! TOOL_SCHEMA_DRIFT", "gross_income")
    terminal.press("o").expect("Origin: step 3", "proposed cascade: c takes it", "4 Trace ◐")
    terminal.press("c").expect("Cascade: 38 steps", "4 Trace ●")


def blast_radius(terminal: Terminal) -> None:
    terminal.press("5").expect("847 actions after the origin at step 3: 847 irreversible.")
    terminal.press("g", "Enter").expect("decline_application, 847 actions")
    terminal.press("Down").type("credit desk").press("Down", "Down", "Right")
    terminal.expect("‹ started ›").press("Enter").expect("credit desk · ", "started")
    terminal.press("j", "x").expect("Skip: What can still be stopped")
    terminal.type("nothing is queued behind this sample").press("Enter").expect("skipped: nothing is queued")
    terminal.press("j", "j", "j", "j", "x").expect("Skip: Audit each system")
    terminal.type("no system stands behind this sample").press("Enter").expect("5 Blast ●")


def fill(terminal: Terminal, *fields: str | tuple[str, ...]) -> None:
    """Fill the form on screen, field by field: a text is typed, a tuple holds keys to press."""
    for at, field in enumerate(fields):
        if at:
            terminal.press("Down")
        if isinstance(field, tuple):
            terminal.press(*field) if field else None
        else:
            terminal.type(field)
    terminal.press("Enter").gone("esc cancel")


def postmortem(terminal: Terminal) -> None:
    terminal.press("6").expect("Cannot close yet: 5 of 11 open", "Checklist")
    terminal.press("g", *["j"] * 6, "Enter").expect("What in the system let it happen?")
    fill(terminal, "the income service renamed a field without notice", ())
    terminal.expect("1 named; 3 are asked for, one alone is refused").press("Enter").expect(
        "What in the system"
    )
    fill(terminal, "a missing income is read as no income", ("Left",))
    terminal.expect("2 named; 3 are asked for").press("Enter").expect("What in the system")
    fill(terminal, "no eval covers a renamed field", ("Right", "Right", "Right"))
    terminal.expect("3 named").press("j", "Enter").expect("Detection gap", "Why did nothing catch this?")
    fill(terminal, "Drift was flagged at step 3 in log-only mode, and nobody was paged.")
    terminal.expect("Detection gap described written").press("j", "Enter")
    terminal.expect(
        "PROD-INC-0001-1", "On the captured trace it fails, as it should. On the good run it passes."
    )
    terminal.press("Enter").expect("PROD-INC-0001-1: fails on this trace")
    terminal.press("j", "Enter").expect("Which alert")
    fill(terminal, "OPS-311 page on TOOL_SCHEMA_DRIFT")
    terminal.expect("OPS-311").press("j", "Enter").expect("Write the files with w first")
    terminal.press("G", "k", "k", "Enter").expect("What will be done?")
    fill(terminal, "check the income contract at the boundary", (), "lending", "2026-12-01")
    terminal.expect("Action items: 1").press("Enter").expect("What will be done?")
    fill(terminal, "page on schema drift", (), "platform", "2026-12-08")
    terminal.expect("Action items: 2").press("G", "Enter").expect("enter choose esc cancel")
    terminal.press("j", "Enter").expect("Cannot close yet: 1 of 11 open.")


def test_from_page_to_postmortem(tmp_path: Path) -> None:
    with Terminal(command("demo"), tmp_path) as terminal:
        contain(terminal)
        capture(terminal)
        classify(terminal)
        trace_back(terminal)
        blast_radius(terminal)
        postmortem(terminal)
        terminal.press("w").expect("Folder").press("Enter").expect("Written to")
        terminal.press("g", *["j"] * 10, "Enter").expect("To whom was it sent?")
        fill(terminal, "platform and on-call")
        terminal.expect("platform and on-call", "Everything is there. Close with c.")
        terminal.press("c").expect("Close the incident?").expect("Not yet")
        time.sleep(0.5)  # a key that was meant for what was there before closes nothing
        terminal.press("j", "Enter").expect("Closed at", "6 Postmortem ●")
        terminal.press("C-q").expect("exit status 0")
    folder = tmp_path / "INC-0001"
    front = yaml.safe_load((folder / "postmortem.md").read_text(encoding="utf-8").split("---")[1])
    assert front["failure_mode"] == "tool_misfire"
    assert front["fault_origin_step"] == 3
    assert front["external_actions"]["irreversible"] == 847
    assert front["contained_at"] > front["detected_at"]
    record = msgspec.json.decode((folder / "incident.json").read_bytes())
    assert len(record["factors"]) == 3
    evidence = (folder / "evidence" / "loan.jsonl").read_bytes()
    listed = (folder / "evidence" / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    assert f"{hashlib.sha256(evidence).hexdigest()}  loan.jsonl" in listed
    case = folder / "evals" / "PROD-INC-0001-1" / "case.yaml"
    assert grade(case) == 1
    assert grade(case, "--trace", str(case.parent / "corrected.jsonl")) == 0


def grade(case: Path, *arguments: str) -> int:
    """Exit status of running the exported eval case."""
    return subprocess.run(
        command("eval", "run", str(case), *arguments), capture_output=True, check=False
    ).returncode


def test_killed_terminal_loses_nothing(tmp_path: Path) -> None:
    sample = Path(__file__).resolve().parents[2] / "sample_sessions" / "invoice.jsonl"
    db = str(tmp_path / "rb.db")
    with Terminal(command("--db", db, "open", str(sample)), tmp_path) as terminal:
        terminal.expect("Not contained yet.")
        terminal.press("4").expect("Read step")
        terminal.press("o").expect("Origin: step")
    with Terminal(command("--db", db), tmp_path) as terminal:
        terminal.expect("Open incidents", "INC-0001", "invoice-approval")
        terminal.press("Enter").expect("Origin: step", "◆")
        terminal.press("q").expect("Open incidents")
        terminal.press("q").expect("exit status 0")
