"""The gate opens for runs that hold what the cases require, and says of each that does not why."""

from __future__ import annotations

import shutil
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from runbook_tui.evals import (
    EvalCaseError,
    GateReport,
    MaxSteps,
    judge_cases,
    load_case,
    propose_case,
    write_case,
    write_junit,
)
from runbook_tui.incident import case_yaml
from runbook_tui.intake import read_capture
from runbook_tui.playbook import Playbooks
from runbook_tui.trace.words import Severity
from tests.evals.conftest import SAMPLES, Opener


@pytest.fixture
def evals(tmp_path: Path, opened: Opener) -> Path:
    folder = tmp_path / "evals"
    for name in ("invoice", "pricing"):
        response = opened(name)
        case = propose_case(response).model_copy(update={"id": f"PROD-{name.upper()}", "severity": "P1"})
        write_case(case, folder, response)
    return folder


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    folder = tmp_path / "runs"
    folder.mkdir()
    for name in ("invoice", "pricing"):
        shutil.copy(SAMPLES / f"{name}-clean.jsonl", folder / f"PROD-{name.upper()}.jsonl")
    (folder / "notes.json").write_text('{"made": "by hand"}')
    return folder


def _severity(evals: Path, name: str, severity: Severity) -> None:
    file = evals / f"PROD-{name.upper()}" / "case.yaml"
    text = file.read_text()
    assert text.count("severity: P1") == 1
    file.write_text(text.replace("severity: P1", f"severity: {severity}"))


def _told(report: GateReport) -> dict[str, tuple[str, bool]]:
    return {item.case: (item.verdict, item.blocks) for item in report.cases}


def test_good_runs_of_the_tasks_open_it(evals: Path, runs: Path) -> None:
    report = judge_cases([evals], [runs])
    assert _told(report) == {"PROD-INVOICE": ("passed", False), "PROD-PRICING": ("passed", False)}
    assert report.passed
    assert [Path(run.file).name for item in report.cases for run in item.runs] == [
        "PROD-INVOICE.jsonl",
        "PROD-PRICING.jsonl",
    ]


@pytest.mark.parametrize(("severity", "blocks"), [("P0", True), ("P1", True), ("P2", False)])
def test_severity_decides_whether_a_failure_blocks(
    evals: Path, runs: Path, severity: Severity, blocks: bool
) -> None:
    if severity != "P1":
        _severity(evals, "invoice", severity)
    shutil.copy(SAMPLES / "invoice.jsonl", runs / "again.jsonl")
    report = judge_cases([evals], [runs])
    assert _told(report)["PROD-INVOICE"] == ("failed", blocks)
    assert report.passed is not blocks
    failed = next(item for item in report.cases if item.case == "PROD-INVOICE")
    assert {Path(run.file).name: run.passed for run in failed.runs} == {
        "again.jsonl": False,
        "PROD-INVOICE.jsonl": True,
    }


def test_only_p1_is_overridden_and_with_a_reason(evals: Path, runs: Path) -> None:
    (runs / "PROD-INVOICE.jsonl").unlink()
    report = judge_cases([evals], [runs], {"PROD-INVOICE": "the vendor is down until Monday"})
    assert report.passed
    assert report.cases[0].override == "the vendor is down until Monday"
    with pytest.raises(EvalCaseError, match="needs a reason"):
        judge_cases([evals], [runs], {"PROD-INVOICE": " "})
    with pytest.raises(EvalCaseError, match="no such case"):
        judge_cases([evals], [runs], {"PROD-OTHER": "because"})
    _severity(evals, "invoice", "P0")
    with pytest.raises(EvalCaseError, match="P0 case cannot be overridden"):
        judge_cases([evals], [runs], {"PROD-INVOICE": "because"})


def test_a_case_without_a_run_fails(evals: Path, runs: Path) -> None:
    (runs / "PROD-PRICING.jsonl").unlink()
    report = judge_cases([evals], [runs])
    assert _told(report)["PROD-PRICING"] == ("no_run", True)


def test_a_run_is_of_the_case_whose_input_it_was_given(evals: Path, runs: Path) -> None:
    """Whatever its file is called."""
    (runs / "PROD-PRICING.jsonl").rename(runs / "nightly.jsonl")
    assert _told(judge_cases([evals], [runs]))["PROD-PRICING"] == ("no_run", True)
    (run,) = read_capture(runs / "nightly.jsonl").sessions
    asked = next(m.text for span in run.spans for m in span.input_messages if m.role == "user")
    file = evals / "PROD-PRICING" / "case.yaml"
    case = load_case(file).model_copy(update={"input": f"{asked}\n"})
    file.write_text(case_yaml(case.model_dump(mode="json", by_alias=True)))
    assert _told(judge_cases([evals], [runs]))["PROD-PRICING"] == ("passed", False)
    (runs / "PROD-INVOICE.jsonl").rename(runs / "weekly.jsonl")
    report = judge_cases([evals / "PROD-INVOICE"], [runs / "weekly.jsonl"])
    assert _told(report) == {"PROD-INVOICE": ("no_run", True)}, "a run of another task proves nothing"


def test_a_case_that_its_own_failure_passes_blocks(
    evals: Path, runs: Path, opened: Opener, playbooks: Playbooks
) -> None:
    case = propose_case(opened("invoice"))
    idle = case.model_copy(
        update={"id": "PROD-INVOICE", "assertions": (MaxSteps(limit=10_000),), "expected_signals": {}}
    )
    text = case_yaml(idle.model_dump(mode="json", by_alias=True))
    (evals / "PROD-INVOICE" / "case.yaml").write_text(text)
    assert _told(judge_cases([evals], [runs], playbooks=playbooks))["PROD-INVOICE"] == (
        "guards_nothing",
        True,
    )


def test_a_captured_trace_that_was_changed_is_no_proof(evals: Path, runs: Path) -> None:
    (bad,) = (evals / "PROD-INVOICE").glob("bad*")
    bad.write_bytes(bad.read_bytes() + b"\n")
    with pytest.raises(EvalCaseError, match="was changed"):
        judge_cases([evals], [runs])


def test_what_cannot_be_used_is_said(evals: Path, runs: Path) -> None:
    with pytest.raises(EvalCaseError, match="no eval case"):
        judge_cases([runs], [runs])
    shutil.copytree(evals / "PROD-INVOICE", evals / "copy")
    with pytest.raises(EvalCaseError, match="two cases of one id"):
        judge_cases([evals], [runs])


def test_the_report_is_junit(evals: Path, runs: Path, tmp_path: Path) -> None:
    (runs / "PROD-PRICING.jsonl").unlink()
    _severity(evals, "pricing", "P2")
    shutil.copy(SAMPLES / "invoice.jsonl", runs / "again.jsonl")
    report = judge_cases([evals], [runs])
    write_junit(report, tmp_path / "report.xml")
    suite = Xml.parse(tmp_path / "report.xml").getroot()
    assert {name: suite.get(name) for name in ("tests", "failures", "skipped")} == {
        "tests": "2",
        "failures": "1",
        "skipped": "1",
    }
    failure = suite.find("testcase[@name='PROD-INVOICE']/failure")
    assert failure is not None
    assert "again.jsonl" in (failure.text or "")
